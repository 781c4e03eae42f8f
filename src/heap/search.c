/* SPDX-License-Identifier: Apache-2.0 */
#include "heap/search_private.h"

#include <stdlib.h>

#include "base/big_array.h"
#include "heap/landmarks.h"

/*
 * What is found waits in small blocks. Those of one block are looked at in the order in which they
 * were found; of all blocks the one that was filled last comes first, while what was touched when its
 * vertices were found is in the processor's cache still: with one long queue, the cost of an object
 * rises with the heap's size. Within a block, what a vertex leads to is touched some time before its
 * turn comes: first its row, then its edges, then what those lead to.
 */
#define BLOCK_VERTICES 254
#define AHEAD_ROW      24
#define AHEAD_EDGES    16
#define AHEAD_TARGETS  8
#define AHEAD_IN_ROW   4 /* edges of one vertex; of the further ones, while it is looked at */

struct waiting_block {
	struct waiting_block *below;
	uint32_t count;
	uint32_t vertices[BLOCK_VERTICES];
};

static struct error *start_block(struct search *search)
{
	struct waiting_block *block = malloc(sizeof(*block));
	if (!block)
		return error_no_memory();
	block->below = search->filled;
	block->count = 0;
	search->filled = block;
	return NULL;
}

struct error *search_push(struct search *search, uint32_t vertex)
{
	if (!search->filled || search->filled->count == BLOCK_VERTICES)
		TRY(start_block(search));
	search->filled->vertices[search->filled->count++] = vertex;
	return NULL;
}

static bool pop(struct search *search, uint32_t *ret)
{
	if (search->taking && search->taken == search->taking->count) {
		free(search->taking);
		search->taking = NULL;
	}
	if (!search->taking) {
		search->taking = search->filled;
		search->taken = 0;
		if (!search->taking)
			return false;
		search->filled = search->taking->below;
	}
	*ret = search->taking->vertices[search->taken++];
	return true;
}

/* Part of its caller, as below: gcc 12 drops calls of functions that only prefetch. */
static force_inline void warm_target(const struct search *search, uint32_t edge)
{
	if (edge == EDGE_NONE)
		return;
	__builtin_prefetch(&search->scan->types[edge_target(edge)], 1);
	__builtin_prefetch(&search->scan->shapes[edge_target(edge)]);
}

static force_inline void look_ahead(const struct search *search)
{
	const struct waiting_block *head = search->taking;
	const struct heap_graph *graph = &search->scan->graph;
	uint32_t at = search->taken;
	if (at + AHEAD_ROW < head->count) {
		__builtin_prefetch(&graph->rows[head->vertices[at + AHEAD_ROW]]);
		__builtin_prefetch(&search->scan->types[head->vertices[at + AHEAD_ROW]]);
		__builtin_prefetch(&search->scan->shapes[head->vertices[at + AHEAD_ROW]]);
	}
	if (at + AHEAD_EDGES < head->count)
		__builtin_prefetch(&graph->edges[graph->rows[head->vertices[at + AHEAD_EDGES]]]);
	if (at + AHEAD_TARGETS < head->count) {
		uint32_t vertex = head->vertices[at + AHEAD_TARGETS];
		uint32_t end = MIN(graph->rows[vertex + 1], graph->rows[vertex] + AHEAD_IN_ROW);
		for (uint32_t i = graph->rows[vertex]; i < end; i++) {
			warm_target(search, graph->edges[i]);
		}
	}
}

uint64_t search_slot_size(const struct search *search, uint32_t vertex)
{
	uint32_t size = search->scan->shape_list.list[search->scan->shapes[vertex]].size;
	return size ? size : heap_spans_of(search->spans, vertex)->slot_size;
}

/*
 * What the scan noted from a word beside a pointer may be of a part of the object: of its first
 * field, or of the first of several. That is for its size and shape to say. And the word may have
 * been none: what a bucket of a map keeps of its keys' hashes can look like an address. So from here
 * on it counts no more than what a pointer says.
 */
static struct error *settle_type(struct search *search, uint32_t vertex)
{
	uint32_t now = search_mark(search, vertex), mark;
	uint16_t shape = search->scan->shapes[vertex];
	struct heap_type known;
	if (heap_type_rank(now) == TYPE_RANK_POINTER ||
	    search->scan->shape_list.list[shape].kind == SHAPE_LARGE)
		return NULL;
	heap_types_get(search->typing.types, heap_type_number(now), &known);
	if (known.form != HEAP_VALUE)
		return NULL;
	TRY(heap_typing_judge(&search->typing, heap_type_number(now), shape,
			      search_slot_size(search, vertex), false, &mark));
	/* What was a guess before stays one. */
	if (mark && heap_type_rank(now) == TYPE_RANK_GUESS)
		mark = heap_type_mark(heap_type_number(mark), TYPE_RANK_GUESS);
	search_set_mark(search, vertex, mark);
	return NULL;
}

/*
 * A map's directory and a group of the same map can take as many bytes: where the runtime says that
 * the object is an array of pointers to tables, it is the directory.
 */
static struct error *is_directory(struct search *search, uint32_t vertex, uint32_t type, bool *ret)
{
	struct heap_type known;
	heap_types_get(search->typing.types, type, &known);
	*ret = false;
	if (known.form != HEAP_MAP_DIRECTORY)
		return NULL;
	return heap_typing_refines(&search->typing, type,
				   heap_type_number(search->scan->types[vertex]), ret);
}

/* A pointer leads there, and says that it is to `type`. True when that changed the object's type. */
static struct error *type_target(struct search *search, uint32_t edge, uint32_t type, bool *ret)
{
	uint32_t vertex = edge_target(edge), now = search_mark(search, vertex), mark;
	*ret = false;
	if (type == heap_type_number(now))
		return NULL;
	if (heap_type_rank(now) == TYPE_RANK_EXACT) {
		TRY(settle_type(search, vertex));
		now = search_mark(search, vertex);
		TRY(is_directory(search, vertex, type, ret));
	}
	if (*ret) {
		search_set_mark(search, vertex, heap_type_mark(type, TYPE_RANK_EXACT));
		return NULL;
	}
	TRY(heap_typing_judge(&search->typing, type, search->scan->shapes[vertex],
			      search_slot_size(search, vertex), edge_is_interior(edge), &mark));
	if (!mark || mark == now)
		return NULL;
	if (heap_type_rank(now) == TYPE_RANK_EXACT) {
		if (heap_type_rank(mark) < TYPE_RANK_POINTER)
			return NULL;
		TRY(heap_typing_refines(&search->typing, heap_type_number(mark),
					heap_type_number(now), ret));
		mark = heap_type_mark(heap_type_number(mark), TYPE_RANK_EXACT);
	} else {
		TRY(heap_typing_better(&search->typing, mark, now, ret));
	}
	if (*ret)
		search_set_mark(search, vertex, mark);
	return NULL;
}

/* Does so little lie ahead in the queue that there is nobody to look ahead for? */
static force_inline bool is_narrow(const struct search *search)
{
	uint32_t filled = search->filled ? search->filled->count : 0;
	uint32_t left = search->taking ? search->taking->count - search->taken : 0;
	return left + filled < AHEAD_TARGETS;
}

/* In a list, what is found is needed at once, all of it. */
static force_inline void hurry(const struct search *search, uint32_t vertex)
{
	const struct heap_graph *graph = &search->scan->graph;
	__builtin_prefetch(&graph->edges[landmarks_guess(search->landmarks, vertex)]);
	__builtin_prefetch(&graph->rows[vertex]);
	__builtin_prefetch(&search->scan->types[vertex], 1);
	__builtin_prefetch(&search->scan->shapes[vertex]);
}

static struct error *follow(struct search *search, uint32_t edge, uint32_t type)
{
	uint32_t vertex = edge_target(edge);
	bool changed = false;
	if (is_narrow(search))
		hurry(search, vertex);
	if (search_has(search, vertex, MARK_FREE))
		return NULL;
	if (type != HEAP_TYPE_UNKNOWN)
		TRY(type_target(search, edge, type, &changed));
	if (!search_has(search, vertex, MARK_REACHED)) {
		search->scan->types[vertex] |= MARK_REACHED;
		return search_push(search, vertex);
	}
	/* Lying descriptors could have the search go round for long. */
	if (!changed || search->retyped >= search->retyped_max)
		return NULL;
	const uint32_t *row = &search->scan->graph.rows[vertex];
	search->retyped += 1 + row[1] - row[0];
	return search_push(search, vertex);
}

/* What an object's type says of its edges; NULL when it has none, or none that fits. */
static struct error *plan_of(struct search *search, uint32_t vertex, const struct heap_plan **ret)
{
	uint16_t shape = search->scan->shapes[vertex];
	*ret = NULL;
	if (!search_mark(search, vertex))
		return NULL;
	TRY(settle_type(search, vertex));
	uint32_t type = heap_type_number(search->scan->types[vertex]);
	if (type == HEAP_TYPE_UNKNOWN)
		return NULL;
	TRY(heap_typing_plan(&search->typing, type, shape, ret));
	if ((*ret)->fits)
		return NULL;
	search_set_mark(search, vertex, 0);
	*ret = NULL;
	return NULL;
}

static struct error *visit(struct search *search, uint32_t vertex)
{
	const struct heap_graph *graph = &search->scan->graph;
	uint32_t first = graph->rows[vertex], end = graph->rows[vertex + 1];
	const struct heap_plan *plan;
	TRY(plan_of(search, vertex, &plan));
	for (uint32_t i = first, position = 0; i < end; i++, position++) {
		if (plan && position == plan->count) {
			position = 0;
			plan = plan->stride && plan->count ? plan : NULL;
		}
		if (i + AHEAD_IN_ROW < end)
			warm_target(search, graph->edges[i + AHEAD_IN_ROW]);
		if (graph->edges[i] != EDGE_NONE)
			TRY(follow(search, graph->edges[i],
				   plan ? plan->pointees[position] : HEAP_TYPE_UNKNOWN));
	}
	return NULL;
}

/* What is known of objects before anything leads to them. */
static struct error *take_hints(struct search *search, const struct heap_roots *roots)
{
	for (size_t i = 0; i < roots->hints.count; i++) {
		const struct heap_hint *hint = &roots->hints.items[i];
		uint32_t edge = heap_spans_edge(search->spans, hint->value);
		bool changed;
		if (edge != EDGE_NONE && !search_has(search, edge_target(edge), MARK_FREE))
			TRY(type_target(search, edge, hint->type, &changed));
	}
	return NULL;
}

static struct error *start(struct search *search, const struct heap_roots *roots)
{
	const struct heap_graph *graph = &search->scan->graph;
	for (size_t i = 0; i < roots->list.count; i++) {
		const struct heap_root *root = &roots->list.items[i];
		uint32_t row = graph->rows[graph->object_count + i];
		uint32_t count = graph->rows[graph->object_count + i + 1] - row;
		for (uint32_t k = 0; k < count; k++) {
			uint32_t type = root->through ? HEAP_TYPE_UNKNOWN
						      : roots->pointers.items[root->first + k].type;
			if (graph->edges[row + k] != EDGE_NONE)
				TRY(follow(search, graph->edges[row + k], type));
		}
	}
	return NULL;
}

struct error *search_drain(struct search *search)
{
	uint32_t vertex;
	while (pop(search, &vertex)) {
		look_ahead(search);
		TRY(visit(search, vertex));
	}
	return NULL;
}

static struct error *run(struct search *search, const struct heap_roots *roots)
{
	size_t count = search->scan->graph.object_count;
	search->retyped_max = 16 * ((uint64_t)count + search->scan->edge_count) + 1024;
	search->compared_left = 4 * ((uint64_t)count + search->scan->edge_count) + (1 << 20);
	search_flags_set(search);
	TRY(landmarks_create(&search->scan->graph, &search->landmarks));
	TRY(take_hints(search, roots));
	TRY(start(search, roots));
	TRY(search_drain(search));
	TRY(search_guess(search));
	return heap_scan_forget_masks(search->scan, search->spans);
}

struct error *heap_search_run(const struct heap_spans *spans, struct heap_types *types,
			      const struct heap_roots *roots, struct heap_scan *scan,
			      uint64_t **ret_reached)
{
	struct search search = { .spans = spans, .scan = scan };
	struct error *error = heap_typing_init(&search.typing, types, &scan->shape_list);
	if (!error)
		error = run(&search, roots);
	free(search.taking);
	while (search.filled) {
		struct waiting_block *below = search.filled->below;
		free(search.filled);
		search.filled = below;
	}
	heap_typing_deinit(&search.typing);
	search_maps_deinit(&search);
	big_array_free(search.landmarks, landmarks_count(&scan->graph), sizeof(*search.landmarks));
	return error ? error : search_flags_take(&search, ret_reached);
}
