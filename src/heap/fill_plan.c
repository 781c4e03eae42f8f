/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "heap/fill_private.h"
#include "heap/types_private.h"

#define HEADERS_MAX 4096

struct error *fill_row_add(struct filling *filling, enum heap_fill_kind kind, const char *name,
			   const char *element, uint32_t *ret)
{
	struct heap_fill *fill = filling->fill;
	struct heap_fill_row row = { .kind = kind };
	row.name = arena_copy_string(&fill->arena, name, strlen(name));
	if (element)
		row.element = arena_copy_string(&fill->arena, element, strlen(element));
	if (!row.name || (element && !row.element))
		return error_no_memory();
	*ret = (uint32_t)fill->list.count;
	return heap_fill_row_vector_append(&fill->list, &row);
}

struct error *fill_element_size(struct filling *filling, uint32_t type, uint64_t *ret)
{
	const struct heap_type_layout *layout;
	struct heap_type known;
	*ret = 0;
	if (type == HEAP_TYPE_UNKNOWN)
		return NULL;
	heap_types_get(filling->heap->types, type, &known);
	if (known.form != HEAP_ARRAY)
		return NULL;
	TRY(heap_types_layout(filling->heap->types, type, &layout));
	*ret = layout->size;
	return NULL;
}

/* The runtime and what belongs to it have arrays behind a pointer alone, and lists of their own. */
static struct error *is_runtimes(struct filling *filling, uint32_t type, bool *ret)
{
	const char *package;
	TRY(heap_types_package(filling->heap->types, type, &package));
	*ret = strcmp(package, "runtime") == 0 || strcmp(package, "sync") == 0 ||
	       strncmp(package, "internal/", 9) == 0;
	return NULL;
}

static struct error *add_header(struct filling *filling, uint32_t type,
				const struct heap_slot *slot, uint64_t size,
				struct fill_header *ret)
{
	const char *holder, *element;
	struct writer path = WRITER_TO_MEMORY;
	TRY(heap_types_name(filling->heap->types, type, &holder));
	TRY(heap_types_name(filling->heap->types, slot->pointee, &element));
	writer_string(&path, holder);
	struct error *error = heap_types_path(filling->heap->types, type, slot->offset, &path);
	const char *text = writer_text(&path);
	if (!error && !text)
		error = error_no_memory();
	if (!error)
		error = fill_row_add(filling, HEAP_FILL_SLICE, text, element, &ret->row);
	writer_deinit(&path);
	ret->offset = slot->offset;
	ret->element = size;
	return error;
}

static struct error *plan_slices(struct filling *filling, uint32_t type, struct fill_plan *plan)
{
	bool runtimes;
	const struct heap_type_layout *layout = plan->layout;
	TRY(is_runtimes(filling, type, &runtimes));
	if (runtimes || !layout->slot_count)
		return NULL;
	size_t most = MIN(layout->slot_count, (size_t)HEADERS_MAX), count = 0;
	struct fill_header *headers = arena_allocate(&filling->fill->arena,
						     most * sizeof(*headers));
	if (!headers)
		return error_no_memory();
	for (size_t i = 0; i < most; i++) {
		uint64_t size;
		const struct heap_slot *slot = &layout->slots[i];
		TRY(fill_element_size(filling, slot->pointee, &size));
		if (size && !slot->dynamic)
			TRY(add_header(filling, type, slot, size, &headers[count++]));
	}
	plan->headers = headers;
	plan->header_count = count;
	plan->kind = count ? FILL_PLAN_SLICES : FILL_PLAN_NONE;
	return NULL;
}

static bool lies_inside(int32_t offset, int32_t width, uint64_t size)
{
	return offset >= 0 && (uint64_t)offset + (uint64_t)width <= size;
}

static struct error *plan_map(struct filling *filling, uint32_t type, enum heap_form form,
			      struct fill_plan *plan)
{
	const struct layout *layout = &runtime_binary(filling->heap->runtime)->layout;
	struct types_map_shape shape;
	struct heap_type_entry *entry = types_entry(filling->heap->types, type);
	bool good = false, swiss = layout->swiss_map_size > 0;
	const char *name;
	uint32_t header;
	TRY(types_map_shape(filling->heap->types, &entry->type, &shape, &good));
	if (form == HEAP_MAP_TABLE)
		good = good && lies_inside(layout->swiss_table_used, 2, plan->layout->size) &&
		       lies_inside(layout->swiss_table_capacity, 2, plan->layout->size);
	else if (swiss)
		good = good && lies_inside(layout->swiss_map_dir_ptr, 16, plan->layout->size);
	else
		good = good && lies_inside(layout->hmap_b, 1, plan->layout->size) &&
		       lies_inside(layout->hmap_buckets, 8, plan->layout->size);
	if (!good)
		return NULL;
	/* Header and tables of one map share its row. */
	TRY(heap_types_intern(filling->heap->types, HEAP_MAP, entry->descriptor, &header));
	if (header >= filling->plan_count)
		return NULL;
	struct fill_plan *first = &filling->plans[header];
	if (header != type && first->kind == FILL_PLAN_UNKNOWN)
		TRY(fill_plan_make(filling, header, first));
	plan->row = first->row;
	if (header == type) {
		TRY(heap_types_name(filling->heap->types, type, &name));
		TRY(fill_row_add(filling, HEAP_FILL_MAP, name, NULL, &plan->row));
	} else if (first->kind != FILL_PLAN_MAP) {
		return NULL;
	}
	plan->slot_size = shape.size / TYPES_MAP_SLOTS;
	plan->kind = form == HEAP_MAP ? FILL_PLAN_MAP : FILL_PLAN_TABLE;
	return NULL;
}

static struct error *plan_channel(struct filling *filling, uint32_t type, struct fill_plan *plan)
{
	const struct layout *layout = &runtime_binary(filling->heap->runtime)->layout;
	struct heap_type_entry *entry = types_entry(filling->heap->types, type);
	const char *name;
	if (!lies_inside(layout->hchan_qcount, 8, plan->layout->size) ||
	    !lies_inside(layout->hchan_dataqsiz, 8, plan->layout->size) || !entry->type.size)
		return NULL;
	TRY(heap_types_name(filling->heap->types, type, &name));
	TRY(fill_row_add(filling, HEAP_FILL_CHANNEL, name, NULL, &plan->row));
	plan->slot_size = entry->type.size;
	plan->kind = FILL_PLAN_CHANNEL;
	return NULL;
}

struct error *fill_plan_make(struct filling *filling, uint32_t type, struct fill_plan *ret)
{
	struct heap_type known;
	struct fill_plan plan = { .kind = FILL_PLAN_NONE };
	heap_types_get(filling->heap->types, type, &known);
	TRY(heap_types_layout(filling->heap->types, type, &plan.layout));
	switch (known.form) {
	case HEAP_VALUE:
	case HEAP_ARRAY:
	case HEAP_CLOSURE:
	case HEAP_MAP_GROUPS:
	case HEAP_MAP_BUCKETS:
	case HEAP_CHANNEL_BUFFER:
		TRY(plan_slices(filling, type, &plan));
		break;
	case HEAP_MAP:
	case HEAP_MAP_TABLE:
		TRY(plan_map(filling, type, known.form, &plan));
		break;
	case HEAP_CHANNEL:
		TRY(plan_channel(filling, type, &plan));
		break;
	default:
		break;
	}
	*ret = plan;
	return NULL;
}
