/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/big_array.h"
#include "heap/types_private.h"
#include "heap/views_private.h"

/*
 * Which arrays are looked at. Small ones count by their number alone, so that of very many some are
 * enough to tell: looking at one costs a read of each of its views.
 */
#define SMALL_POINTERS 32 /* two slices' elements, of which one may hold much */
#define SMALL_DATA     64 /* less cannot waste more than a copy's own overhead */
#define SMALL_MAX      200000
#define LARGE_MAX      500000

enum array_kind {
	ARRAY_NOT_ASKED,
	ARRAY_NONE,
	ARRAY_SURE,    /* or a string */
	ARRAY_UNKNOWN, /* it could be one: what points into it must say so */
};

static enum array_kind kind_of(const struct heap_types *types, uint32_t type)
{
	const struct heap_type_entry *entry = types_entry(types, type);
	if (!entry)
		return ARRAY_UNKNOWN;
	if (entry->form == HEAP_ARRAY || entry->form == HEAP_STRING)
		return ARRAY_SURE;
	return entry->form == HEAP_VALUE && entry->type.kind == TYPE_ARRAY ? ARRAY_SURE
									   : ARRAY_NONE;
}

struct choosing {
	const struct heap *heap;
	uint8_t *kinds; /* enum array_kind by type */
	uint64_t small, large;
	uint64_t reachable_bytes;
};

static uint32_t weight_of(uint64_t count, uint64_t most)
{
	return (uint32_t)(1 + (count ? (count - 1) / most : 0));
}

/* One of so many, by chance, but the same at every look. */
static bool is_picked(uint32_t vertex, uint32_t weight)
{
	return weight == 1 || (vertex * UINT32_C(0x9e3779b1) >> 8) % weight == 0;
}

static bool is_wanted(struct choosing *choosing, const struct heap_span *span, uint32_t vertex)
{
	uint32_t type = heap_object_type(choosing->heap, vertex);
	uint8_t *kind = &choosing->kinds[type];
	if (*kind == ARRAY_NOT_ASKED)
		*kind = (uint8_t)kind_of(choosing->heap->types, type);
	return *kind == ARRAY_SURE || (*kind == ARRAY_UNKNOWN && span->slot_size >= VIEW_LARGE);
}

/* With bits: set those of the arrays that are picked; without: count them. */
static void look_at_span(struct choosing *choosing, const struct heap_span *span,
			 struct view_candidates *into)
{
	uint64_t least = span->bits == HEAP_BITS_NONE ? SMALL_DATA : SMALL_POINTERS;
	bool large = span->slot_size >= VIEW_LARGE;
	uint32_t weight = large ? into->large_weight : into->small_weight;
	uint64_t found = 0, reached = 0;
	for (uint32_t vertex = span->first; vertex < span->first + span->count; vertex++) {
		if (!heap_is_reached(choosing->heap, vertex))
			continue;
		reached++;
		if (span->slot_size < least || !is_wanted(choosing, span, vertex))
			continue;
		found++;
		if (into->bits && is_picked(vertex, weight))
			heap_bit_set(into->bits, vertex);
	}
	*(large ? &choosing->large : &choosing->small) += found;
	choosing->reachable_bytes += reached * span->slot_size;
}

static void look_at_all(struct choosing *choosing, struct view_candidates *into)
{
	const struct heap_span_vector *spans = &choosing->heap->spans.list;
	choosing->small = choosing->large = choosing->reachable_bytes = 0;
	for (size_t i = 0; i < spans->count; i++)
		look_at_span(choosing, &spans->items[i], into);
}

static void count_ranks(struct view_candidates *candidates, size_t words)
{
	for (size_t i = 0; i < words; i++) {
		candidates->ranks[i] = candidates->count;
		candidates->count += (uint32_t)__builtin_popcountll(candidates->bits[i]);
	}
}

static size_t words_of(const struct heap *heap)
{
	return heap->scan.graph.object_count / 64 + 1;
}

struct error *view_candidates_find(const struct heap *heap, struct view_candidates *ret,
				   uint64_t *ret_reachable_bytes)
{
	_cleanup_(free_pointer)
		uint8_t *kinds = calloc((size_t)heap_types_count(heap->types) + 1, 1);
	struct choosing choosing = { .heap = heap, .kinds = kinds };
	size_t words = words_of(heap);
	if (!kinds)
		return error_no_memory();
	look_at_all(&choosing, ret);
	ret->small_weight = weight_of(choosing.small, SMALL_MAX);
	ret->large_weight = weight_of(choosing.large, LARGE_MAX);
	TRY(big_array_allocate(words, sizeof(*ret->bits), &ret->bits));
	TRY(big_array_allocate(words, sizeof(*ret->ranks), &ret->ranks));
	look_at_all(&choosing, ret);
	count_ranks(ret, words);
	*ret_reachable_bytes = choosing.reachable_bytes;
	return NULL;
}

void view_candidates_deinit(const struct heap *heap, struct view_candidates *candidates)
{
	big_array_free(candidates->bits, words_of(heap), sizeof(*candidates->bits));
	big_array_free(candidates->ranks, words_of(heap), sizeof(*candidates->ranks));
	*candidates = (struct view_candidates){ 0 };
}
