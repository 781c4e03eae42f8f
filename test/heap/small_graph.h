/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_TEST_HEAP_SMALL_GRAPH_H
#define DOWSE_TEST_HEAP_SMALL_GRAPH_H

#include "heap/graph.h"

#define SMALL_VERTICES 64 /* at most: sets of them are bits of one word */
#define SMALL_EDGES    1024

/* A graph small enough to be understood by trying everything. Its pointers lead into itself. */
struct small_graph {
	struct heap_graph graph;
	uint32_t rows[SMALL_VERTICES + 1];
	uint32_t edges[SMALL_EDGES];
	uint64_t may_use; /* of its objects */
	uint64_t random;
};

/*
 * "01 12 1- |0 2": one word of targets a vertex, by rising numbers, each one character of 0-9a-z; '.'
 * is EDGE_NONE, '-' a vertex without edges, and what follows '|' are roots.
 */
void small_graph_parse(const char *words, struct small_graph *ret);

/* Another one for every seed: dense and thin, deep and wide, with all that a real one can have. */
void small_graph_make(uint64_t seed, struct small_graph *ret);

uint32_t small_graph_random(struct small_graph *graph, uint32_t limit);

/* A vertex and an edge (an index into edges) to do without; UINT32_MAX for none. */
uint64_t small_graph_reach(const struct small_graph *graph, uint32_t vertex, uint32_t edge);

/* A weight that tells vertices and their sums apart well enough. */
uint64_t small_graph_weight(const void *argument, uint32_t vertex);
uint64_t small_graph_weigh(uint64_t vertices);

#endif
