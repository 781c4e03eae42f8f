/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "heap/search_private.h"

void search_flags_set(struct search *search)
{
	uint32_t count = search->scan->graph.object_count;
	for (uint32_t first = 0; first < count; first += 64) {
		uint64_t free_slots = ~search->spans->used[first / 64];
		for (; free_slots; free_slots &= free_slots - 1) {
			uint32_t vertex = first + (uint32_t)__builtin_ctzll(free_slots);
			if (vertex < count)
				search->scan->types[vertex] |= MARK_FREE;
		}
	}
}

struct error *search_flags_take(struct search *search, uint64_t **ret_reached)
{
	uint32_t count = search->scan->graph.object_count;
	uint64_t *reached = calloc(count / 64 + 1, sizeof(*reached));
	if (!reached)
		return error_no_memory();
	for (uint32_t vertex = 0; vertex < count; vertex++) {
		uint32_t *mark = &search->scan->types[vertex];
		reached[vertex / 64] |= (uint64_t) !!(*mark & MARK_REACHED) << vertex % 64;
		*mark &= ~MARK_FLAGS;
	}
	*ret_reached = reached;
	return NULL;
}
