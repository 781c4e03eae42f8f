/* SPDX-License-Identifier: Apache-2.0 */
#include "heap/spans.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/batch.h"
#include "runtime/member.h"
#include "runtime/span_walk.h"

/*
 * First every span's description, arena by arena; then the bits that tell which slots are in use,
 * all in one batch, since they lie scattered over the runtime's own memory.
 */
#define PAGES_OF_ARENA ((size_t)1 << (HEAP_ARENA_BITS - HEAP_PAGE_BITS))
#define ARENA_BYTES    (UINT64_C(1) << HEAP_ARENA_BITS)
#define ARENAS_MAX     ((size_t)1 << 22) /* in 48 bits of addresses */
#define HEADER_MIN     512               /* larger objects with pointers have a header */
#define HEADER_BYTES   8
#define MARKS_OFFSET   64
#define BITS_AT_ONCE   ((size_t)4096)
#define SHARED_MAX     ((uint64_t)1 << 20) /* of several slots; the runtime's are below 128 KiB */

/* What is needed of a span beside what stays: where its bits are. */
struct span_state {
	uint64_t allocated_at;
	uint64_t marked_at;
	uint32_t passed; /* slots below are in use, whatever the bits say */
	uint32_t count;  /* how many slots are in use, as the runtime counts */
};

DEFINE_VECTOR(span_state_vector, struct span_state);

struct span_reading {
	struct runtime *runtime;
	const struct layout *layout;
	struct span_walk walk;
	struct heap_spans *spans;
	struct span_state_vector states;
	struct address_range_vector mappings; /* neighbours joined */
	struct address_range range;           /* of arenas; the one in hand */
	uint32_t sweep_generation;
	uint64_t pages; /* of all spans */
	bool headers;   /* this program's objects have them */
	bool damaged;
};

/* From which slot on the bits count. The collector of 1.19 to 1.24 keeps a number of its own. */
static uint64_t passed_slots(const struct span_reading *reading, const uint8_t *span)
{
	const struct layout *layout = reading->layout;
	bool own = layout_has(layout->mspan_free_index_for_scan) &&
		   runtime_binary(reading->runtime)->minor < 25;
	return span_count_member(layout, span,
				 own ? layout->mspan_free_index_for_scan : layout->mspan_freeindex);
}

static void place_bits(const struct span_reading *reading, const uint8_t *bytes,
		       struct heap_span *span, bool large, bool inside)
{
	const struct layout *layout = reading->layout;
	if (member_u8(bytes, layout->mspan_spanclass) & 1) {
		span->bits = HEAP_BITS_NONE;
	} else if (!reading->headers) {
		span->bits = HEAP_BITS_ARENA;
	} else if (large) {
		span->bits = HEAP_BITS_TYPE;
		/* An arena of the user has a type of its own inside, which describes all of it. */
		span->bits_at = member_u64(bytes, layout->mspan_large_type);
	} else if (span->slot_size > HEADER_MIN) {
		span->bits = HEAP_BITS_HEADER;
		span->head = HEADER_BYTES;
	} else {
		span->bits = HEAP_BITS_SPAN;
		span->bits_at = span->end - (span->end - span->start) / 64 -
				(inside ? SPAN_INLINE_MARKS : 0);
	}
}

/* All of a span lies in memory that is there, in arenas that the runtime knows. */
static bool is_there(const struct span_reading *reading, uint64_t start, uint64_t end)
{
	const struct address_range *mapping = heap_ranges_find(&reading->mappings, start);
	return start % GO_PAGE == 0 && start >= reading->range.start && end <= reading->range.end &&
	       mapping && end <= mapping->end;
}

/* A span that contradicts itself or its neighbours is left out; `damaged` says so. */
static struct error *note_span(void *argument, const uint8_t *bytes, uint64_t start, uint64_t end)
{
	struct span_reading *reading = argument;
	const struct layout *layout = reading->layout;
	struct heap_spans *spans = reading->spans;
	if (member_u8(bytes, layout->mspan_state) != layout->span_state_in_use)
		return NULL;
	struct heap_span *last = spans->list.count ? &spans->list.items[spans->list.count - 1]
						   : NULL;
	if (last && last->start == start)
		return NULL; /* it goes on in the next arena */
	uint64_t slot = member_u64(bytes, layout->mspan_elemsize);
	uint64_t count = span_count_member(layout, bytes, layout->mspan_nelems);
	bool large = member_u8(bytes, layout->mspan_spanclass) >> 1 == 0;
	if (!slot || slot % 8 || !count || count > (end - start) / slot ||
	    (count > 1 && end - start > SHARED_MAX) || (last && start < last->end) ||
	    !is_there(reading, start, end) || spans->vertex_count > VERTEX_MAX - count) {
		reading->damaged = true;
		return NULL;
	}
	struct heap_span span = {
		.start = start,
		.end = end,
		.slot_size = slot,
		.first = spans->vertex_count,
		.count = (uint32_t)count,
		.inverse = heap_span_inverse(count, slot),
	};
	uint64_t page = start % ARENA_BYTES >> HEAP_PAGE_BITS;
	span.marks_inside = span_walk_has_marks(&reading->walk, page);
	place_bits(reading, bytes, &span, large, span.marks_inside);
	uint32_t generation = member_u32(bytes, layout->mspan_sweepgen);
	span.unswept = generation == reading->sweep_generation - 2 ||
		       generation == reading->sweep_generation + 1;
	struct span_state state = {
		.allocated_at = member_u64(bytes, layout->mspan_alloc_bits),
		.marked_at = span.marks_inside ? start + GO_PAGE - SPAN_INLINE_MARKS + MARKS_OFFSET
					       : member_u64(bytes, layout->mspan_gcmark_bits),
		.passed = (uint32_t)MIN(passed_slots(reading, bytes), count),
		.count = member_u32(bytes, layout->mspan_alloc_count) & 0xffff,
	};
	spans->vertex_count += (uint32_t)count;
	reading->pages += (end - start) / GO_PAGE;
	TRY(span_state_vector_append(&reading->states, &state));
	return heap_span_vector_append(&spans->list, &span);
}

static struct error *walk_arenas(struct span_reading *reading)
{
	_cleanup_(address_range_vector_deinit) struct address_range_vector ranges = { 0 };
	TRY(heap_ranges_read(reading->runtime, &ranges));
	TRY(heap_ranges_mapped(reading->runtime, &reading->mappings));
	for (size_t i = 0; i < ranges.count; i++) {
		reading->range = ranges.items[i];
		for (uint64_t at = ranges.items[i].start; at < ranges.items[i].end;
		     at += ARENA_BYTES)
			TRY(span_walk_arena(&reading->walk, at, at + ARENA_BYTES, note_span,
					    reading));
	}
	return NULL;
}

/* The way from an address to its span. */
static struct error *index_pages(struct heap_spans *spans)
{
	if (!spans->list.count)
		return NULL;
	spans->low = spans->list.items[0].start & ~(ARENA_BYTES - 1);
	uint64_t high = spans->list.items[spans->list.count - 1].end;
	size_t arenas = (size_t)((high - spans->low + ARENA_BYTES - 1) >> HEAP_ARENA_BITS);
	size_t rows = 0;
	if (arenas > ARENAS_MAX)
		return error_new(ERROR_CORRUPT, "its heap reaches from %#jx to %#jx",
				 (uintmax_t)spans->low, (uintmax_t)high);
	spans->size = (uint64_t)arenas << HEAP_ARENA_BITS;
	spans->arenas = calloc(arenas, sizeof(*spans->arenas));
	if (!spans->arenas)
		return error_no_memory();
	for (size_t i = 0; i < spans->list.count; i++) {
		const struct heap_span *span = &spans->list.items[i];
		size_t last = (size_t)((span->end - 1 - spans->low) >> HEAP_ARENA_BITS);
		for (size_t arena = (size_t)((span->start - spans->low) >> HEAP_ARENA_BITS);
		     arena <= last; arena++) {
			if (!spans->arenas[arena])
				spans->arenas[arena] = (uint32_t)++rows;
		}
	}
	spans->pages = calloc(rows * PAGES_OF_ARENA, sizeof(*spans->pages));
	if (!spans->pages)
		return error_no_memory();
	for (size_t i = 0; i < spans->list.count; i++) {
		const struct heap_span *span = &spans->list.items[i];
		for (uint64_t at = span->start - spans->low; at < span->end - spans->low;
		     at += GO_PAGE) {
			size_t row = spans->arenas[at >> HEAP_ARENA_BITS] - 1;
			size_t page = (size_t)(at >> HEAP_PAGE_BITS) % PAGES_OF_ARENA;
			spans->pages[row * PAGES_OF_ARENA + page] = (uint32_t)i + 1;
		}
	}
	return NULL;
}

/* The way from a vertex to its span. */
static struct error *index_vertices(struct heap_spans *spans)
{
	size_t blocks = spans->vertex_count / HEAP_SPANS_BLOCK + 1;
	spans->blocks = calloc(blocks, sizeof(*spans->blocks));
	if (!spans->blocks)
		return error_no_memory();
	for (size_t i = 0, block = 0; i < spans->list.count; i++) {
		const struct heap_span *span = &spans->list.items[i];
		for (; block < blocks && block * HEAP_SPANS_BLOCK < span->first + span->count;
		     block++)
			spans->blocks[block] = (uint32_t)i;
	}
	return NULL;
}

struct error *heap_spans_number(struct heap_spans *spans)
{
	TRY(index_pages(spans));
	return index_vertices(spans);
}

const struct heap_span *heap_spans_of(const struct heap_spans *spans, uint32_t vertex)
{
	const struct heap_span *span = &spans->list.items[spans->blocks[vertex / HEAP_SPANS_BLOCK]];
	while (vertex - span->first >= span->count)
		span++;
	return span;
}

uint64_t heap_spans_address(const struct heap_spans *spans, uint32_t vertex)
{
	const struct heap_span *span = heap_spans_of(spans, vertex);
	return span->start + (vertex - span->first) * span->slot_size;
}

/* 64 bits of a row of bytes from bit `at` on, a multiple of 64; what lies behind `count` is 0. */
static uint64_t load_bits(const uint8_t *bytes, uint32_t at, uint32_t count)
{
	uint64_t word = 0;
	memcpy(&word, bytes + at / 8, MIN((count - at + 7) / 8, 8u));
	return count - at < 64 ? word & ((UINT64_C(1) << (count - at)) - 1) : word;
}

static void store_bits(uint64_t *into, uint64_t at, uint64_t word)
{
	into[at / 64] |= word << at % 64;
	if (at % 64 && word >> (64 - at % 64))
		into[at / 64 + 1] |= word >> (64 - at % 64);
}

/* `allocated`, `marked`: NULL where they could not be read: then all are in use, or alive. */
static uint32_t take_bits(struct heap_spans *spans, const struct heap_span *span,
			  const struct span_state *state, const uint8_t *allocated,
			  const uint8_t *marked)
{
	uint32_t count = 0;
	for (uint32_t at = 0; at < span->count; at += 64) {
		uint32_t left = MIN(span->count - at, 64u);
		uint64_t all = left < 64 ? (UINT64_C(1) << left) - 1 : UINT64_MAX;
		uint64_t used = allocated ? load_bits(allocated, at, span->count) : all;
		if (state->passed > at)
			used |= state->passed - at >= 64
					? all
					: (UINT64_C(1) << (state->passed - at)) - 1;
		store_bits(spans->used, span->first + at, used);
		count += (uint32_t)__builtin_popcountll(used);
		if (span->unswept && marked && spans->dead)
			store_bits(spans->dead, span->first + at,
				   used & ~load_bits(marked, at, span->count));
	}
	return count;
}

static struct error *read_some_bits(struct span_reading *reading, size_t from, size_t to)
{
	struct heap_spans *spans = reading->spans;
	_cleanup_(arena_deinit) struct arena arena = { 0 };
	_cleanup_(batch_deinit) struct batch batch = { .target = runtime_target(reading->runtime),
						       .arena = &arena };
	for (size_t i = from; i < to; i++) {
		size_t bytes = (spans->list.items[i].count + 7) / 8;
		TRY(batch_add(&batch, reading->states.items[i].allocated_at, bytes));
		TRY(batch_add(&batch, reading->states.items[i].marked_at,
			      spans->list.items[i].unswept ? bytes : 0));
	}
	TRY(batch_run(&batch));
	for (size_t i = from; i < to; i++) {
		const uint8_t *allocated = batch_bytes(&batch, 2 * (i - from));
		uint32_t count = take_bits(spans, &spans->list.items[i], &reading->states.items[i],
					   allocated, batch_bytes(&batch, 2 * (i - from) + 1));
		/* The moment may be amid an allocation: the slot is taken, then counted. */
		uint32_t apart = count - reading->states.items[i].count + 1;
		reading->damaged |= !allocated || apart > 2;
	}
	return NULL;
}

static struct error *read_bits(struct span_reading *reading)
{
	struct heap_spans *spans = reading->spans;
	size_t words = spans->vertex_count / 64 + 2;
	bool unswept = false;
	for (size_t i = 0; i < spans->list.count && !unswept; i++)
		unswept = spans->list.items[i].unswept;
	spans->used = calloc(words, sizeof(*spans->used));
	spans->dead = unswept ? calloc(words, sizeof(*spans->dead)) : NULL;
	if (!spans->used || (unswept && !spans->dead))
		return error_no_memory();
	for (size_t i = 0; i < spans->list.count; i += BITS_AT_ONCE)
		TRY(read_some_bits(reading, i, MIN(i + BITS_AT_ONCE, spans->list.count)));
	return NULL;
}

/*
 * The runtime counts the pages in use, too: a span once it is in the table, and no more before it
 * goes. So a moment may have a few spans more than were counted, but never one less; and a single
 * one that is lost can be what all else hangs on.
 */
static struct error *check_pages(struct span_reading *reading)
{
	const uint64_t some = 1024, share = 256;
	uint64_t counted, heap = runtime_global(reading->runtime, GLOBAL_MHEAP);
	if (reading->layout->mheap_pages_in_use < 0)
		return NULL;
	TRY(target_read_u64(runtime_target(reading->runtime),
			    heap + (uint64_t)reading->layout->mheap_pages_in_use, &counted));
	reading->damaged |= reading->pages < counted ||
			    reading->pages - counted > MAX(some, counted / share);
	return NULL;
}

static struct error *read_all(struct span_reading *reading)
{
	const struct layout *layout = reading->layout;
	struct target *target = runtime_target(reading->runtime);
	if (layout->mspan_elemsize < 0 || layout->mspan_nelems < 0 || layout->mspan_freeindex < 0 ||
	    layout->mspan_alloc_bits < 0 || layout->mheap_sweepgen < 0 ||
	    (uint64_t)layout->heap_arena_bytes != ARENA_BYTES)
		return error_new(ERROR_UNSUPPORTED,
				 "%s: the heap of this %s program is not understood",
				 target_name(target), runtime_binary(reading->runtime)->release);
	TRY(span_walk_init(&reading->walk, reading->runtime));
	TRY(target_read(target,
			runtime_global(reading->runtime, GLOBAL_MHEAP) +
				(uint64_t)layout->mheap_sweepgen,
			&reading->sweep_generation, sizeof(reading->sweep_generation)));
	TRY(walk_arenas(reading));
	TRY(check_pages(reading));
	TRY(heap_spans_number(reading->spans));
	return read_bits(reading);
}

struct error *heap_spans_read(struct runtime *runtime, struct heap_spans *ret)
{
	struct heap_spans spans = { 0 };
	struct span_reading reading = {
		.runtime = runtime,
		.layout = &runtime_binary(runtime)->layout,
		.spans = &spans,
		.headers = !layout_has(runtime_binary(runtime)->layout.heap_arena_bitmap),
	};
	struct error *error = read_all(&reading);
	span_state_vector_deinit(&reading.states);
	address_range_vector_deinit(&reading.mappings);
	spans.damaged = reading.damaged;
	if (error)
		heap_spans_deinit(&spans);
	else
		*ret = spans;
	return error;
}

void heap_spans_deinit(struct heap_spans *spans)
{
	heap_span_vector_deinit(&spans->list);
	free(spans->arenas);
	free(spans->pages);
	free(spans->blocks);
	free(spans->used);
	free(spans->dead);
	*spans = (struct heap_spans){ 0 };
}
