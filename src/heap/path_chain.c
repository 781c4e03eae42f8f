/* SPDX-License-Identifier: Apache-2.0 */
#include "heap/paths_private.h"

#include <string.h>

#include "heap/spans.h"

#define LOOK_AHEAD 32

/*
 * A chain has as many steps as there are vertices at most, and a way to it, too: both together have no
 * more either, unless the dominators are forged.
 */
static struct error *make_room(const struct heap_graph *graph, struct heap_steps *steps)
{
	return heap_steps_init((size_t)graph->vertex_count * 2, steps);
}

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
 * From the vertex up to the first dominator that the one above it does not point at, or a root, which
 * is where the steps begin then.
 */
static void climb(const struct heap_graph *graph, const struct dominators *dominators,
		  uint32_t vertex, struct heap_steps *steps)
{
	uint32_t number = dominators->numbers[vertex];
	heap_steps_prepend(steps, vertex, HEAP_PATH_END);
	while (number != VERTEX_NONE && (number = dominators->parents[number])) {
		look_ahead(graph, dominators, number);
		uint32_t above = dominators->vertices[number];
		uint32_t position = heap_paths_edge(graph, above, vertex);
		if (position == HEAP_PATH_END)
			break;
		heap_steps_prepend(steps, above, position);
		vertex = above;
	}
}

/* `way` ends where the steps begin. */
static void put_in_front(struct heap_steps *steps, const struct heap_steps *way)
{
	size_t more = way->count - 1;
	assert((size_t)(steps->items - steps->room) >= more);
	steps->items -= more;
	steps->count += more;
	memcpy(steps->items, way->items, more * sizeof(*steps->items));
}

static struct error *copy_chain(const struct heap_graph *graph, const struct heap_steps *chain,
				struct heap_steps *ret)
{
	TRY(make_room(graph, ret));
	ret->items -= chain->count;
	ret->count = chain->count;
	memcpy(ret->items, chain->items, chain->count * sizeof(*chain->items));
	return NULL;
}

/* Every way goes on along the chain; the last one takes it, since it can be long. */
static struct error *extend(const struct heap_graph *graph, struct heap_paths *paths,
			    struct heap_steps *chain)
{
	for (uint32_t i = 0; i < paths->count; i++) {
		struct heap_steps whole = { 0 }, *steps = &paths->items[i].steps;
		if (i + 1 < paths->count) {
			TRY(copy_chain(graph, chain, &whole));
		} else {
			whole = *chain;
			*chain = (struct heap_steps){ 0 };
		}
		put_in_front(&whole, steps);
		heap_steps_deinit(steps);
		*steps = whole;
	}
	return NULL;
}

static struct error *find(const struct heap_graph *graph, const uint64_t *may_use,
			  const uint8_t *kinds, struct heap_steps *chain, struct heap_paths *paths)
{
	_cleanup_(free_pointer)
		uint64_t *wanted = calloc((size_t)graph->vertex_count / 64 + 1, sizeof(*wanted));
	if (!wanted)
		return error_no_memory();
	heap_bit_set(wanted, chain->items[0].vertex);
	TRY(heap_paths_find(graph, may_use, kinds, wanted, paths));
	return extend(graph, paths, chain);
}

struct error *heap_paths_find_one(const struct heap_graph *graph, const uint64_t *may_use,
				  const struct dominators *dominators, const uint8_t *kinds,
				  uint32_t vertex, struct heap_paths *ret)
{
	_cleanup_(heap_steps_deinit) struct heap_steps chain = { 0 };
	_cleanup_(heap_paths_deinit) struct heap_paths paths = { 0 };
	TRY(make_room(graph, &chain));
	climb(graph, dominators, vertex, &chain);
	TRY(find(graph, may_use, kinds, &chain, &paths));
	*ret = paths;
	paths = (struct heap_paths){ 0 };
	return NULL;
}
