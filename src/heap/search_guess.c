/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "heap/search_private.h"

/*
 * Objects that nobody has said anything of, when all has been said: some are of a shape that only
 * one type has, and the header of a map is known by what it leads to. What one of them is says what
 * others are, so that each is followed at once, and all are gone through again until nothing more
 * comes of it.
 */
#define ROUNDS_MAX 8

struct guessing {
	struct search *search;
	uint32_t header; /* the number of a map's header whose map is not known */
	uint32_t *marks; /* by shape: what it can only be; 0: there are several, or none */
	bool *known;
};

static struct error *only_candidate(struct guessing *guessing, uint16_t shape, uint32_t *ret)
{
	struct search *search = guessing->search;
	uint32_t type = HEAP_TYPE_UNKNOWN;
	size_t count = 0;
	if (!guessing->known[shape]) {
		TRY(heap_types_candidates(search->typing.types,
					  &search->scan->shape_list.list[shape], &type, 1, &count));
		if (count == 1)
			guessing->marks[shape] = heap_type_mark(type, TYPE_RANK_GUESS);
		guessing->known[shape] = true;
	}
	*ret = guessing->marks[shape];
	return NULL;
}

static struct error *guess_object(struct guessing *guessing, uint32_t vertex, bool *ret_found)
{
	struct search *search = guessing->search;
	uint32_t known = search_mark(search, vertex), mark = 0, map = HEAP_TYPE_UNKNOWN;
	if (!known) {
		TRY(only_candidate(guessing, search->scan->shapes[vertex], &mark));
	} else {
		TRY(search_map_of(search, vertex, &map));
		if (map != HEAP_TYPE_UNKNOWN)
			mark = heap_type_mark(map, heap_type_rank(known));
	}
	if (!mark)
		return NULL;
	search_set_mark(search, vertex, mark);
	*ret_found = true;
	TRY(search_push(search, vertex));
	return search_drain(search);
}

static struct error *guess_all(struct guessing *guessing, bool *ret_found)
{
	struct search *search = guessing->search;
	uint32_t count = search->scan->graph.object_count;
	for (uint32_t vertex = 0; vertex < count; vertex++) {
		uint32_t type = heap_type_number(search->scan->types[vertex]);
		if ((type == HEAP_TYPE_UNKNOWN || type == guessing->header) &&
		    search_has(search, vertex, MARK_REACHED))
			TRY(guess_object(guessing, vertex, ret_found));
	}
	return NULL;
}

struct error *search_guess(struct search *search)
{
	uint32_t count = search->scan->shape_list.count;
	_cleanup_(free_pointer) uint32_t *marks = calloc(count, sizeof(*marks));
	_cleanup_(free_pointer) bool *known = calloc(count, sizeof(*known));
	struct guessing guessing = { .search = search, .marks = marks, .known = known };
	bool found = true;
	if (!marks || !known)
		return error_no_memory();
	TRY(heap_types_map_header(search->typing.types, &guessing.header));
	for (unsigned round = 0; round < ROUNDS_MAX && found; round++) {
		found = false;
		TRY(guess_all(&guessing, &found));
	}
	return NULL;
}
