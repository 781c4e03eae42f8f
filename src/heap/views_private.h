/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_HEAP_VIEWS_PRIVATE_H
#define DOWSE_HEAP_VIEWS_PRIVATE_H

#include "base/map.h"
#include "heap/typing.h"
#include "heap/views.h"

/* The arrays that are looked at: bits by vertex, which number them by rising vertices. */
struct view_candidates {
	uint64_t *bits;
	uint32_t *ranks; /* by vertex / 64: how many there are before */
	uint32_t count;
	uint32_t small_weight; /* of so many small ones, one is looked at */
	uint32_t large_weight;
};

static inline uint32_t view_candidate(const struct view_candidates *candidates, uint32_t vertex)
{
	uint64_t before = candidates->bits[vertex / 64] & ((UINT64_C(1) << vertex % 64) - 1);
	return candidates->ranks[vertex / 64] + (uint32_t)__builtin_popcountll(before);
}

/* views_candidates.c */
struct error *view_candidates_find(const struct heap *heap, struct view_candidates *ret,
				   uint64_t *ret_reachable_bytes) must_use;
void view_candidates_deinit(const struct heap *heap, struct view_candidates *candidates);
#define VIEW_LARGE UINT64_C(1024) /* bytes from which on an array is large */

/* One view: what it has of which array. */
struct view {
	uint32_t array; /* candidate */
	uint32_t field;
	uint64_t start;
	uint64_t length;
	uint64_t capacity; /* from `start` on; at least `length` */
};

DEFINE_VECTOR(view_vector, struct view);

/* views_cover.c: all views of one array, which are put in order. */
void views_cover(struct view *views, size_t count, struct heap_viewed *viewed);

/* views_fields.c: the fields that were met, by their holders and offsets. */
struct view_fields {
	struct heap *heap; /* borrowed */
	struct heap_view_field_vector list;
	struct map numbers; /* by holder and offset: 1 + index; 0: it says nothing of what it has */
	struct map pointees; /* by type: struct heap_view_field's kind and size; see there */
};

#define VIEW_FIELD_NONE UINT32_MAX

/* The field at an offset of the type's objects that leads to `pointee`; VIEW_FIELD_NONE. */
struct error *view_fields_of_type(struct view_fields *fields, uint32_t holder, uint64_t offset,
				  uint32_t pointee, uint32_t *ret) must_use;

/* The same of a global. */
struct error *view_fields_of_root(struct view_fields *fields, uint32_t root, uint64_t offset,
				  uint32_t pointee, uint32_t *ret) must_use;

#endif
