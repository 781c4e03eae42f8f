/* SPDX-License-Identifier: Apache-2.0 */
#include "heap/fill.h"

#include <stdlib.h>
#include <string.h>

#include "base/big_array.h"
#include "heap/fill_private.h"
#include "heap/visit.h"
#include "runtime/batch.h"
#include "runtime/member.h"

/* Of an array: 1 + its row, and behind that how many bytes of it some slice has. */
#define REACH_BITS 40
#define REACH_MAX  ((UINT64_C(1) << REACH_BITS) - 1)
#define ROWS_MAX   ((UINT64_C(1) << (64 - REACH_BITS)) - 2)
#define HEADER     24

/* A slice of an array on the heap. What is no array by itself, a part of an object, is none. */
static void take_slice(struct filling *filling, uint32_t row, uint64_t element, uint64_t address,
		       uint64_t length, uint64_t capacity)
{
	const struct heap_spans *spans = &filling->heap->spans;
	uint32_t edge = address ? heap_spans_edge(spans, address) : EDGE_NONE;
	if (edge == EDGE_NONE || !capacity || length > capacity || row >= ROWS_MAX ||
	    !heap_is_reached(filling->heap, edge_target(edge)))
		return;
	uint32_t vertex = edge_target(edge), type = heap_object_type(filling->heap, vertex);
	uint64_t size = heap_object_size(filling->heap, vertex);
	uint64_t offset = address - heap_spans_address(spans, vertex), bytes;
	struct heap_type known = { .form = HEAP_ARRAY };
	if (type != HEAP_TYPE_UNKNOWN)
		heap_types_get(filling->heap->types, type, &known);
	if ((known.form != HEAP_ARRAY && known.form != HEAP_STRING) || offset > size ||
	    __builtin_mul_overflow(capacity, element, &bytes) || bytes > size - offset ||
	    size > REACH_MAX)
		return;
	uint64_t *reached = &filling->reached[vertex], reach = offset + length * element;
	if (!*reached) {
		filling->fill->list.items[row].count++;
		filling->fill->list.items[row].held += size;
		*reached = (uint64_t)(row + 1) << REACH_BITS;
	}
	if (reach > (*reached & REACH_MAX)) {
		uint64_t owner = *reached >> REACH_BITS;
		filling->fill->list.items[owner - 1].used += reach - (*reached & REACH_MAX);
		*reached = owner << REACH_BITS | reach;
	}
}

/* What of the object begins `at` bytes into the piece of it that is in hand. */
static void take_element(struct filling *filling, const struct fill_plan *plan, uint32_t vertex,
			 uint64_t at, const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < plan->header_count; i++) {
		const struct fill_header *header = &plan->headers[i];
		uint64_t words[3];
		if (header->offset > size || size - header->offset < HEADER)
			return;
		if (!heap_visit_is_pointer(filling->heap, vertex, at + header->offset))
			continue;
		memcpy(words, bytes + header->offset, sizeof(words));
		take_slice(filling, header->row, header->element, words[0], words[1], words[2]);
	}
}

/* Pieces of a large object are of whole elements, where nothing stands before the first one. */
static void take_elements(struct filling *filling, const struct fill_plan *plan, uint32_t vertex,
			  uint64_t offset, const uint8_t *bytes, size_t size)
{
	uint64_t start = offset ? 0 : plan->layout->start, stride = plan->layout->stride;
	if (offset && !stride)
		return;
	for (uint64_t at = start; at < size && size - at >= stride; at += stride) {
		take_element(filling, plan, vertex, at, bytes + at, (size_t)(size - at));
		if (!stride)
			return;
	}
}

static void add(struct filling *filling, uint32_t row, uint64_t slots, uint64_t used, uint64_t size,
		bool counts)
{
	struct heap_fill_row *into = &filling->fill->list.items[row];
	/* What is damaged or in the middle of a change. */
	if (slots > UINT32_MAX || used > slots || size > UINT32_MAX)
		return;
	into->count += counts;
	into->held += slots * size;
	into->used += used * size;
}

static void take_map(struct filling *filling, const struct fill_plan *plan, const uint8_t *bytes)
{
	const struct layout *layout = &runtime_binary(filling->heap->runtime)->layout;
	uint64_t used = member_u64(bytes, 0);
	if (layout->swiss_map_size <= 0) {
		unsigned shift = MIN(member_u8(bytes, layout->hmap_b), 40u);
		bool has = member_u64(bytes, layout->hmap_buckets);
		uint64_t slots = has ? UINT64_C(8) << shift : 0;
		/* Full buckets have others behind them, which are not counted. */
		add(filling, plan->row, MAX(slots, used), used, plan->slot_size, has);
		return;
	}
	bool small = !member_u64(bytes, layout->swiss_map_dir_ptr + 8);
	bool has = member_u64(bytes, layout->swiss_map_dir_ptr);
	if (has)
		add(filling, plan->row, small ? 8 : 0, small ? used : 0, plan->slot_size, true);
}

static void take_table(struct filling *filling, const struct fill_plan *plan, const uint8_t *bytes)
{
	const struct layout *layout = &runtime_binary(filling->heap->runtime)->layout;
	uint16_t used, capacity;
	memcpy(&used, bytes + layout->swiss_table_used, sizeof(used));
	memcpy(&capacity, bytes + layout->swiss_table_capacity, sizeof(capacity));
	add(filling, plan->row, capacity, used, plan->slot_size, false);
}

static void take_channel(struct filling *filling, const struct fill_plan *plan,
			 const uint8_t *bytes, size_t size)
{
	const struct layout *layout = &runtime_binary(filling->heap->runtime)->layout;
	uint64_t room = member_u64(bytes, layout->hchan_dataqsiz);
	/* A snapshot has those without pointers only where somebody waits. */
	if (!room && size > 2 * plan->layout->size)
		filling->fill->unreadable++;
	add(filling, plan->row, room, member_u64(bytes, layout->hchan_qcount), plan->slot_size,
	    room != 0);
}

static struct error *take(void *argument, uint32_t vertex, uint64_t offset, const uint8_t *bytes,
			  size_t size)
{
	struct filling *filling = argument;
	const struct fill_plan *plan = &filling->plans[heap_object_type(filling->heap, vertex)];
	if (plan->kind == FILL_PLAN_SLICES)
		take_elements(filling, plan, vertex, offset, bytes, size);
	else if (offset || size < plan->layout->size)
		return NULL;
	else if (plan->kind == FILL_PLAN_MAP)
		take_map(filling, plan, bytes);
	else if (plan->kind == FILL_PLAN_TABLE)
		take_table(filling, plan, bytes);
	else
		take_channel(filling, plan, bytes, size);
	return NULL;
}

static uint64_t wants(void *argument, uint32_t vertex)
{
	const struct filling *filling = argument;
	uint32_t type = heap_object_type(filling->heap, vertex);
	if (type >= filling->plan_count || filling->plans[type].kind <= FILL_PLAN_NONE)
		return 0;
	return MAX(filling->plans[type].layout->stride, UINT64_C(8));
}

/* The plans of all types that objects have. */
static struct error *make_plans(struct filling *filling)
{
	for (uint32_t vertex = 0; vertex < filling->heap->scan.graph.object_count; vertex++) {
		uint32_t type = heap_object_type(filling->heap, vertex);
		if (type != HEAP_TYPE_UNKNOWN && type < filling->plan_count &&
		    filling->plans[type].kind == FILL_PLAN_UNKNOWN)
			TRY(fill_plan_make(filling, type, &filling->plans[type]));
	}
	return NULL;
}

/* Slices that are globals, or parts of such. */
static struct error *take_globals(struct filling *filling)
{
	const struct heap_roots *roots = &filling->heap->roots;
	for (size_t i = 0; i < roots->list.count; i++) {
		const struct heap_root *root = &roots->list.items[i];
		for (size_t k = root->first; k < root->first + root->count; k++) {
			const struct heap_root_pointer *pointer = &roots->pointers.items[k];
			const char *element;
			uint64_t words[3], size;
			uint32_t row;
			if (root->kind != HEAP_ROOT_GLOBAL || !pointer->where)
				continue;
			TRY(fill_element_size(filling, pointer->type, &size));
			if (!size ||
			    !error_ignore(target_read(runtime_target(filling->heap->runtime),
						      pointer->where, words, sizeof(words))))
				continue;
			TRY(heap_types_name(filling->heap->types, pointer->type, &element));
			TRY(fill_row_add(filling, HEAP_FILL_SLICE,
					 root->name ? root->name : "a global", element, &row));
			take_slice(filling, row, size, words[0], words[1], words[2]);
		}
	}
	return NULL;
}

static int compare(const void *left, const void *right)
{
	const struct heap_fill_row *a = left, *b = right;
	uint64_t unused_a = a->held - a->used, unused_b = b->held - b->used;
	if (unused_a != unused_b)
		return unused_a < unused_b ? 1 : -1;
	return strcmp(a->name, b->name);
}

static void sort(struct heap_fill_row_vector *list)
{
	size_t left = 0;
	for (size_t i = 0; i < list->count; i++) {
		if (list->items[i].held)
			list->items[left++] = list->items[i];
	}
	list->count = left;
	if (left)
		qsort(list->items, left, sizeof(list->items[0]), compare);
}

static struct error *read_all(struct filling *filling)
{
	const struct heap_visitor visitor = { wants, take, filling };
	filling->plans = calloc(filling->plan_count, sizeof(*filling->plans));
	if (!filling->plans)
		return error_no_memory();
	TRY(big_array_allocate(filling->heap->scan.graph.object_count, sizeof(*filling->reached),
			       &filling->reached));
	TRY(make_plans(filling));
	TRY(take_globals(filling));
	TRY(heap_visit(filling->heap, &visitor, &filling->fill->unreadable));
	sort(&filling->fill->list);
	return NULL;
}

struct error *heap_fill_read(struct heap *heap, struct heap_fill *ret)
{
	struct heap_fill fill = { 0 };
	struct filling filling = {
		.heap = heap,
		.fill = &fill,
		.plan_count = heap_types_count(heap->types) + 1,
	};
	struct error *error = read_all(&filling);
	free(filling.plans);
	big_array_free(filling.reached, heap->scan.graph.object_count, sizeof(*filling.reached));
	if (error)
		heap_fill_deinit(&fill);
	else
		*ret = fill;
	return error;
}

void heap_fill_deinit(struct heap_fill *fill)
{
	heap_fill_row_vector_deinit(&fill->list);
	arena_deinit(&fill->arena);
	*fill = (struct heap_fill){ 0 };
}
