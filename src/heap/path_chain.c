/* SPDX-License-Identifier: Apache-2.0 */
#include "heap/paths.h"

#include <string.h>

#include "heap/spans.h"

#define LOOK_AHEAD 32

/* In a long list dominators have one number after the other: a guess. */
static void look_ahead(const struct heap_graph *graph, const struct dominators *dominators,
		       uint32_t number)
{
	if (number <= 2 * LOOK_AHEAD)
		return;
	__builtin_prefetch(&graph->rows[dominators->vertices[number - 2 * LOOK_AHEAD]]);
	uint32_t vertex = dominators->vertices[number - LOOK_AHEAD];
	__builtin_prefetch(&graph->edges[graph->rows[vertex]]);
}

/*
 * From the vertex up to the first dominator that the one above it does not point at, or a root:
 * the last item. Each has the position of its edge to the item before it.
 */
static struct error *climb(const struct heap_graph *graph, const struct dominators *dominators,
			   uint32_t vertex, struct heap_step_vector *chain)
{
	struct heap_step step = { vertex, HEAP_PATH_END, false };
	uint32_t number = dominators->numbers[vertex];
	TRY(heap_step_vector_append(chain, &step));
	while (number != VERTEX_NONE && (number = dominators->parents[number])) {
		uint32_t target = step.vertex;
		look_ahead(graph, dominators, number);
		step.vertex = dominators->vertices[number];
		step.position = heap_paths_edge(graph, step.vertex, target);
		if (step.position == HEAP_PATH_END)
			break;
		TRY(heap_step_vector_append(chain, &step));
	}
	return NULL;
}

static void reverse(struct heap_step_vector *steps)
{
	for (size_t i = 0, k = steps->count; i + 1 < k; i++) {
		struct heap_step step = steps->items[--k];
		steps->items[k] = steps->items[i];
		steps->items[i] = step;
	}
}

/* The path ends where the chain's first item is: go on from there. */
static struct error *extend(struct heap_step_vector *steps, const struct heap_step_vector *chain)
{
	TRY(heap_step_vector_reserve(steps, steps->count + chain->count));
	memcpy(steps->items + steps->count - 1, chain->items, chain->count * sizeof(*chain->items));
	steps->count += chain->count - 1;
	return NULL;
}

/* The same with a chain that nobody else needs, which can be long. */
static struct error *extend_last(struct heap_step_vector *steps, struct heap_step_vector *chain)
{
	size_t more = steps->count - 1;
	TRY(heap_step_vector_reserve(chain, chain->count + more));
	if (more) {
		memmove(chain->items + more, chain->items, chain->count * sizeof(*chain->items));
		memcpy(chain->items, steps->items, more * sizeof(*steps->items));
	}
	chain->count += more;
	heap_step_vector_deinit(steps);
	*steps = *chain;
	*chain = (struct heap_step_vector){ 0 };
	return NULL;
}

static struct error *find(const struct heap_graph *graph, const uint64_t *may_use,
			  const uint8_t *kinds, struct heap_step_vector *chain,
			  struct heap_paths *paths)
{
	_cleanup_(free_pointer)
		uint64_t *wanted = calloc((size_t)graph->vertex_count / 64 + 1, sizeof(*wanted));
	if (!wanted)
		return error_no_memory();
	reverse(chain);
	heap_bit_set(wanted, chain->items[0].vertex);
	TRY(heap_paths_find(graph, may_use, kinds, wanted, paths));
	for (uint32_t i = 0; i + 1 < paths->count; i++)
		TRY(extend(&paths->items[i].steps, chain));
	return paths->count ? extend_last(&paths->items[paths->count - 1].steps, chain) : NULL;
}

struct error *heap_paths_find_one(const struct heap_graph *graph, const uint64_t *may_use,
				  const struct dominators *dominators, const uint8_t *kinds,
				  uint32_t vertex, struct heap_paths *ret)
{
	_cleanup_(heap_step_vector_deinit) struct heap_step_vector chain = { 0 };
	_cleanup_(heap_paths_deinit) struct heap_paths paths = { 0 };
	TRY(climb(graph, dominators, vertex, &chain));
	TRY(find(graph, may_use, kinds, &chain, &paths));
	*ret = paths;
	paths = (struct heap_paths){ 0 };
	return NULL;
}
