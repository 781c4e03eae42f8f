/* SPDX-License-Identifier: Apache-2.0 */
#include "heap/ways.h"

#include "base/big_array.h"

#define LOOK_AHEAD 16

/* Breadth-first, one rank of roots after the other. What was not found yet has itself for a parent. */
struct way_search {
	const struct heap_graph *graph;
	const uint64_t *may_use;
	uint32_t *parents;
	uint32_t *queue;
	uint32_t taken;
	uint32_t end;
};

static force_inline void look_ahead(const struct way_search *search)
{
	const struct heap_graph *graph = search->graph;
	if (search->taken + 2 * LOOK_AHEAD >= search->end)
		return;
	__builtin_prefetch(&graph->rows[search->queue[search->taken + 2 * LOOK_AHEAD]]);
	uint32_t row = graph->rows[search->queue[search->taken + LOOK_AHEAD]];
	__builtin_prefetch(&graph->edges[row]);
}

static void follow(struct way_search *search, uint32_t vertex)
{
	const struct heap_graph *graph = search->graph;
	for (uint32_t i = graph->rows[vertex]; i < graph->rows[vertex + 1]; i++) {
		uint32_t edge = graph->edges[i];
		if (edge == EDGE_NONE)
			continue;
		uint32_t target = edge_target(edge);
		if (search->parents[target] != target)
			continue;
		if (search->may_use && !(search->may_use[target / 64] >> target % 64 & 1))
			continue;
		search->parents[target] = vertex;
		search->queue[search->end++] = target;
	}
}

static void search_rank(struct way_search *search, const uint8_t *ranks, uint8_t rank)
{
	const struct heap_graph *graph = search->graph;
	for (uint32_t root = graph->object_count; root < graph->vertex_count; root++) {
		if (ranks[root - graph->object_count] == rank)
			follow(search, root);
	}
	while (search->taken < search->end) {
		look_ahead(search);
		follow(search, search->queue[search->taken++]);
	}
}

static void search_all(struct way_search *search, const uint8_t *ranks)
{
	const struct heap_graph *graph = search->graph;
	bool used[HEAP_WAYS_NO_RANK] = { 0 };
	for (uint32_t i = 0; i < graph->vertex_count - graph->object_count; i++) {
		if (ranks[i] != HEAP_WAYS_NO_RANK)
			used[ranks[i]] = true;
	}
	for (uint32_t vertex = 0; vertex < graph->object_count; vertex++)
		search->parents[vertex] = vertex;
	for (uint32_t root = graph->object_count; root < graph->vertex_count; root++)
		search->parents[root] = VERTEX_NONE;
	for (unsigned rank = 0; rank < HEAP_WAYS_NO_RANK; rank++) {
		if (used[rank])
			search_rank(search, ranks, (uint8_t)rank);
	}
	for (uint32_t vertex = 0; vertex < graph->object_count; vertex++) {
		if (search->parents[vertex] == vertex)
			search->parents[vertex] = VERTEX_NONE;
	}
}

struct error *heap_ways_find(const struct heap_graph *graph, const uint64_t *may_use,
			     const uint8_t *ranks, struct heap_ways *ret)
{
	struct way_search search = { .graph = graph, .may_use = may_use };
	TRY(big_array_allocate(graph->vertex_count, sizeof(uint32_t), &search.parents));
	struct error *error = big_array_allocate(graph->object_count, sizeof(uint32_t),
						 &search.queue);
	if (error) {
		big_array_free(search.parents, graph->vertex_count, sizeof(uint32_t));
		return error;
	}
	search_all(&search, ranks);
	big_array_free(search.queue, graph->object_count, sizeof(uint32_t));
	*ret = (struct heap_ways){ graph->vertex_count, search.parents };
	return NULL;
}

void heap_ways_deinit(struct heap_ways *ways)
{
	big_array_free(ways->parents, ways->vertex_count, sizeof(*ways->parents));
	*ways = (struct heap_ways){ 0 };
}
