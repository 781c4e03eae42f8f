/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_HEAP_SEARCH_PRIVATE_H
#define DOWSE_HEAP_SEARCH_PRIVATE_H

#include "heap/search.h"
#include "heap/typing.h"

struct queue_block;

struct search {
	const struct heap_spans *spans;
	struct heap_scan *scan;
	struct heap_typing typing;
	uint64_t *reached;
	uint32_t *landmarks;
	struct queue_block *head;
	struct queue_block *tail;
	size_t taken;     /* of the head */
	uint64_t retyped; /* how many edges were followed again for that */
	uint64_t retyped_max;
	uint64_t compared_left; /* edges that may be held against candidates for a map */
	struct map candidates;  /* shape of a map's pieces → what maps they can be of */
	struct arena candidates_arena;
};

/* Bytes that an object takes. */
uint64_t search_slot_size(const struct search *search, uint32_t vertex);

/* What an object is has changed, or is known at last: what it leads to is to be looked at. */
struct error *search_push(struct search *search, uint32_t vertex) must_use;
struct error *search_drain(struct search *search) must_use;

/* search_guess.c: types for what nobody has said anything of. */
struct error *search_guess(struct search *search) must_use;

/* search_maps.c: the map that an object is the header of; *ret stays when that is not clear. */
struct error *search_map_of(struct search *search, uint32_t vertex, uint32_t *ret) must_use;
void search_maps_deinit(struct search *search);

#endif
