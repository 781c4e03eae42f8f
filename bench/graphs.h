/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_BENCH_GRAPHS_H
#define DOWSE_BENCH_GRAPHS_H

#include "heap/graph.h"

/*
 * Graphs made up to be large, and hard on somebody. GRAPH(name, what it is)
 */
#define GRAPHS(GRAPH)                                                                              \
	GRAPH(list, "one list in the order of addresses")                                          \
	GRAPH(shuffled, "one list in random order")                                                \
	GRAPH(pairs, "a list whose every node has a value of its own")                             \
	GRAPH(wide, "one object that points to all others")                                        \
	GRAPH(tree, "a binary tree, by levels")                                                    \
	GRAPH(server, "0 to 4 pointers each, mostly to neighbours")                                \
	GRAPH(random, "two pointers each, to anywhere")                                            \
	GRAPH(shared, "two lists that share their elements")                                       \
	GRAPH(ladder, "two lists whose nodes point to both successors")                            \
	GRAPH(comb, "a list and what its every node and its first one point to")                   \
	GRAPH(loops, "a list whose nodes point back, each to any one before it")                   \
	GRAPH(returns, "a list whose last node points back to all")                                \
	GRAPH(bottom, "a list, and another that points to it from its end upwards")

/* Of about `count` objects and one root. Its arrays are big_arrays, of `edge_count` edges. */
struct bench_graph {
	struct heap_graph graph;
	size_t edge_count;
	size_t edge_capacity;
	uint32_t row;
	uint64_t random;
};

struct error *bench_graph_create(const char *name, uint32_t count, struct bench_graph *ret)
	must_use;
void bench_graph_deinit(struct bench_graph *graph);

#endif
