/* SPDX-License-Identifier: Apache-2.0 */
#include "heap/paths_private.h"

#include <string.h>

#include "heap/spans.h"

#define LOOK_AHEAD 16

/*
 * Breadth-first. Who found a vertex is not noted: the way back is found by reading the queue
 * backwards, where whoever has an edge to the vertex and is one level before it will do.
 */
struct path_search {
	const struct heap_graph *graph;
	const uint64_t *may_use;
	const uint64_t *wanted;
	uint32_t *queue;
	uint32_t end;      /* of the queue */
	size_t bit_words;  /* of each of these: */
	uint64_t *seen;    /* by vertex */
	uint64_t *borders; /* by place in the queue: a level begins */
};

static void search_deinit(struct path_search *search)
{
	big_array_free(search->queue, search->graph->vertex_count, sizeof(*search->queue));
	big_array_free(search->seen, search->bit_words, sizeof(*search->seen));
	big_array_free(search->borders, search->bit_words, sizeof(*search->borders));
}

static struct error *search_init(struct path_search *search)
{
	size_t count = search->graph->vertex_count;
	search->bit_words = (count + 63) / 64;
	TRY(big_array_allocate(count, sizeof(*search->queue), &search->queue));
	TRY(big_array_allocate(search->bit_words, sizeof(*search->seen), &search->seen));
	return big_array_allocate(search->bit_words, sizeof(*search->borders), &search->borders);
}

/* What must not be gone through counts as seen. */
static void search_reset(struct path_search *search)
{
	search->end = 0;
	memset(search->borders, 0, search->bit_words * sizeof(*search->borders));
	memset(search->seen, 0, search->bit_words * sizeof(*search->seen));
	uint32_t objects = search->graph->object_count;
	if (!search->may_use)
		return;
	for (uint32_t i = 0; i < objects / 64; i++)
		search->seen[i] = ~search->may_use[i];
	for (uint32_t vertex = objects / 64 * 64; vertex < objects; vertex++)
		if (!heap_bit(search->may_use, vertex))
			heap_bit_set(search->seen, vertex);
}

/* True when it is wanted; it is the queue's last then. */
static inline bool push(struct path_search *search, uint32_t vertex)
{
	heap_bit_set(search->seen, vertex);
	search->queue[search->end++] = vertex;
	return heap_bit(search->wanted, vertex);
}

static bool push_targets(struct path_search *search, uint32_t vertex)
{
	const struct heap_graph *graph = search->graph;
	for (uint32_t i = graph->rows[vertex]; i < graph->rows[vertex + 1]; i++) {
		uint32_t edge = graph->edges[i];
		if (edge != EDGE_NONE && !heap_bit(search->seen, edge_target(edge)) &&
		    push(search, edge_target(edge)))
			return true;
	}
	return false;
}

static force_inline void look_ahead(const struct path_search *search, uint32_t place)
{
	const struct heap_graph *graph = search->graph;
	if (place + 2 * LOOK_AHEAD >= search->end)
		return;
	__builtin_prefetch(&graph->rows[search->queue[place + 2 * LOOK_AHEAD]]);
	__builtin_prefetch(&graph->edges[graph->rows[search->queue[place + LOOK_AHEAD]]]);
}

/* Whether one was found; it is the queue's last then. */
static bool search_kind(struct path_search *search, const uint8_t *kinds, uint32_t kind)
{
	const struct heap_graph *graph = search->graph;
	search_reset(search);
	for (uint32_t root = graph->object_count; root < graph->vertex_count; root++) {
		if (kinds[root - graph->object_count] == kind && push(search, root))
			return true;
	}
	uint32_t border = search->end;
	for (uint32_t place = 0; place < search->end; place++) {
		if (place == border) {
			heap_bit_set(search->borders, place);
			border = search->end;
		}
		look_ahead(search, place);
		if (push_targets(search, search->queue[place])) {
			heap_bit_set(search->borders, border);
			return true;
		}
	}
	return false;
}

/* The last of the level before that of the place; false: it is of the first level. */
static bool level_before(const struct path_search *search, uint32_t *place)
{
	uint32_t at = *place;
	while (at && !heap_bit(search->borders, at))
		at--;
	*place = at - 1;
	return at != 0;
}

static struct error *go_back(const struct path_search *search, struct heap_steps *steps)
{
	uint32_t place = search->end - 1;
	TRY(heap_steps_init(search->graph->vertex_count, steps));
	heap_steps_prepend(steps, search->queue[place], HEAP_PATH_END);
	while (level_before(search, &place)) {
		uint32_t target = steps->items[0].vertex, vertex, position;
		do {
			vertex = search->queue[place];
			position = heap_paths_edge(search->graph, vertex, target);
		} while (position == HEAP_PATH_END && place-- > 0);
		assert(position != HEAP_PATH_END);
		heap_steps_prepend(steps, vertex, position);
	}
	return NULL;
}

/* A bit for each. */
static uint32_t kinds_that_are_there(const struct heap_graph *graph, const uint8_t *kinds)
{
	uint32_t found = 0;
	for (uint32_t root = 0; root < graph->vertex_count - graph->object_count; root++) {
		assert(kinds[root] < HEAP_PATH_KINDS || kinds[root] == HEAP_PATH_NO_KIND);
		if (kinds[root] != HEAP_PATH_NO_KIND)
			found |= UINT32_C(1) << kinds[root];
	}
	return found;
}

struct error *heap_paths_find(const struct heap_graph *graph, const uint64_t *may_use,
			      const uint8_t *kinds, const uint64_t *wanted, struct heap_paths *ret)
{
	_cleanup_(search_deinit) struct path_search search = {
		.graph = graph,
		.may_use = may_use,
		.wanted = wanted,
	};
	_cleanup_(heap_paths_deinit) struct heap_paths paths = { 0 };
	uint32_t there = kinds_that_are_there(graph, kinds);
	TRY(search_init(&search));
	for (uint32_t kind = 0; kind < HEAP_PATH_KINDS; kind++) {
		if (!(there >> kind & 1) || !search_kind(&search, kinds, kind))
			continue;
		struct heap_path *path = &paths.items[paths.count++];
		path->kind = kind;
		TRY(go_back(&search, &path->steps));
	}
	*ret = paths;
	paths = (struct heap_paths){ 0 };
	return NULL;
}

void heap_paths_deinit(struct heap_paths *paths)
{
	for (uint32_t i = 0; i < paths->count; i++)
		heap_steps_deinit(&paths->items[i].steps);
	*paths = (struct heap_paths){ 0 };
}
