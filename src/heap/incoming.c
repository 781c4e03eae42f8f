/* SPDX-License-Identifier: Apache-2.0 */
#include "heap/incoming.h"

static struct error *search_row(const struct heap *heap, uint32_t from, uint32_t wanted,
				uint64_t limit, struct heap_incoming *incoming)
{
	const struct heap_graph *graph = &heap->scan.graph;
	for (uint32_t i = graph->rows[from]; i < graph->rows[from + 1]; i++) {
		if (graph->edges[i] == EDGE_NONE || edge_target(graph->edges[i]) != wanted)
			continue;
		const struct heap_incoming_edge edge = { from, i - graph->rows[from] };
		if (!heap_is_reached(heap, from))
			return NULL;
		if (incoming->count++ < limit)
			TRY(heap_incoming_vector_append(&incoming->list, &edge));
	}
	return NULL;
}

static struct error *search(const struct heap *heap, uint32_t wanted, uint64_t limit,
			    struct heap_incoming *incoming)
{
	const struct heap_graph *graph = &heap->scan.graph;
	for (uint32_t root = graph->object_count; root < graph->vertex_count; root++)
		TRY(search_row(heap, root, wanted, limit, incoming));
	for (uint32_t object = 0; object < graph->object_count; object++)
		TRY(search_row(heap, object, wanted, limit, incoming));
	return NULL;
}

struct error *heap_incoming_find(const struct heap *heap, uint32_t vertex, uint64_t limit,
				 struct heap_incoming *ret)
{
	struct heap_incoming incoming = { 0 };
	struct error *error = search(heap, vertex, limit, &incoming);
	if (error)
		heap_incoming_deinit(&incoming);
	else
		*ret = incoming;
	return error;
}

void heap_incoming_deinit(struct heap_incoming *incoming)
{
	heap_incoming_vector_deinit(&incoming->list);
	*incoming = (struct heap_incoming){ 0 };
}
