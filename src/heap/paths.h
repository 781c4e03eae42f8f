/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_HEAP_PATHS_H
#define DOWSE_HEAP_PATHS_H

#include "base/vector.h"
#include "heap/dominators.h"

/*
 * Why something is still there: the ways that lead to it from the roots, a shortest one from each
 * kind of root (the caller's: globals, goroutines, ...).
 */
#define HEAP_PATH_KINDS   16
#define HEAP_PATH_NO_KIND UINT8_MAX /* of a root from which no way is looked for */
#define HEAP_PATH_END     (UINT32_MAX >> 1)

/* There may be millions of them. */
struct heap_step {
	uint32_t vertex;
	uint32_t only : 1; /* but for that edge, nothing leads there: heap_paths_weigh() */
	uint32_t
		position : 31; /* in its row, of the edge to the next step; HEAP_PATH_END in the last */
};

/* Put together from the end, at the end of room for as many as a path can have. */
struct heap_steps {
	struct heap_step *items;
	size_t count;
	struct heap_step *room; /* a big_array */
	size_t room_count;
};

struct heap_path {
	uint32_t kind;
	struct heap_steps steps; /* from a root to what was wanted, which can be one */
};

/* Those kinds from which there is a way, by rising number. All zeroes: none. */
struct heap_paths {
	struct heap_path items[HEAP_PATH_KINDS];
	uint32_t count;
};

/*
 * A way to the nearest of the vertices in `wanted` (a bit for each vertex) from each kind. `kinds`
 * has one below HEAP_PATH_KINDS for each root, or HEAP_PATH_NO_KIND; `may_use` is as in
 * dominators_compute(). Takes 4.3 bytes a vertex of memory, and what the paths need; one search a
 * kind, which ends when it finds.
 */
struct error *heap_paths_find(const struct heap_graph *graph, const uint64_t *may_use,
			      const uint8_t *kinds, const uint64_t *wanted, struct heap_paths *ret)
	must_use;

/*
 * The same to one vertex. Every way to it leads through its dominators: where they point at each
 * other, there is nothing to search for. The dominators must be of the graph, with the same
 * `may_use`.
 */
struct error *heap_paths_find_one(const struct heap_graph *graph, const uint64_t *may_use,
				  const struct dominators *dominators, const uint8_t *kinds,
				  uint32_t vertex, struct heap_paths *ret) must_use;
void heap_paths_deinit(struct heap_paths *paths);

/* The position in the row of the first edge to the target; HEAP_PATH_END: none leads there. */
static inline uint32_t heap_paths_edge(const struct heap_graph *graph, uint32_t vertex,
				       uint32_t target)
{
	uint32_t first = graph->rows[vertex], end = graph->rows[vertex + 1];
	for (uint32_t i = first; i < end; i++)
		if (graph->edges[i] != EDGE_NONE && edge_target(graph->edges[i]) == target)
			return i - first;
	return HEAP_PATH_END;
}

/*
 * Find out which edges of the paths, each a single word, are the only ones that keep what they lead
 * to: no other edge leads there but from what it holds itself. `asked` has, for each path, the places
 * of the steps (not the first) whose edges are asked about, `only` stays clear in the others; NULL: all.
 * Reads all edges once or twice, for all paths together. The paths and the dominators must be of the
 * graph, with the same `may_use`.
 */
struct error *heap_paths_weigh(const struct heap_graph *graph, const struct dominators *dominators,
			       const struct u64_vector *asked, struct heap_paths *paths) must_use;

/* Bytes that would be freed if the path's edge to the step (not the first) were cut; it was asked about. */
static inline uint64_t heap_path_freed(const struct dominators *dominators,
				       const struct heap_path *path, size_t step)
{
	const struct heap_step *steps = path->steps.items;
	return steps[step - 1].only ? dominators->retained[dominators->numbers[steps[step].vertex]]
				    : 0;
}

#endif
