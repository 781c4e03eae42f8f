/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/live/growing_private.h"

#include <string.h>

#include "heap/holders.h"

/*
 * The same tests do the same work in each round. What is filled once (a cache, a table, a pool) is full
 * when they have run once, and what they clean up is gone: neither has more after the second half of
 * the other rounds than before it. What has, by as much each time as before, gets more for ever; with
 * every single thing still there that was there after the first round.
 */
/*
 * What is held alone is counted, and a word that lies on some stack still may hold one as well: so one
 * or two may seem to be gone, or not to have come.
 */
#define KEPT_PERCENT 75
#define EVEN_PARTS   4

static bool is_even(uint64_t one, uint64_t other)
{
	uint64_t apart = one > other ? one - other : other - one;
	return apart <= MAX(one, other) / EVEN_PARTS;
}

bool live_rounds_grow(const struct live_rounds *rounds, uint64_t before, uint64_t middle,
		      uint64_t now, bool *ret_even)
{
	if (middle <= before || now <= middle)
		return false;
	uint64_t first = middle - before, second = now - middle;
	*ret_even = is_even(second * rounds->first, first * rounds->second);
	/* What is filling up does so ever more slowly. */
	return second * rounds->first >= first * rounds->second / 2 &&
	       first + second >= rounds->first + rounds->second;
}

bool growing_judge_rounds(struct growing *growing, const struct live_rounds *rounds,
			  enum certainty *ret)
{
	bool map = growing->kind == HOLDING_MAP || growing->kind == HOLDING_SYNC_MAP, even;
	*ret = CERTAINTY_SUSPECT;
	if (growing->absent || (growing->partial && !growing->endless) ||
	    growing->bytes < growing->bytes_before ||
	    growing->kept * 100 < growing->samples * KEPT_PERCENT ||
	    !live_rounds_grow(rounds, growing->entries_before, growing->entries_middle,
			      growing->entries, &even))
		return false;
	if (growing->entries - growing->entries_before >= LIVE_ROUNDS_MORE &&
	    (map ? growing->endless : even && growing->samples))
		*ret = CERTAINTY_LIKELY;
	return true;
}

/* The runtime's lists of goroutines and processors grow with the most that there were at a time. */
static bool is_runtimes(const struct heap *heap, const struct growing *growing)
{
	const struct heap_root *root = heap_vertex_root(heap,
							heap->dominators.vertices[growing->top]);
	const char *name = !root ? NULL : root->name ? root->name : root->user;
	return name && (strncmp(name, "runtime.", 8) == 0 || strncmp(name, "testing.", 8) == 0);
}

bool growing_is_none_of_tests(const struct live_evidence *evidence, const struct growing *growing)
{
	const struct heap *heap = evidence->heap;
	const struct dominators *dominators = &heap->dominators;
	uint32_t number = dominators->numbers[growing->example];
	for (; number != VERTEX_NONE && number != 0; number = dominators->parents[number]) {
		uint32_t vertex = dominators->vertices[number];
		const char *name = NULL;
		if (vertex < heap->scan.graph.object_count &&
		    error_ignore(
			    heap_types_name(heap->types, heap_object_type(heap, vertex), &name)) &&
		    strstr(name, "sync.pool"))
			return true;
	}
	return is_runtimes(heap, growing);
}
