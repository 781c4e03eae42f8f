/* SPDX-License-Identifier: Apache-2.0 */
#include "small_graph.h"

#include <assert.h>
#include <string.h>

static void begin(struct small_graph *graph)
{
	*graph = (struct small_graph){ .may_use = UINT64_MAX };
	graph->graph.rows = graph->rows;
	graph->graph.edges = graph->edges;
}

static void add_edge(struct small_graph *graph, uint32_t edge)
{
	uint32_t *end = &graph->rows[graph->graph.vertex_count + 1];
	assert(*end < SMALL_EDGES);
	graph->edges[(*end)++] = edge;
}

static void add_vertex(struct small_graph *graph)
{
	uint32_t count = ++graph->graph.vertex_count;
	assert(count < SMALL_VERTICES);
	graph->rows[count + 1] = graph->rows[count];
}

void small_graph_parse(const char *words, struct small_graph *ret)
{
	begin(ret);
	for (const char *c = words; *c; c++) {
		if (*c == ' ')
			add_vertex(ret);
		else if (*c == '|')
			ret->graph.object_count = ret->graph.vertex_count;
		else if (*c == '.')
			add_edge(ret, EDGE_NONE);
		else if (*c >= '0' && *c <= '9')
			add_edge(ret, edge_make((uint32_t)(*c - '0'), false));
		else if (*c >= 'a' && *c <= 'z')
			add_edge(ret, edge_make((uint32_t)(*c - 'a') + 10, false));
	}
	add_vertex(ret);
}

uint32_t small_graph_random(struct small_graph *graph, uint32_t limit)
{
	graph->random = graph->random * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (uint32_t)((graph->random >> 33) % limit);
}

enum shape { ANYWHERE, FORWARD, NEAR, FEW, SHAPES };

static uint32_t choose(struct small_graph *graph, enum shape shape, uint32_t objects)
{
	uint32_t from = graph->graph.vertex_count;
	if (from >= objects)
		return small_graph_random(graph, objects);
	switch (shape) {
	case FORWARD:
		return from + 1 < objects ? from + 1 + small_graph_random(graph, objects - from - 1)
					  : from;
	case NEAR:
		return (from + small_graph_random(graph, 5) + objects - 1) % objects;
	case FEW:
		return small_graph_random(graph, MIN(objects, 5));
	default:
		return small_graph_random(graph, objects);
	}
}

static void add_edges(struct small_graph *graph, enum shape shape, uint32_t objects, uint32_t roots,
		      uint32_t most)
{
	for (uint32_t left = small_graph_random(graph, most + 1); left; left--) {
		uint32_t kind = small_graph_random(graph, 16);
		if (kind == 0 || !objects)
			add_edge(graph, EDGE_NONE);
		else if (kind == 1)
			add_edge(graph, edge_make(graph->graph.vertex_count, false));
		else if (kind == 2 && roots)
			add_edge(graph,
				 edge_make(objects + small_graph_random(graph, roots), false));
		else
			add_edge(graph, edge_make(choose(graph, shape, objects), kind == 3));
	}
	add_vertex(graph);
}

void small_graph_make(uint64_t seed, struct small_graph *ret)
{
	begin(ret);
	ret->random = seed * 0x9e3779b97f4a7c15;
	uint32_t objects = small_graph_random(ret, 41), roots = small_graph_random(ret, 5);
	uint32_t most = 1 + small_graph_random(ret, seed % 10 ? 3 : 16);
	for (uint32_t i = 0; i < objects; i++)
		add_edges(ret, small_graph_random(ret, 8) ? seed % SHAPES : ANYWHERE, objects,
			  roots, most);
	ret->graph.object_count = objects;
	for (uint32_t i = 0; i < roots; i++)
		add_edges(ret, ANYWHERE, objects, roots, 4);
	if (seed % 3 == 0)
		for (uint32_t i = 0; i < objects; i++)
			if (!small_graph_random(ret, 6))
				ret->may_use &= ~(UINT64_C(1) << i);
}

static uint64_t targets(const struct small_graph *graph, uint32_t vertex, uint32_t but)
{
	uint64_t found = 0;
	for (uint32_t i = graph->rows[vertex]; i < graph->rows[vertex + 1]; i++)
		if (i != but && graph->edges[i] != EDGE_NONE)
			found |= UINT64_C(1) << edge_target(graph->edges[i]);
	uint64_t objects = (UINT64_C(1) << graph->graph.object_count) - 1;
	return found & (graph->may_use | ~objects);
}

uint64_t small_graph_reach(const struct small_graph *graph, uint32_t vertex, uint32_t edge)
{
	uint64_t all = (UINT64_C(1) << graph->graph.vertex_count) - 1;
	uint64_t roots = all & ~((UINT64_C(1) << graph->graph.object_count) - 1);
	uint64_t without = vertex < SMALL_VERTICES ? UINT64_C(1) << vertex : 0;
	uint64_t seen = roots & ~without, before;
	do {
		before = seen;
		for (uint32_t v = 0; v < graph->graph.vertex_count; v++)
			if (before >> v & 1)
				seen |= targets(graph, v, edge) & ~without;
	} while (seen != before);
	return seen;
}

uint64_t small_graph_weight(const void *argument, uint32_t vertex)
{
	(void)argument;
	return ((vertex + 1) * UINT64_C(2654435761)) % 100003;
}

uint64_t small_graph_weigh(uint64_t vertices)
{
	uint64_t sum = 0;
	for (; vertices; vertices &= vertices - 1)
		sum += small_graph_weight(NULL, (uint32_t)__builtin_ctzll(vertices));
	return sum;
}
