/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_HEAP_SEARCH_PRIVATE_H
#define DOWSE_HEAP_SEARCH_PRIVATE_H

#include <assert.h>

#include "heap/search.h"
#include "heap/typing.h"

struct waiting_block;

struct search {
	const struct heap_spans *spans;
	struct heap_scan *scan;
	struct heap_typing typing;
	uint32_t *landmarks;
	struct waiting_block *taking; /* what is being looked at, and how much of it has been */
	uint32_t taken;
	struct waiting_block *filled; /* the last one that was begun, above the others */
	uint64_t retyped;             /* how many edges were followed again for that */
	uint64_t retyped_max;
	uint64_t compared_left; /* edges that may be held against candidates for a map */
	struct map candidates;  /* shape of a map's pieces → what maps they can be of */
	struct arena candidates_arena;
};

/*
 * While it searches, an object's mark also says whether it was reached, and whether its slot is free:
 * to look at those bits elsewhere would mean to wait for memory three times where once will do.
 */
#define MARK_REACHED (UINT32_C(1) << 31)
#define MARK_FREE    (UINT32_C(1) << 30)
#define MARK_FLAGS   (MARK_REACHED | MARK_FREE)
static_assert(HEAP_TYPE_BITS + 2 <= 30, "room for a mark's flags");

/* What is known of an object's type: see heap_type_mark(). */
static inline uint32_t search_mark(const struct search *search, uint32_t vertex)
{
	return search->scan->types[vertex] & ~MARK_FLAGS;
}

static inline void search_set_mark(struct search *search, uint32_t vertex, uint32_t mark)
{
	uint32_t *place = &search->scan->types[vertex];
	*place = (*place & MARK_FLAGS) | mark;
}

static inline bool search_has(const struct search *search, uint32_t vertex, uint32_t flag)
{
	return search->scan->types[vertex] & flag;
}

/* search_flags.c: flags from bits, and bits from flags, which are gone then. */
void search_flags_set(struct search *search);
struct error *search_flags_take(struct search *search, uint64_t **ret_reached) must_use;

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
