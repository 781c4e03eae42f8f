/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/selection_private.h"

#include <string.h>

#include "runtime/member.h"

#define GO_PAGE       ((uint64_t)8192)
#define PAGES_MAX     ((size_t)8192) /* of one arena: 64 MiB */
#define SPANS_AT_ONCE ((size_t)512)
#define SPAN_SIZE_MAX ((size_t)1024)

struct error *selection_heap_init(struct selection_heap *heap, struct runtime *runtime)
{
	const struct layout *layout = &runtime_binary(runtime)->layout;
	uint64_t mheap = runtime_global(runtime, GLOBAL_MHEAP);
	*heap = (struct selection_heap){ .runtime = runtime };
	if (!mheap || layout->mheap_arenas < 0 || layout->heap_arena_spans < 0 ||
	    layout->heap_arena_bytes <= 0 ||
	    (uint64_t)layout->heap_arena_bytes > PAGES_MAX * GO_PAGE || layout->mspan_size <= 0 ||
	    (size_t)layout->mspan_size > SPAN_SIZE_MAX || layout->mspan_start_addr < 0 ||
	    layout->mspan_npages < 0 || layout->mspan_state < 0 || layout->mspan_spanclass < 0)
		return error_new(
			ERROR_UNSUPPORTED, "%s: the heap of this %s program is not understood",
			target_name(runtime_target(runtime)), runtime_binary(runtime)->release);
	return target_read_u64(runtime_target(runtime), mheap + (uint64_t)layout->mheap_arenas,
			       &heap->table);
}

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
 * Take the part of a span in [start, end). `page` is where the table named the span: what does not
 * contain it is a span that was freed, or used again elsewhere.
 */
static struct error *take_span(struct selection_heap *heap, const uint8_t *span, uint64_t page,
			       uint64_t start, uint64_t end, uint64_t *reached,
			       struct target_extent_vector *into)
{
	const struct layout *layout = &runtime_binary(heap->runtime)->layout;
	uint64_t first = member_u64(span, layout->mspan_start_addr);
	uint64_t pages = member_u64(span, layout->mspan_npages);
	uint8_t state = member_u8(span, layout->mspan_state);
	bool manual = state == layout->span_state_manual;
	bool in_use = state == layout->span_state_in_use;
	if ((!manual && !in_use) || first > page || pages > ((uint64_t)1 << 48) / GO_PAGE ||
	    page - first >= pages * GO_PAGE)
		return NULL;
	uint64_t from = MAX(MAX(first, start), *reached), to = MIN(first + pages * GO_PAGE, end);
	if (from >= to)
		return NULL;
	*reached = to;
	if (manual)
		return heap->with_manual ? append(into, from, to) : NULL;
	/* The lowest bit of the span's class: no object in it has pointers. */
	bool without_pointers = member_u8(span, layout->mspan_spanclass) & 1;
	*(without_pointers ? &heap->data : &heap->heap) += to - from;
	return without_pointers && !heap->with_data ? NULL : append(into, from, to);
}

struct spans {
	uint64_t addresses[SPANS_AT_ONCE];
	uint64_t pages[SPANS_AT_ONCE]; /* where each was named */
	size_t count;
	struct target_range ranges[SPANS_AT_ONCE];
	uint8_t *bytes;
};

static struct error *take_spans(struct selection_heap *heap, struct spans *spans, uint64_t start,
				uint64_t end, uint64_t *reached, struct target_extent_vector *into)
{
	size_t size = (size_t)runtime_binary(heap->runtime)->layout.mspan_size;
	for (size_t i = 0; i < spans->count; i++)
		spans->ranges[i] = (struct target_range){
			.address = spans->addresses[i],
			.length = size,
			.into = spans->bytes + i * size,
		};
	TRY(target_read_ranges(runtime_target(heap->runtime), spans->ranges, spans->count));
	for (size_t i = 0; i < spans->count; i++) {
		if (spans->ranges[i].done)
			TRY(take_span(heap, spans->bytes + i * size, spans->pages[i], start, end,
				      reached, into));
	}
	spans->count = 0;
	return NULL;
}

/* The table of an arena names the span of each of its pages; a span's pages follow each other. */
struct error *selection_heap_arena(struct selection_heap *heap, uint64_t start, uint64_t end,
				   struct target_extent_vector *into)
{
	struct target *target = runtime_target(heap->runtime);
	const struct layout *layout = &runtime_binary(heap->runtime)->layout;
	uint64_t arena_size = (uint64_t)layout->heap_arena_bytes;
	uint64_t arena = start / arena_size * arena_size;
	uint64_t description, reached = start, last = 0;
	size_t count = (size_t)(arena_size / GO_PAGE);
	if (!error_ignore(target_read_u64(target,
					  heap->table + 8 * heap_arena_index(heap->runtime, start),
					  &description)) ||
	    !description)
		return NULL;
	_cleanup_(free_pointer) uint64_t *table = malloc(count * sizeof(*table));
	_cleanup_(free_pointer) struct spans *spans = malloc(sizeof(*spans));
	_cleanup_(free_pointer) uint8_t *bytes = malloc(SPANS_AT_ONCE * (size_t)layout->mspan_size);
	if (!table || !spans || !bytes)
		return error_no_memory();
	spans->bytes = bytes;
	spans->count = 0;
	TRY(target_read(target, description + (uint64_t)layout->heap_arena_spans, table,
			count * sizeof(*table)));
	for (size_t i = 0; i < count; i++) {
		uint64_t page = arena + i * GO_PAGE;
		if (page + GO_PAGE <= start || page >= end || !table[i] || table[i] == last)
			continue;
		last = table[i];
		spans->addresses[spans->count] = last;
		spans->pages[spans->count++] = page;
		if (spans->count == SPANS_AT_ONCE)
			TRY(take_spans(heap, spans, start, end, &reached, into));
	}
	return take_spans(heap, spans, start, end, &reached, into);
}
