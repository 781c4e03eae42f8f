/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/live/wait_for.h"

#include <string.h>

struct error *wait_for_add(struct wait_for *graph, uint32_t from, uint32_t to, uint32_t held)
{
	const struct wait_edge edge = { from, to, held };
	return wait_edge_vector_append(&graph->edges, &edge);
}

void wait_for_deinit(struct wait_for *graph)
{
	wait_edge_vector_deinit(&graph->edges);
	free(graph->rows);
	free(graph->component);
	free(graph->leads_to);
	free(graph->by);
	free(graph->queue);
	*graph = (struct wait_for){ 0 };
}

static int compare_edges(const void *left, const void *right)
{
	const struct wait_edge *a = left, *b = right;
	if (a->from != b->from)
		return a->from < b->from ? -1 : 1;
	if (a->to != b->to)
		return a->to < b->to ? -1 : 1;
	return a->held < b->held ? -1 : a->held > b->held;
}

static void make_rows(struct wait_for *graph)
{
	struct wait_edge_vector *edges = &graph->edges;
	if (edges->count)
		qsort(edges->items, edges->count, sizeof(*edges->items), compare_edges);
	size_t at = 0;
	for (uint32_t i = 0; i <= graph->count; i++) {
		while (at < edges->count && edges->items[at].from < i)
			at++;
		graph->rows[i] = (uint32_t)at;
	}
}

/* Tarjan's search for strongly connected components, with a stack of its own. */
struct tarjan {
	const struct wait_for *graph;
	uint32_t *order; /* of discovery, from 1 on; 0: not yet */
	uint32_t *low;
	uint32_t *next;  /* the next edge to follow */
	uint32_t *path;  /* from where the search began */
	uint32_t *stack; /* found, and in no component yet */
	uint8_t *on_stack;
	uint32_t path_count, stack_count, found;
};

static void tarjan_deinit(struct tarjan *tarjan)
{
	free(tarjan->order);
	free(tarjan->low);
	free(tarjan->next);
	free(tarjan->path);
	free(tarjan->stack);
	free(tarjan->on_stack);
}

static void discover(struct tarjan *tarjan, uint32_t vertex)
{
	tarjan->order[vertex] = tarjan->low[vertex] = ++tarjan->found;
	tarjan->next[vertex] = tarjan->graph->rows[vertex];
	tarjan->path[tarjan->path_count++] = vertex;
	tarjan->stack[tarjan->stack_count++] = vertex;
	tarjan->on_stack[vertex] = 1;
}

static bool waits_for_itself(const struct wait_for *graph, uint32_t vertex)
{
	for (uint32_t i = graph->rows[vertex]; i < graph->rows[vertex + 1]; i++) {
		if (graph->edges.items[i].to == vertex)
			return true;
	}
	return false;
}

/* All above it on the stack are one component; alone it is one only if it waits for itself. */
static void finish(struct tarjan *tarjan, struct wait_for *graph, uint32_t vertex)
{
	bool several = tarjan->stack[tarjan->stack_count - 1] != vertex;
	bool cycle = several || waits_for_itself(graph, vertex);
	for (;;) {
		uint32_t member = tarjan->stack[--tarjan->stack_count];
		tarjan->on_stack[member] = 0;
		if (cycle)
			graph->component[member] = graph->component_count;
		if (member == vertex)
			break;
	}
	graph->component_count += cycle;
}

static void search(struct tarjan *tarjan, struct wait_for *graph, uint32_t start)
{
	discover(tarjan, start);
	while (tarjan->path_count) {
		uint32_t vertex = tarjan->path[tarjan->path_count - 1];
		if (tarjan->next[vertex] < graph->rows[vertex + 1]) {
			uint32_t to = graph->edges.items[tarjan->next[vertex]++].to;
			if (!tarjan->order[to])
				discover(tarjan, to);
			else if (tarjan->on_stack[to] && tarjan->order[to] < tarjan->low[vertex])
				tarjan->low[vertex] = tarjan->order[to];
			continue;
		}
		tarjan->path_count--;
		if (tarjan->path_count) {
			uint32_t below = tarjan->path[tarjan->path_count - 1];
			tarjan->low[below] = MIN(tarjan->low[below], tarjan->low[vertex]);
		}
		if (tarjan->low[vertex] == tarjan->order[vertex])
			finish(tarjan, graph, vertex);
	}
}

/* Against the edges, from those on cycles; a set is taken over by who comes first. */
static struct error *find_victims(struct wait_for *graph)
{
	_cleanup_(free_pointer) uint32_t *heads = malloc((graph->count + 1) * sizeof(*heads));
	_cleanup_(free_pointer) uint32_t *next = malloc((graph->edges.count + 1) * sizeof(*next));
	_cleanup_(free_pointer) uint32_t *queue = malloc((graph->count + 1) * sizeof(*queue));
	if (!heads || !next || !queue)
		return error_no_memory();
	uint32_t queued = 0;
	for (uint32_t i = 0; i < graph->count; i++) {
		heads[i] = WAIT_FOR_NONE;
		graph->leads_to[i] = graph->component[i];
		if (graph->component[i] != WAIT_FOR_NONE)
			queue[queued++] = i;
	}
	for (uint32_t i = 0; i < graph->edges.count; i++) {
		uint32_t to = graph->edges.items[i].to;
		next[i] = heads[to];
		heads[to] = i;
	}
	for (uint32_t done = 0; done < queued; done++) {
		for (uint32_t i = heads[queue[done]]; i != WAIT_FOR_NONE; i = next[i]) {
			uint32_t from = graph->edges.items[i].from;
			if (graph->leads_to[from] != WAIT_FOR_NONE)
				continue;
			graph->leads_to[from] = graph->leads_to[queue[done]];
			queue[queued++] = from;
		}
	}
	return NULL;
}

static uint32_t *numbers(uint32_t count)
{
	return calloc(count + (size_t)1, sizeof(uint32_t));
}

struct error *wait_for_solve(struct wait_for *graph, uint32_t count)
{
	graph->count = count;
	graph->rows = numbers(count + 1);
	graph->component = numbers(count);
	graph->leads_to = numbers(count);
	graph->by = numbers(count);
	graph->queue = numbers(count);
	_cleanup_(tarjan_deinit) struct tarjan tarjan = {
		.graph = graph,
		.order = numbers(count),
		.low = numbers(count),
		.next = numbers(count),
		.path = numbers(count),
		.stack = numbers(count),
		.on_stack = calloc(count + (size_t)1, 1),
	};
	if (!graph->rows || !graph->component || !graph->leads_to || !graph->by || !graph->queue ||
	    !tarjan.order || !tarjan.low || !tarjan.next || !tarjan.path || !tarjan.stack ||
	    !tarjan.on_stack)
		return error_no_memory();
	memset(graph->component, 0xff, count * sizeof(*graph->component));
	memset(graph->by, 0xff, count * sizeof(*graph->by));
	make_rows(graph);
	for (uint32_t i = 0; i < count; i++) {
		if (!tarjan.order[i] && graph->rows[i] < graph->rows[i + 1])
			search(&tarjan, graph, i);
	}
	return find_victims(graph);
}

/* Breadth first within the component: `by` is the edge that each was come to by. The edge back; none. */
static uint32_t find_back(struct wait_for *graph, uint32_t through, uint32_t *ret_queued)
{
	uint32_t component = graph->component[through], queued = 0;
	graph->queue[queued++] = through;
	for (uint32_t done = 0; done < queued; done++) {
		uint32_t at = graph->queue[done];
		for (uint32_t i = graph->rows[at]; i < graph->rows[at + 1]; i++) {
			uint32_t to = graph->edges.items[i].to;
			*ret_queued = queued;
			if (to == through)
				return i;
			if (graph->component[to] != component || graph->by[to] != WAIT_FOR_NONE)
				continue;
			graph->by[to] = i;
			graph->queue[queued++] = to;
		}
	}
	*ret_queued = queued;
	return WAIT_FOR_NONE;
}

static size_t follow_back(const struct wait_for *graph, uint32_t through, uint32_t last,
			  struct wait_edge *ret, size_t capacity)
{
	size_t length = last == WAIT_FOR_NONE ? 0 : 1;
	for (uint32_t at = last; length && graph->edges.items[at].from != through; length++)
		at = graph->by[graph->edges.items[at].from];
	if (length > capacity)
		return 0;
	uint32_t at = last;
	for (size_t i = length; i-- > 0;) {
		ret[i] = graph->edges.items[at];
		at = graph->by[ret[i].from];
	}
	return length;
}

size_t wait_for_cycle(struct wait_for *graph, uint32_t through, struct wait_edge *ret,
		      size_t capacity)
{
	uint32_t queued;
	uint32_t last = find_back(graph, through, &queued);
	size_t length = follow_back(graph, through, last, ret, capacity);
	for (uint32_t i = 0; i < queued; i++)
		graph->by[graph->queue[i]] = WAIT_FOR_NONE;
	return length;
}
