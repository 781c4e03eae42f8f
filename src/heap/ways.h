/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_HEAP_WAYS_H
#define DOWSE_HEAP_WAYS_H

#include "heap/graph.h"

/*
 * One way to everything that can be reached, for who has many questions of the kind that paths.h
 * answers one of. Roots have ranks: a way begins at a root of the lowest rank that there is any way
 * from, and is a shortest one from those.
 */
struct heap_ways {
	uint32_t vertex_count;
	uint32_t *parents; /* by vertex: the one before it; VERTEX_NONE of a root, and of garbage */
};

#define HEAP_WAYS_NO_RANK UINT8_MAX /* of a root from which no way is to begin */

/*
 * `ranks` has one for each root; `may_use` is as in dominators_compute(). Takes 4 bytes a vertex,
 * and twice that while it works.
 */
struct error *heap_ways_find(const struct heap_graph *graph, const uint64_t *may_use,
			     const uint8_t *ranks, struct heap_ways *ret) must_use;
void heap_ways_deinit(struct heap_ways *ways);

#endif
