/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/selection_private.h"

#include <string.h>

#include "runtime/member.h"

#define GO_PAGE       ((uint64_t)8192)
#define PAGES_MAX     SELECTION_PAGES
#define SPANS_AT_ONCE ((size_t)512)
#define INLINE_MARKS  ((uint64_t)128) /* runtime.spanInlineMarkBits */
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
 * From Go 1.25 on the collector's marks of small objects may lie in their span, at the end of its
 * first page: what it found alive. They are wanted of objects without pointers, too.
 */
static struct error *take_marks(const struct selection_heap *heap, uint64_t first, uint64_t from,
				uint64_t to, struct target_extent_vector *into)
{
	const struct layout *layout = &runtime_binary(heap->runtime)->layout;
	uint64_t arena_size = (uint64_t)layout->heap_arena_bytes;
	uint64_t page = first % arena_size / GO_PAGE, end = first + GO_PAGE;
	if (!heap->has_marks || !(heap->marks[page / 8] & 1 << page % 8) || first != from ||
	    end > to)
		return NULL;
	return append(into, end - INLINE_MARKS, end);
}

/* Which pages of an arena are such: a bit each. */
static void read_marked(struct selection_heap *heap, uint64_t description)
{
	int32_t member =
		runtime_binary(heap->runtime)->layout.heap_arena_page_use_span_inline_mark_bits;
	heap->has_marks = layout_has(member) &&
			  error_ignore(target_read(runtime_target(heap->runtime),
						   description + (uint64_t)member, heap->marks,
						   sizeof(heap->marks)));
}

/*
 * Is it a span in use that lies where the table names it, in the pages [start, end)? All pages of a
 * span name it; others may do so, too, whose span was freed and its description used again.
 */
static bool span_part(const struct layout *layout, const uint8_t *span, uint64_t start,
		      uint64_t end, struct target_extent *ret)
{
	uint64_t first = member_u64(span, layout->mspan_start_addr);
	uint64_t pages = member_u64(span, layout->mspan_npages);
	uint8_t state = member_u8(span, layout->mspan_state);
	if ((state != layout->span_state_manual && state != layout->span_state_in_use) ||
	    pages > ((uint64_t)1 << 48) / GO_PAGE || first >= end ||
	    first + pages * GO_PAGE <= start)
		return false;
	*ret = (struct target_extent){ first, first + pages * GO_PAGE };
	return true;
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
	const struct layout *layout = &runtime_binary(heap->runtime)->layout;
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

struct spans {
	uint64_t addresses[SPANS_AT_ONCE];
	struct target_extent named[SPANS_AT_ONCE]; /* by which pages */
	size_t count;
	struct target_range ranges[SPANS_AT_ONCE];
	uint8_t *bytes;
};

static struct error *visit_spans(struct selection_heap *heap, struct spans *spans,
				 selection_span_visitor *visit, void *argument)
{
	const struct layout *layout = &runtime_binary(heap->runtime)->layout;
	size_t size = (size_t)layout->mspan_size;
	for (size_t i = 0; i < spans->count; i++)
		spans->ranges[i] = (struct target_range){
			.address = spans->addresses[i],
			.length = size,
			.into = spans->bytes + i * size,
		};
	TRY(target_read_ranges(runtime_target(heap->runtime), spans->ranges, spans->count));
	for (size_t i = 0; i < spans->count; i++) {
		const uint8_t *span = spans->bytes + i * size;
		struct target_extent part;
		if (spans->ranges[i].done &&
		    span_part(layout, span, spans->named[i].start, spans->named[i].end, &part))
			TRY(visit(argument, span, part.start, part.end));
	}
	spans->count = 0;
	return NULL;
}

/* The table of an arena names the span of each of its pages; a span's pages follow each other. */
struct error *selection_heap_spans(struct selection_heap *heap, uint64_t start, uint64_t end,
				   selection_span_visitor *visit, void *argument)
{
	struct target *target = runtime_target(heap->runtime);
	const struct layout *layout = &runtime_binary(heap->runtime)->layout;
	uint64_t arena_size = (uint64_t)layout->heap_arena_bytes;
	uint64_t arena = start / arena_size * arena_size, description;
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
	read_marked(heap, description);
	TRY(target_read(target, description + (uint64_t)layout->heap_arena_spans, table,
			count * sizeof(*table)));
	for (size_t i = 0, run; i < count; i += run) {
		for (run = 1; i + run < count && table[i + run] == table[i];)
			run++;
		struct target_extent named = { arena + i * GO_PAGE, arena + (i + run) * GO_PAGE };
		if (named.end <= start || named.start >= end || !table[i])
			continue;
		spans->addresses[spans->count] = table[i];
		spans->named[spans->count++] = named;
		if (spans->count == SPANS_AT_ONCE)
			TRY(visit_spans(heap, spans, visit, argument));
	}
	return visit_spans(heap, spans, visit, argument);
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
	return selection_heap_spans(heap, start, end, take_span, &taking);
}
