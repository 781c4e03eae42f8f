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

/* A step that is shown, and how many that are like it were left out before it. */
struct heap_shown_step {
	size_t index;
	size_t alike;
};

DEFINE_VECTOR(heap_shown_step_vector, struct heap_shown_step);

struct heap_shown_path {
	struct heap_shown_step_vector steps; /* without the first of the path, its root */
	size_t left_out; /* steps behind the first `head`, besides those that are like others */
};

/* How much of a path is shown: of more than `most` steps, the first and the last of them. */
struct heap_path_cut {
	size_t most;
	size_t head;
	size_t tail;
	bool alike; /* of many that are like each other, the first and the last */
};

/* Of the dominators, so many at each end are kept. */
#define HEAP_WHY_ENDS 500

struct heap_why {
	struct heap *heap; /* borrowed */
	struct heap_query query;
	struct heap_edge_names names;
	struct heap_paths paths; /* by kind of root; to the nearest object of a type */
	bool all;                /* pieces of maps, too */
	bool *pieces;            /* by type: it is a piece of maps */
	uint32_t example;        /* the object that the dominators are of; VERTEX_NONE */
	struct heap_shown_path shown[HEAP_PATH_KINDS]; /* of each path; after heap_why_show() */
	/* Of the example, the nearest one first, a root last; heap_why_dominator(). */
	struct heap_vertex_vector dominators;
	size_t dominator_count;
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
 * The dominator at that place; unless `all`, those that are more than HEAP_WHY_ENDS away from both ends
 * are not known.
 */
static inline uint32_t heap_why_dominator(const struct heap_why *why, size_t place)
{
	const struct heap_vertex_vector *list = &why->dominators;
	return list
		->items[place < HEAP_WHY_ENDS ? place : place + list->count - why->dominator_count];
}

/*
 * Choose the steps that are shown, and find out what would be freed if their edges were cut. What maps
 * consist of is left out, but for a path's last step; NULL: nothing is. Once.
 */
struct error *heap_why_show(struct heap_why *why, const struct heap_path_cut *cut) must_use;

/* How the step (not the first) is reached: ".next", "[3].buf", "[value]" of a map. */
struct error *heap_why_field(struct heap_why *why, const struct heap_path *path, size_t index,
			     bool all, struct writer *writer) must_use;

#endif
