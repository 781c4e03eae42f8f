/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/span_walk.h"

#include <stdlib.h>

#include "runtime/heap_ranges.h"
#include "runtime/member.h"

#define SPANS_AT_ONCE ((size_t)512)
#define SPAN_SIZE_MAX ((size_t)1024)

struct error *span_walk_init(struct span_walk *walk, struct runtime *runtime)
{
	const struct layout *layout = &runtime_binary(runtime)->layout;
	uint64_t mheap = runtime_global(runtime, GLOBAL_MHEAP);
	*walk = (struct span_walk){ .runtime = runtime };
	if (!mheap || layout->mheap_arenas < 0 || layout->heap_arena_spans < 0 ||
	    layout->heap_arena_bytes <= 0 ||
	    (uint64_t)layout->heap_arena_bytes > SPAN_WALK_PAGES * GO_PAGE ||
	    layout->mspan_size <= 0 || (size_t)layout->mspan_size > SPAN_SIZE_MAX ||
	    layout->mspan_start_addr < 0 || layout->mspan_npages < 0 || layout->mspan_state < 0 ||
	    layout->mspan_spanclass < 0)
		return error_new(
			ERROR_UNSUPPORTED, "%s: the heap of this %s program is not understood",
			target_name(runtime_target(runtime)), runtime_binary(runtime)->release);
	return target_read_u64(runtime_target(runtime), mheap + (uint64_t)layout->mheap_arenas,
			       &walk->table);
}

/* Which pages of an arena are such: a bit each. */
static void read_marked(struct span_walk *walk, uint64_t description)
{
	int32_t member =
		runtime_binary(walk->runtime)->layout.heap_arena_page_use_span_inline_mark_bits;
	walk->has_marks = layout_has(member) &&
			  error_ignore(target_read(runtime_target(walk->runtime),
						   description + (uint64_t)member, walk->marks,
						   sizeof(walk->marks)));
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

struct spans {
	uint64_t addresses[SPANS_AT_ONCE];
	struct target_extent named[SPANS_AT_ONCE]; /* by which pages */
	size_t count;
	struct target_range ranges[SPANS_AT_ONCE];
	uint8_t *bytes;
};

static struct error *visit_spans(struct span_walk *walk, struct spans *spans, span_visitor *visit,
				 void *argument)
{
	const struct layout *layout = &runtime_binary(walk->runtime)->layout;
	size_t size = (size_t)layout->mspan_size;
	for (size_t i = 0; i < spans->count; i++)
		spans->ranges[i] = (struct target_range){
			.address = spans->addresses[i],
			.length = size,
			.into = spans->bytes + i * size,
		};
	TRY(target_read_ranges(runtime_target(walk->runtime), spans->ranges, spans->count));
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
struct error *span_walk_arena(struct span_walk *walk, uint64_t start, uint64_t end,
			      span_visitor *visit, void *argument)
{
	struct target *target = runtime_target(walk->runtime);
	const struct layout *layout = &runtime_binary(walk->runtime)->layout;
	uint64_t arena_size = (uint64_t)layout->heap_arena_bytes;
	uint64_t arena = start / arena_size * arena_size, description;
	size_t count = (size_t)(arena_size / GO_PAGE);
	if (!error_ignore(target_read_u64(target,
					  walk->table + 8 * heap_arena_index(walk->runtime, start),
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
	read_marked(walk, description);
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
			TRY(visit_spans(walk, spans, visit, argument));
	}
	return visit_spans(walk, spans, visit, argument);
}

/* Two bytes from Go 1.22 on, a word before: by how far apart these neighbours are. */
uint64_t span_count_member(const struct layout *layout, const uint8_t *span, int32_t offset)
{
	bool narrow = abs(layout->mspan_nelems - layout->mspan_freeindex) < 8;
	return narrow ? member_u32(span, offset) & 0xffff : member_u64(span, offset);
}
