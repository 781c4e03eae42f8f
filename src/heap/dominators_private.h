/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_HEAP_DOMINATORS_PRIVATE_H
#define DOWSE_HEAP_DOMINATORS_PRIVATE_H

#include "base/big_array.h"
#include "heap/dominators.h"

/* What the steps hand on. Every array is a big_array; those that are NULL are not there yet, or no longer. */
struct dominator_work {
	const struct heap_graph *graph;
	struct dominators result; /* parents: of the depth-first tree, until nearest_dominators() */

	/*
	 * As long as there are edges, and as `forest`, which it becomes, at least.
	 *
	 * The edges that are not of the tree, both ends as numbers, in the order in which they were
	 * met; while the search goes on, the edges still to follow (`to` is a vertex then) grow
	 * towards them from the array's end. Every edge is in one place at a time, so they never meet.
	 */
	struct numbered_edge *edges;
	size_t edge_count;
	size_t edge_capacity;

	/* The same by `to`: predecessors[starts[n]] up to [starts[n + 1]] are number n's. */
	uint32_t *starts; /* count + 1; from semidominators() on, the semidominator of each */
	uint32_t *predecessors;
	size_t predecessor_count;

	struct forest_link *forest; /* by number; becomes result.retained */
};

struct numbered_edge {
	uint32_t from;
	uint32_t to;
};

/* Two uses, one after the other; both in one place, since they are read together. */
struct forest_link {
	union {
		uint32_t ancestor; /* some vertex above it in the tree */
		uint32_t jump;     /* some dominator above it */
	};
	union {
		uint32_t least; /* smallest semidominator from here up to `ancestor`, exclusive */
		uint32_t steps; /* from here to `jump`, in the tree of dominators */
	};
};

/* Number what can be reached; fills vertices, numbers (0: not reached), parents, edges. */
struct error *depth_first_number(struct dominator_work *work, const uint64_t *may_use) must_use;

/* Makes starts and predecessors of edges, whose place becomes forest. */
struct error *predecessors_gather(struct dominator_work *work) must_use;

/* Frees both; parents become those of the tree of dominators; forest's place becomes retained. */
void semidominators_find(struct dominator_work *work);

/* Fills retained, and marks in `numbers` what cannot be reached. */
void retained_sum(struct dominator_work *work, heap_weight *weight, const void *argument);

#endif
