/* SPDX-License-Identifier: Apache-2.0 */
#include "heap/search_private.h"

#include <stdlib.h>

#include "base/big_array.h"
#include "heap/landmarks.h"

/*
 * A queue in blocks that are freed as they are done with, so that it never has room for all. What
 * makes this slow is waiting for memory, in which neighbours of the graph lie far apart: so each
 * vertex is touched some time before its turn comes, first its row, then its edges, then what those
 * lead to.
 */
#define BLOCK_VERTICES ((size_t)16384)
#define AHEAD_ROW      24
#define AHEAD_EDGES    16
#define AHEAD_TARGETS  8

struct queue_block {
	struct queue_block *next;
	size_t count;
	uint32_t vertices[BLOCK_VERTICES];
};

struct error *search_push(struct search *search, uint32_t vertex)
{
	struct queue_block *tail = search->tail;
	if (!tail || tail->count == BLOCK_VERTICES) {
		tail = malloc(sizeof(*tail));
		if (!tail)
			return error_no_memory();
		tail->next = NULL;
		tail->count = 0;
		if (search->tail)
			search->tail->next = tail;
		else
			search->head = tail;
		search->tail = tail;
	}
	tail->vertices[tail->count++] = vertex;
	return NULL;
}

static bool pop(struct search *search, uint32_t *ret)
{
	struct queue_block *head = search->head;
	if (head && search->taken == head->count && head->next) {
		search->head = head->next;
		search->taken = 0;
		free(head);
		head = search->head;
	}
	if (!head || search->taken == head->count)
		return false;
	*ret = head->vertices[search->taken++];
	return true;
}

/* Part of its caller: gcc 12 drops calls of functions that only prefetch. */
static force_inline void look_ahead(const struct search *search)
{
	const struct queue_block *head = search->head;
	const struct heap_graph *graph = &search->scan->graph;
	size_t at = search->taken;
	if (at + AHEAD_ROW < head->count) {
		__builtin_prefetch(&graph->rows[head->vertices[at + AHEAD_ROW]]);
		__builtin_prefetch(&search->scan->types[head->vertices[at + AHEAD_ROW]]);
		__builtin_prefetch(&search->scan->shapes[head->vertices[at + AHEAD_ROW]]);
	}
	if (at + AHEAD_EDGES < head->count)
		__builtin_prefetch(&graph->edges[graph->rows[head->vertices[at + AHEAD_EDGES]]]);
	if (at + AHEAD_TARGETS < head->count) {
		uint32_t vertex = head->vertices[at + AHEAD_TARGETS];
		uint32_t end = MIN(graph->rows[vertex + 1], graph->rows[vertex] + 4);
		for (uint32_t i = graph->rows[vertex]; i < end; i++) {
			if (graph->edges[i] == EDGE_NONE)
				continue;
			uint32_t target = edge_target(graph->edges[i]);
			__builtin_prefetch(&search->scan->types[target], 1);
			__builtin_prefetch(&search->scan->shapes[target]);
			__builtin_prefetch(&search->reached[target / 64], 1);
			__builtin_prefetch(&search->spans->used[target / 64]);
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
	uint32_t *place = &search->scan->types[vertex], mark;
	uint16_t shape = search->scan->shapes[vertex];
	struct heap_type known;
	if (heap_type_rank(*place) == TYPE_RANK_POINTER ||
	    search->scan->shape_list.list[shape].kind == SHAPE_LARGE)
		return NULL;
	heap_types_get(search->typing.types, heap_type_number(*place), &known);
	if (known.form != HEAP_VALUE)
		return NULL;
	TRY(heap_typing_judge(&search->typing, heap_type_number(*place), shape,
			      search_slot_size(search, vertex), false, &mark));
	/* What was a guess before stays one. */
	if (mark && heap_type_rank(*place) == TYPE_RANK_GUESS)
		mark = heap_type_mark(heap_type_number(mark), TYPE_RANK_GUESS);
	*place = mark;
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
	uint32_t vertex = edge_target(edge), mark;
	uint32_t *place = &search->scan->types[vertex];
	*ret = false;
	if (type == heap_type_number(*place))
		return NULL;
	if (heap_type_rank(*place) == TYPE_RANK_EXACT) {
		TRY(settle_type(search, vertex));
		TRY(is_directory(search, vertex, type, ret));
	}
	if (*ret) {
		*place = heap_type_mark(type, TYPE_RANK_EXACT);
		return NULL;
	}
	TRY(heap_typing_judge(&search->typing, type, search->scan->shapes[vertex],
			      search_slot_size(search, vertex), edge_is_interior(edge), &mark));
	if (!mark || mark == *place)
		return NULL;
	if (heap_type_rank(*place) == TYPE_RANK_EXACT) {
		if (heap_type_rank(mark) < TYPE_RANK_POINTER)
			return NULL;
		TRY(heap_typing_refines(&search->typing, heap_type_number(mark),
					heap_type_number(*place), ret));
		if (*ret)
			*place = heap_type_mark(heap_type_number(mark), TYPE_RANK_EXACT);
		return NULL;
	}
	TRY(heap_typing_better(&search->typing, mark, *place, ret));
	if (*ret)
		*place = mark;
	return NULL;
}

/* Does so little lie ahead in the queue that there is nobody to look ahead for? */
static force_inline bool is_narrow(const struct search *search)
{
	return search->head == search->tail &&
	       (!search->head || search->head->count - search->taken < AHEAD_TARGETS);
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
	if (!heap_bit(search->spans->used, vertex))
		return NULL;
	if (type != HEAP_TYPE_UNKNOWN)
		TRY(type_target(search, edge, type, &changed));
	if (!heap_bit(search->reached, vertex)) {
		heap_bit_set(search->reached, vertex);
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
	if (!search->scan->types[vertex])
		return NULL;
	TRY(settle_type(search, vertex));
	uint32_t type = heap_type_number(search->scan->types[vertex]);
	if (type == HEAP_TYPE_UNKNOWN)
		return NULL;
	TRY(heap_typing_plan(&search->typing, type, shape, ret));
	if ((*ret)->fits)
		return NULL;
	search->scan->types[vertex] = 0;
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
		if (edge != EDGE_NONE && heap_bit(search->spans->used, edge_target(edge)))
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
	search->reached = calloc(count / 64 + 1, sizeof(*search->reached));
	if (!search->reached)
		return error_no_memory();
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
	while (search.head) {
		struct queue_block *next = search.head->next;
		free(search.head);
		search.head = next;
	}
	heap_typing_deinit(&search.typing);
	search_maps_deinit(&search);
	big_array_free(search.landmarks, landmarks_count(&scan->graph), sizeof(*search.landmarks));
	if (error)
		free(search.reached);
	else
		*ret_reached = search.reached;
	return error;
}
