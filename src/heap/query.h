/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_HEAP_QUERY_H
#define DOWSE_HEAP_QUERY_H

#include "heap/summary.h"

/* What somebody asks about, found by the words that they typed. */
enum heap_query_kind {
	HEAP_QUERY_OBJECT,  /* one, by an address in it */
	HEAP_QUERY_TYPE,    /* all that can be reached of one */
	HEAP_QUERY_ROOT,    /* a global, a goroutine */
	HEAP_QUERY_FREE,    /* an address in the heap where no object is */
	HEAP_QUERY_OUTSIDE, /* an address elsewhere */
};

struct heap_query {
	enum heap_query_kind kind;
	uint64_t address; /* as it was given; 0 for what was given by name */
	uint32_t vertex;  /* of the object or the root; VERTEX_NONE */
	uint32_t group;   /* of the type, as heap_grouping_of() has it */
	const char *name; /* the type's; belongs to heap->types */
	uint64_t count;   /* objects of the type */
	struct heap_grouping grouping;
};

/*
 * WHAT: an address (0x..., also in an object), a type as `heap` prints it, a global, a goroutine
 * ("goroutine 18", "g18"). A name may leave out what stands before a dot or slash if that says
 * enough: ERROR_USAGE lists what it could mean, ERROR_NOT_FOUND where it means nothing. After
 * heap_dominate(): of several roots of one name the one is taken that holds most.
 */
struct error *heap_query_find(struct heap *heap, const char *what, struct heap_query *ret) must_use;

/* A type alone. */
struct error *heap_query_find_type(struct heap *heap, const char *name, struct heap_query *ret)
	must_use;

/* An address alone: "0x1f". */
struct error *heap_query_find_address(struct heap *heap, const char *text, struct heap_query *ret)
	must_use;
void heap_query_deinit(struct heap_query *query);

/* Is it one of those that were asked for? */
static inline bool heap_query_wants(const struct heap_query *query, uint32_t vertex)
{
	const struct heap *heap = query->grouping.heap;
	if (query->kind != HEAP_QUERY_TYPE)
		return vertex == query->vertex;
	return vertex < heap->scan.graph.object_count && heap_is_reached(heap, vertex) &&
	       heap_grouping_of(&query->grouping, vertex) == query->group;
}

#endif
