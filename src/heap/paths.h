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
#define HEAP_PATH_END     UINT32_MAX

struct heap_step {
	uint32_t vertex;
	uint32_t position; /* in its row, of the edge to the next step; HEAP_PATH_END in the last */
	bool only;         /* but for that edge, nothing leads there: see heap_paths_weigh() */
};

DEFINE_VECTOR(heap_step_vector, struct heap_step);

struct heap_path {
	uint32_t kind;
	struct heap_step_vector steps; /* from a root to what was wanted, which can be one */
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
uint32_t heap_paths_edge(const struct heap_graph *graph, uint32_t vertex, uint32_t target);

/*
 * Find out which edges of the paths, each a single word, are the only ones that keep what they lead
 * to: no other edge leads there but from what it holds itself. Reads all edges once or twice, for all
 * paths together. The paths and the dominators must be of the graph, with the same `may_use`.
 */
struct error *heap_paths_weigh(const struct heap_graph *graph, const struct dominators *dominators,
			       struct heap_paths *paths) must_use;

/* Bytes that would be freed if the path's edge to the step (not the first) were cut. */
static inline uint64_t heap_path_freed(const struct dominators *dominators,
				       const struct heap_path *path, size_t step)
{
	const struct heap_step *steps = path->steps.items;
	return steps[step - 1].only ? dominators->retained[dominators->numbers[steps[step].vertex]]
				    : 0;
}

#endif
