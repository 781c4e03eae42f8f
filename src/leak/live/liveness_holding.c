/* SPDX-License-Identifier: Apache-2.0 */
#include "base/big_array.h"
#include "leak/live/liveness_private.h"

/*
 * Each object is marked with the set that reaches it, or as reached by several; from one that is,
 * all is. So a search of one set goes on where it meets another one's mark, and an object is met
 * twice at most.
 */
#define SHARED UINT32_MAX

struct liveness_holding {
	const struct liveness *liveness;
	uint32_t *marks; /* by object: a set's number, 0, or SHARED */
	uint64_t *bytes; /* by set; only what it alone reaches */
	uint32_t set_count;
	struct vertex_vector stack;
};

struct error *liveness_holding_create(const struct liveness *liveness,
				      struct liveness_holding **ret)
{
	_cleanup_(liveness_holding_cleanup) struct liveness_holding *holding =
		calloc(1, sizeof(*holding));
	if (!holding)
		return error_no_memory();
	holding->liveness = liveness;
	TRY(big_array_allocate((size_t)liveness->heap->scan.graph.object_count + 1,
			       sizeof(*holding->marks), &holding->marks));
	*ret = TAKE_PTR(holding);
	return NULL;
}

void liveness_holding_destroy(struct liveness_holding *holding)
{
	if (!holding)
		return;
	big_array_free(holding->marks, (size_t)holding->liveness->heap->scan.graph.object_count + 1,
		       sizeof(*holding->marks));
	free(holding->bytes);
	vertex_vector_deinit(&holding->stack);
	free(holding);
}

static struct error *meet(struct liveness_holding *holding, uint32_t vertex, uint32_t set)
{
	const struct heap *heap = holding->liveness->heap;
	uint32_t *mark = &holding->marks[vertex];
	if (*mark == set || *mark == SHARED || heap_bit(holding->liveness->reached, vertex) ||
	    !heap_bit(heap->spans.used, vertex))
		return NULL;
	uint64_t size = heap_object_size(heap, vertex);
	if (*mark)
		holding->bytes[*mark] -= size;
	else
		holding->bytes[set] += size;
	*mark = *mark ? SHARED : set;
	return vertex_vector_append(&holding->stack, &vertex);
}

static struct error *meet_all(struct liveness_holding *holding, uint32_t vertex, uint32_t set)
{
	const struct heap_graph *graph = &holding->liveness->heap->scan.graph;
	for (uint32_t i = graph->rows[vertex]; i < graph->rows[vertex + 1]; i++) {
		if (graph->edges[i] != EDGE_NONE)
			TRY(meet(holding, edge_target(graph->edges[i]), set));
	}
	return NULL;
}

/* What the runtime has for it: nobody else's search meets these. */
static uint64_t record_size(const struct heap *heap, uint64_t address)
{
	uint32_t vertex = address ? liveness_vertex(heap, address) : VERTEX_NONE;
	return vertex == VERTEX_NONE ? 0 : heap_object_size(heap, vertex);
}

static uint64_t records_size(const struct heap *heap, const struct goroutine *goroutine)
{
	const struct wait *wait = &goroutine->wait;
	uint64_t size = record_size(heap, goroutine->address);
	if (!wait->channel_count)
		return size + record_size(heap, wait->record);
	for (uint32_t i = 0; i < wait->channel_count; i++)
		size += record_size(heap, wait->channels[i].record);
	return size;
}

static struct error *begin(struct liveness_holding *holding, uint32_t goroutine, uint32_t set)
{
	const struct liveness *liveness = holding->liveness;
	const struct heap *heap = liveness->heap;
	const struct goroutine *known = &heap->roots.goroutines->list.items[goroutine];
	uint32_t descriptor = liveness_vertex(heap, known->address);
	holding->bytes[set] += records_size(heap, known);
	if (liveness->roots[goroutine] != VERTEX_NONE)
		TRY(meet_all(holding, liveness->roots[goroutine], set));
	return descriptor == VERTEX_NONE ? NULL : meet_all(holding, descriptor, set);
}

struct error *liveness_hold(struct liveness_holding *holding, const uint32_t *next, uint32_t first,
			    uint32_t set)
{
	if (set >= holding->set_count) {
		uint64_t *bytes = realloc(holding->bytes, ((size_t)set + 1) * sizeof(*bytes));
		if (!bytes)
			return error_no_memory();
		for (uint32_t i = holding->set_count; i <= set; i++)
			bytes[i] = 0;
		holding->bytes = bytes;
		holding->set_count = set + 1;
	}
	for (uint32_t i = first; i != LIVENESS_END; i = next[i])
		TRY(begin(holding, i, set));
	while (holding->stack.count)
		TRY(meet_all(holding, holding->stack.items[--holding->stack.count], set));
	return NULL;
}

uint64_t liveness_held(const struct liveness_holding *holding, uint32_t set)
{
	return set < holding->set_count ? holding->bytes[set] : 0;
}
