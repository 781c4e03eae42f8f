/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_HEAP_WHY_H
#define DOWSE_HEAP_WHY_H

#include "heap/edge_names.h"
#include "heap/holders.h"
#include "heap/paths.h"
#include "heap/query.h"

/*
 * Why something is still there, and what it holds itself: ways from the roots, those who hold it
 * alone, and of a root the first two floors below it.
 */
DEFINE_VECTOR(heap_vertex_vector, uint32_t);

/* Objects of one type that a root holds: directly (floor 1), or by those of floor 1 before them. */
struct heap_held {
	struct heap_group group; /* `retained`: by all of them together */
	unsigned floor;
	uint32_t above; /* for the order: the group on floor 1, and what that retains */
	uint64_t above_retained;
};

DEFINE_VECTOR(heap_held_vector, struct heap_held);

struct heap_why {
	struct heap *heap; /* borrowed */
	struct heap_query query;
	struct heap_edge_names names;
	struct heap_paths paths; /* by kind of root; to the nearest object of a type */
	bool all;                /* pieces of maps, too */
	bool *pieces;            /* by type: it is a piece of maps */
	uint32_t example;        /* the object that the dominators are of; VERTEX_NONE */
	struct heap_vertex_vector
		dominators;                /* of the example, the nearest one first, a root last */
	uint64_t bytes;                    /* of all that were asked for */
	uint64_t retained;                 /* freed if they all went */
	struct heap_holder_vector holders; /* of a type's objects: most objects first; `count` and
					       * `retained` are those objects' number and bytes */
	struct heap_held_vector held;      /* of a root: a floor-1 type, what is below it, ... */
};

/*
 * `query` is taken over, whatever happens. After heap_search(). Of the dominators those that are
 * pieces of maps are left out, unless `all`.
 */
struct error *heap_why_ask(struct heap *heap, struct heap_query *query, bool all,
			   struct heap_why *ret) must_use;
void heap_why_deinit(struct heap_why *why);

/*
 * The step behind `index` that is to be shown: what a map consists of is not, unless `all`, but for
 * a path's last step. steps.count: there is none.
 */
size_t heap_why_next(const struct heap_why *why, const struct heap_path *path, size_t index,
		     bool all);

/* How the step (not the first) is reached: ".next", "[3].buf", "[value]" of a map. */
struct error *heap_why_field(struct heap_why *why, const struct heap_path *path, size_t index,
			     bool all, struct writer *writer) must_use;

#endif
