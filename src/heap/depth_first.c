/* SPDX-License-Identifier: Apache-2.0 */
#include "heap/dominators_private.h"
#include "heap/landmarks.h"

#include <assert.h>

/*
 * All edges of a vertex go on the stack when it is entered, the last one on top, and whether their
 * targets are known is asked when they come off. So what will be asked next can be seen in advance,
 * and an object's edges are read once. In a list, one read leads to the next all the same: the
 * target's row, then what it points to. The place of the latter is guessed (landmarks.h), so that
 * both are under way together.
 */
#define LOOK_AHEAD 12 /* edges below the top of the stack: what they lead to is asked for again */
#define WARM_MAX   8  /* edges of one vertex whose targets are asked for when it is entered */

struct depth_first {
	const uint32_t *rows, *edges;
	const uint32_t *landmarks;
	uint32_t *vertices, *numbers, *parents;
	uint32_t vertex_count;
	uint32_t count;
	struct numbered_edge *top;  /* of the stack, which grows downwards */
	struct numbered_edge *base; /* its end */
	struct numbered_edge *met;  /* the next edge that is not of the tree */
};

/* Ask for all that entering the vertex will read. */
static force_inline void warm(const struct depth_first *search, uint32_t vertex)
{
	__builtin_prefetch(&search->edges[landmarks_guess(search->landmarks, vertex)]);
	__builtin_prefetch(&search->rows[vertex]);
	__builtin_prefetch(&search->numbers[vertex], 1);
}

static inline void enter(struct depth_first *search, uint32_t vertex, uint32_t parent)
{
	uint32_t number = search->count++;
	search->vertices[number] = vertex;
	search->numbers[vertex] = number;
	search->parents[number] = parent;
	uint32_t end = search->rows[vertex + 1];
	for (uint32_t i = search->rows[vertex]; i < end; i++) {
		uint32_t edge = search->edges[i];
		if (edge == EDGE_NONE)
			continue;
		uint32_t target = edge_target(edge);
		assert(target < search->vertex_count);
		if (end - i <= WARM_MAX)
			warm(search, target);
		*--search->top = (struct numbered_edge){ .from = number, .to = target };
	}
}

static void search_from(struct depth_first *search, uint32_t root)
{
	enter(search, root, 0);
	while (search->top < search->base) {
		struct numbered_edge edge = *search->top++;
		if (search->top + LOOK_AHEAD < search->base)
			warm(search, search->top[LOOK_AHEAD].to);
		uint32_t number = search->numbers[edge.to];
		if (!number)
			enter(search, edge.to, edge.from);
		else if (number != VERTEX_NONE && number != edge.from)
			*search->met++ = (struct numbered_edge){ .from = edge.from, .to = number };
	}
}

/* Nothing is to lead to free slots: they look as if they had been met already. */
static void bar_unusable(uint32_t *numbers, uint32_t object_count, const uint64_t *may_use)
{
	for (uint32_t first = 0; first < object_count; first += 64) {
		uint64_t barred = ~may_use[first / 64];
		for (; barred; barred &= barred - 1) {
			uint32_t vertex = first + (uint32_t)__builtin_ctzll(barred);
			if (vertex < object_count)
				numbers[vertex] = VERTEX_NONE;
		}
	}
}

static struct error *allocate(struct dominator_work *work)
{
	const struct heap_graph *graph = work->graph;
	assert(graph->vertex_count < VERTEX_MAX && graph->object_count <= graph->vertex_count);
	struct dominators *result = &work->result;
	result->count = graph->vertex_count + 1;
	work->edge_capacity = MAX(graph->rows[graph->vertex_count], result->count);
	result->vertex_count = graph->vertex_count;
	TRY(big_array_allocate(work->edge_capacity, sizeof(*work->edges), &work->edges));
	TRY(big_array_allocate(result->count, sizeof(uint32_t), &result->vertices));
	TRY(big_array_allocate(result->count, sizeof(uint32_t), &result->parents));
	return big_array_allocate(result->vertex_count, sizeof(uint32_t), &result->numbers);
}

/* The arrays by number are as long as they might have had to be. */
static void shrink(struct dominator_work *work, uint32_t count)
{
	struct dominators *result = &work->result;
	big_array_shrink(result->vertices, result->count, count, sizeof(uint32_t));
	big_array_shrink(result->parents, result->count, count, sizeof(uint32_t));
	result->count = count;
	size_t left = MAX(work->edge_count, count);
	big_array_shrink(work->edges, work->edge_capacity, left, sizeof(*work->edges));
	work->edge_capacity = left;
}

/* Returns the count of numbers. */
static uint32_t search_all(struct dominator_work *work, const uint32_t *landmarks)
{
	const struct heap_graph *graph = work->graph;
	struct dominators *result = &work->result;
	struct depth_first search = {
		.rows = graph->rows,
		.edges = graph->edges,
		.landmarks = landmarks,
		.vertices = result->vertices,
		.numbers = result->numbers,
		.parents = result->parents,
		.vertex_count = graph->vertex_count,
		.count = 1,
		.base = work->edges + work->edge_capacity,
		.top = work->edges + work->edge_capacity,
		.met = work->edges,
	};
	result->vertices[0] = VERTEX_NONE;
	for (uint32_t root = graph->object_count; root < graph->vertex_count; root++)
		if (!result->numbers[root])
			search_from(&search, root);
	work->edge_count = (size_t)(search.met - work->edges);
	return search.count;
}

struct error *depth_first_number(struct dominator_work *work, const uint64_t *may_use)
{
	uint32_t *landmarks;
	TRY(allocate(work));
	TRY(landmarks_create(work->graph, &landmarks));
	if (may_use)
		bar_unusable(work->result.numbers, work->graph->object_count, may_use);
	uint32_t count = search_all(work, landmarks);
	big_array_free(landmarks, landmarks_count(work->graph), sizeof(*landmarks));
	shrink(work, count);
	return NULL;
}
