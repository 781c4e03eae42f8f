/* SPDX-License-Identifier: Apache-2.0 */
#include "heap/paths.h"

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

/* The path ends where the chain's last item is: go on from there. */
static struct error *extend(struct heap_step_vector *steps, const struct heap_step_vector *chain)
{
	TRY(heap_step_vector_reserve(steps, steps->count + chain->count));
	steps->count--;
	for (size_t i = chain->count; i > 0; i--)
		steps->items[steps->count++] = chain->items[i - 1];
	return NULL;
}

static struct error *find(const struct heap_graph *graph, const uint64_t *may_use,
			  const uint8_t *kinds, const struct heap_step_vector *chain,
			  struct heap_paths *paths)
{
	_cleanup_(free_pointer)
		uint64_t *wanted = calloc((size_t)graph->vertex_count / 64 + 1, sizeof(*wanted));
	if (!wanted)
		return error_no_memory();
	heap_bit_set(wanted, chain->items[chain->count - 1].vertex);
	TRY(heap_paths_find(graph, may_use, kinds, wanted, paths));
	for (uint32_t i = 0; i < paths->count; i++)
		TRY(extend(&paths->items[i].steps, chain));
	return NULL;
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
