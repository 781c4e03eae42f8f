/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_HEAP_DOMINATORS_H
#define DOWSE_HEAP_DOMINATORS_H

#include "heap/graph.h"

/*
 * Who holds what alone. An object is dominated by another when every way to it from the roots leads
 * through that one: if it went, so would the object. Above all roots stands one that is not in the
 * graph, the source, which is number 0; it dominates every root immediately.
 *
 * Numbers are those of a depth-first search from the source: every vertex that can be reached has
 * one, and a dominator's is smaller than those of what it dominates.
 */
struct dominators {
	uint32_t count;        /* of numbers, the source included */
	uint32_t vertex_count; /* of the graph */
	uint32_t *vertices;    /* by number; VERTEX_NONE for the source */
	uint32_t *numbers;     /* by vertex; VERTEX_NONE: cannot be reached */
	uint32_t *parents;     /* by number: the immediate dominator's number; 0 for the source */
	uint64_t *retained;    /* by number: bytes of the vertex and of all that it dominates */
};

/* What a vertex weighs, in bytes. */
typedef uint64_t heap_weight(const void *argument, uint32_t vertex);

/*
 * The roots are the vertices from graph->object_count on. Where `may_use` (a bit for each object,
 * NULL: all) is clear, an edge to it counts as EDGE_NONE: a pointer to a free slot. `weight` is
 * asked once about every vertex that can be reached, roots too, in rising order, by this thread.
 *
 * In time O(edges * log(vertices)), whatever the shape; in memory, beside the graph, at two edges a
 * vertex: 28 bytes a vertex at most while it works, 20 of them in the result.
 */
struct error *dominators_compute(const struct heap_graph *graph, const uint64_t *may_use,
				 heap_weight *weight, const void *argument, struct dominators *ret)
	must_use;

/* All zeroes are accepted. */
void dominators_deinit(struct dominators *dominators);

#endif
