/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "heap/types_private.h"

/*
 * Where an object of a type has pointers, by form. What is an array in the end, of whatever length,
 * costs the slots of one element.
 */
#define WORD          8
#define TINY_SIZE     16
#define PEEL_MAX      64
#define SLICE_SIZE    24
#define REPEATED_FROM 2

struct work {
	struct heap_types *types;
	const struct heap_type_entry *entry;
	struct types_flatten flatten;
	struct heap_type_layout layout;
};

/*
 * The one field of a struct that has pointers, if it is an array that ends where the struct does:
 * then the struct is what comes before, and the array.
 */
static struct error *find_last_array(const struct heap_types *types, const struct type *structure,
				     struct type *ret, uint64_t *ret_offset, bool *ret_found)
{
	bool found = false;
	*ret_found = false;
	for (size_t i = 0; i < structure->count; i++) {
		struct type_field field;
		struct type type;
		bool good = false;
		if (!error_ignore(type_field(types_binary(types), structure, i, &field)))
			return NULL;
		TRY(types_read(types, field.type, &type, &good));
		if (!good || found)
			return NULL;
		if (type.pointer_bytes == 0)
			continue;
		if (type.kind != TYPE_ARRAY || field.offset > structure->size ||
		    structure->size - field.offset != type.size)
			return NULL;
		found = true;
		*ret = type;
		*ret_offset = field.offset;
	}
	*ret_found = found;
	return NULL;
}

/* Down to what is repeated: [M][N]T is as many T. Inside a larger thing `stride` is set already. */
static struct error *peel(struct work *work, struct type *type)
{
	struct heap_type_layout *layout = &work->layout;
	for (unsigned depth = 0; depth < PEEL_MAX; depth++) {
		struct type inner = *type;
		uint64_t offset = 0;
		bool found = false;
		if (type->kind == TYPE_STRUCT && !layout->stride && type->pointer_bytes)
			TRY(find_last_array(work->types, type, &inner, &offset, &found));
		if (inner.kind != TYPE_ARRAY || inner.length < REPEATED_FROM)
			return NULL;
		struct type element;
		bool good = false;
		TRY(types_read(work->types, inner.element, &element, &good));
		if (!good || !element.size || inner.size % element.size ||
		    inner.size / element.size != inner.length)
			return NULL;
		layout->start += offset;
		layout->stride = element.size;
		*type = element;
	}
	return NULL;
}

static struct error *lay_out_value(struct work *work, const struct type *value)
{
	struct type type = *value;
	work->layout.size = value->size;
	TRY(peel(work, &type));
	return types_flatten(&work->flatten, &type, 0);
}

static struct error *lay_out_array(struct work *work, const struct type *element)
{
	struct type type = *element;
	work->layout.size = element->size;
	work->layout.stride = element->size;
	TRY(peel(work, &type));
	return types_flatten(&work->flatten, &type, 0);
}

/* A structure of the runtime's that belongs to a map or channel. */
static struct error *lay_out_header(struct work *work)
{
	uint64_t descriptor = 0;
	struct type type;
	bool good = false;
	work->flatten.context = work->entry->descriptor;
	TRY(types_find(work->types, types_header(work->types, work->entry->form), &descriptor));
	if (descriptor)
		TRY(types_read(work->types, descriptor, &type, &good));
	if (!good) {
		work->flatten.complete = false;
		return NULL;
	}
	work->layout.size = type.size;
	return types_flatten(&work->flatten, &type, 0);
}

/* Without pointers in the elements nothing of a channel is looked at by the collector. */
static struct error *lay_out_channel(struct work *work)
{
	int32_t size = types_binary(work->types)->layout.hchan_size;
	if (work->entry->type.pointer_bytes)
		return lay_out_header(work);
	work->layout.size = (uint64_t)MAX(size, 0);
	return NULL;
}

/* A word that leads to another piece of the same map. */
static struct error *add_piece(struct work *work, enum heap_form form, uint64_t offset)
{
	struct heap_slot slot = { .offset = offset };
	TRY(heap_types_intern(work->types, form, work->entry->descriptor, &slot.pointee));
	return types_flatten_slot(&work->flatten, &slot);
}

static struct error *lay_out_slots(struct work *work)
{
	struct types_map_shape shape;
	bool good = false;
	TRY(types_map_shape(work->types, &work->entry->type, &shape, &good));
	if (!good) {
		work->flatten.complete = false;
		return NULL;
	}
	work->layout.size = shape.size;
	work->layout.stride = shape.size;
	TRY(types_map_flatten(&work->flatten, &shape));
	if (shape.has_overflow && work->flatten.slots.count)
		TRY(add_piece(work, HEAP_MAP_BUCKETS, shape.size - WORD));
	return NULL;
}

static struct error *lay_out_words(struct work *work, enum heap_form form)
{
	work->layout.size = WORD;
	work->layout.stride = WORD;
	return add_piece(work, form, 0);
}

/* Where nobody knows what it captured, what it begins with must do. */
static struct error *lay_out_closure(struct work *work)
{
	struct type type;
	bool good = false;
	TRY(types_closure(work->types, work->entry->descriptor, &type, &good));
	if (good)
		return lay_out_value(work, &type);
	work->layout.size = WORD;
	work->flatten.complete = false;
	return NULL;
}

static struct error *lay_out(struct work *work)
{
	switch (work->entry->form) {
	case HEAP_VALUE:
		return lay_out_value(work, &work->entry->type);
	case HEAP_ARRAY:
	case HEAP_CHANNEL_BUFFER:
		return lay_out_array(work, &work->entry->type);
	case HEAP_CLOSURE:
		return lay_out_closure(work);
	case HEAP_MAP:
	case HEAP_MAP_TABLE:
	case HEAP_MAP_EXTRA:
		return lay_out_header(work);
	case HEAP_MAP_DIRECTORY:
		return lay_out_words(work, HEAP_MAP_TABLE);
	case HEAP_MAP_OVERFLOW_LIST:
		return lay_out_words(work, HEAP_MAP_BUCKETS);
	case HEAP_MAP_OVERFLOW:
		work->layout.size = SLICE_SIZE;
		return add_piece(work, HEAP_MAP_OVERFLOW_LIST, 0);
	case HEAP_MAP_GROUPS:
	case HEAP_MAP_BUCKETS:
		return lay_out_slots(work);
	case HEAP_CHANNEL:
		return lay_out_channel(work);
	case HEAP_TINY:
		work->layout.size = TINY_SIZE;
		return NULL;
	default:
		return NULL;
	}
}

static struct error *keep(struct work *work, const struct heap_type_layout **ret)
{
	struct heap_types *types = work->types;
	struct heap_slot_vector *slots = &work->flatten.slots;
	struct heap_type_layout *layout = arena_allocate(&types->arena, sizeof(*layout));
	struct heap_slot *kept = NULL;
	if (slots->count)
		kept = arena_allocate_raw(&types->arena, slots->count * sizeof(*kept));
	if (!layout || (slots->count && !kept))
		return error_no_memory();
	if (slots->count)
		memcpy(kept, slots->items, slots->count * sizeof(*kept));
	*layout = work->layout;
	layout->slots = kept;
	layout->slot_count = slots->count;
	layout->complete = work->flatten.complete;
	types->slots += slots->count;
	*ret = layout;
	return NULL;
}

static const struct heap_type_layout unknown_layout = { .complete = false };

struct error *heap_types_layout(struct heap_types *types, uint32_t type,
				const struct heap_type_layout **ret)
{
	struct heap_type_entry *entry = types_entry(types, type);
	if (!entry) {
		*ret = &unknown_layout;
		return NULL;
	}
	if (!entry->layout) {
		struct work work = {
			.types = types,
			.entry = entry,
			.flatten = { .types = types, .complete = true },
		};
		struct error *error = lay_out(&work);
		if (!error)
			error = keep(&work, &entry->layout);
		types_flatten_deinit(&work.flatten);
		TRY(error);
	}
	*ret = entry->layout;
	return NULL;
}

const struct heap_slot *heap_layout_slot(const struct heap_type_layout *layout, uint64_t offset)
{
	size_t low = 0, high = layout->slot_count;
	if (offset < layout->start)
		return NULL;
	offset -= layout->start;
	if (layout->stride)
		offset %= layout->stride;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (layout->slots[middle].offset < offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low < layout->slot_count && layout->slots[low].offset == offset ? &layout->slots[low]
									       : NULL;
}

struct error *heap_types_pointee(struct heap_types *types, uint64_t descriptor, uint64_t offset,
				 uint32_t *ret)
{
	uint32_t type = HEAP_TYPE_UNKNOWN;
	const struct heap_type_layout *layout = NULL;
	TRY(heap_types_intern(types, HEAP_VALUE, descriptor, &type));
	TRY(heap_types_layout(types, type, &layout));
	const struct heap_slot *slot = offset < layout->size ? heap_layout_slot(layout, offset)
							     : NULL;
	*ret = slot ? slot->pointee : HEAP_TYPE_UNKNOWN;
	return NULL;
}
