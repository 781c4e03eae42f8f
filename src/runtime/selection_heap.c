/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/selection_private.h"

#include "runtime/member.h"

static struct error *append(struct target_extent_vector *into, uint64_t start, uint64_t end)
{
	struct target_extent *last = into->count ? &into->items[into->count - 1] : NULL;
	struct target_extent extent = { start, end };
	if (start >= end)
		return NULL;
	if (last && last->end == start) {
		last->end = end;
		return NULL;
	}
	return target_extent_vector_append(into, &extent);
}

/*
 * From Go 1.25 on the collector's marks of small objects may lie in their span, at the end of its
 * first page: what it found alive. They are wanted of objects without pointers, too.
 */
static struct error *take_marks(const struct selection_heap *heap, uint64_t first, uint64_t from,
				uint64_t to, struct target_extent_vector *into)
{
	const struct layout *layout = &runtime_binary(heap->walk.runtime)->layout;
	uint64_t arena_size = (uint64_t)layout->heap_arena_bytes;
	uint64_t page = first % arena_size / GO_PAGE, end = first + GO_PAGE;
	if (!span_walk_has_marks(&heap->walk, page) || first != from || end > to)
		return NULL;
	return append(into, end - SPAN_INLINE_MARKS, end);
}

/* What is appended to, and from where on. */
struct taking {
	struct selection_heap *heap;
	struct target_extent_vector *into;
	uint64_t start;
	uint64_t end;
	uint64_t reached;
};

static struct error *take_span(void *argument, const uint8_t *span, uint64_t first, uint64_t last)
{
	struct taking *taking = argument;
	struct selection_heap *heap = taking->heap;
	const struct layout *layout = &runtime_binary(heap->walk.runtime)->layout;
	uint64_t from = MAX(MAX(first, taking->start), taking->reached);
	uint64_t to = MIN(last, taking->end);
	if (from >= to)
		return NULL;
	taking->reached = to;
	if (member_u8(span, layout->mspan_state) == layout->span_state_manual)
		return heap->with_manual ? append(taking->into, from, to) : NULL;
	/* The lowest bit of the span's class: no object in it has pointers. */
	bool without_pointers = member_u8(span, layout->mspan_spanclass) & 1;
	*(without_pointers ? &heap->data : &heap->heap) += to - from;
	return without_pointers && !heap->with_data
		       ? take_marks(heap, first, from, to, taking->into)
		       : append(taking->into, from, to);
}

struct error *selection_heap_arena(struct selection_heap *heap, uint64_t start, uint64_t end,
				   struct target_extent_vector *into)
{
	struct taking taking = {
		.heap = heap,
		.into = into,
		.start = start,
		.end = end,
		.reached = start,
	};
	return span_walk_arena(&heap->walk, start, end, take_span, &taking);
}
