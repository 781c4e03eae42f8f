/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/live/liveness_private.h"

/*
 * One search for all: a vertex is met once, and with the first way to what a goroutine waits for the
 * goroutine's own stack joins in. So this takes as long as the heap is large, however they depend on
 * each other.
 *
 * Where the answer is `never`, an error would lose trust, so that whatever is doubtful counts as
 * alive: what lies outside of the heap (a global), what could not be read, a wait in whose queue the
 * goroutine does not stand.
 */
static const struct goroutine *goroutine_at(const struct liveness *liveness, uint32_t index)
{
	return &liveness->heap->roots.goroutines->list.items[index];
}

uint32_t liveness_vertex(const struct heap *heap, uint64_t address)
{
	uint32_t edge = heap_spans_edge(&heap->spans, address);
	if (edge == EDGE_NONE || !heap_bit(heap->spans.used, edge_target(edge)))
		return VERTEX_NONE;
	return edge_target(edge);
}

/* What leads nowhere counts as met already. */
static void block(struct liveness *liveness, uint64_t address)
{
	const struct heap *heap = liveness->heap;
	uint32_t edge = address ? heap_spans_edge(&heap->spans, address) : EDGE_NONE;
	if (edge != EDGE_NONE && !edge_is_interior(edge))
		heap_bit_set(liveness->reached, edge_target(edge));
}

static bool is_candidate(const struct goroutine *goroutine)
{
	const struct wait *wait = &goroutine->wait;
	if (goroutine->state != GOROUTINE_WAITING || goroutine->system || goroutine->bubble)
		return false;
	switch (wait->kind) {
	case WAIT_NIL_CHANNEL:
	case WAIT_EMPTY_SELECT:
		return true;
	case WAIT_CHANNEL:
	case WAIT_SELECT:
		return wait->queued && wait->channel_count;
	case WAIT_MUTEX:
	case WAIT_RWMUTEX_READ:
	case WAIT_RWMUTEX_WRITE:
	case WAIT_COND:
	case WAIT_WAITGROUP:
		return wait->queued && wait->address;
	default:
		return false;
	}
}

static struct error *push(struct liveness *liveness, uint32_t vertex)
{
	__builtin_prefetch(&liveness->heap->scan.graph.rows[vertex]);
	return vertex_vector_append(&liveness->stack, &vertex);
}

/* It may be woken: from now on its stack counts, and what hangs off its descriptor. */
static struct error *revive(struct liveness *liveness, uint32_t goroutine)
{
	uint8_t *verdict = &liveness->verdicts[goroutine];
	if (*verdict != LIVENESS_NEVER)
		return NULL;
	*verdict = LIVENESS_WAKEABLE;
	return liveness->roots[goroutine] == VERTEX_NONE
		       ? NULL
		       : push(liveness, liveness->roots[goroutine]);
}

static struct error *revive_waiters(struct liveness *liveness, uint32_t vertex)
{
	const struct map_slot *slot = map_find(&liveness->by_object, vertex);
	uint32_t at = slot ? (uint32_t)slot->value : AWAITING_END;
	for (; at != AWAITING_END; at = liveness->waits.items[at].next)
		TRY(revive(liveness, liveness->waits.items[at].goroutine));
	return NULL;
}

static force_inline struct error *reach(struct liveness *liveness, uint32_t vertex)
{
	if (heap_bit(liveness->reached, vertex) || !heap_bit(liveness->heap->spans.used, vertex))
		return NULL;
	heap_bit_set(liveness->reached, vertex);
	if (heap_bit(liveness->awaited, vertex))
		TRY(revive_waiters(liveness, vertex));
	return push(liveness, vertex);
}

static struct error *reach_address(struct liveness *liveness, uint64_t address)
{
	uint32_t vertex = address ? liveness_vertex(liveness->heap, address) : VERTEX_NONE;
	return vertex == VERTEX_NONE ? NULL : reach(liveness, vertex);
}

static struct error *follow(struct liveness *liveness, uint32_t vertex)
{
	const struct heap_graph *graph = &liveness->heap->scan.graph;
	uint32_t end = graph->rows[vertex + 1];
	for (uint32_t i = graph->rows[vertex]; i < end; i++) {
		if (graph->edges[i] != EDGE_NONE)
			TRY(reach(liveness, edge_target(graph->edges[i])));
	}
	return NULL;
}

/* The goroutine's own: its descriptor, which nobody else leads to, and what it waits for. */
static struct error *follow_goroutine(struct liveness *liveness, const struct goroutine *goroutine)
{
	uint32_t descriptor = liveness_vertex(liveness->heap, goroutine->address);
	if (descriptor != VERTEX_NONE)
		TRY(follow(liveness, descriptor));
	for (uint32_t i = 0; i < goroutine->wait.channel_count; i++)
		TRY(reach_address(liveness, goroutine->wait.channels[i].address));
	return reach_address(liveness, goroutine->wait.address);
}

/*
 * Beside the roots that the collector has: an object that a weak pointer leads to can be reached by
 * it as long as somebody else holds it, be that somebody who never runs again.
 */
static struct error *follow_root(struct liveness *liveness, uint32_t vertex)
{
	const struct heap *heap = liveness->heap;
	const struct heap_root *root =
		&heap->roots.list.items[vertex - heap->scan.graph.object_count];
	TRY(follow(liveness, vertex));
	if (root->kind == HEAP_ROOT_WEAK)
		return reach_address(liveness, root->address);
	return root->kind == HEAP_ROOT_GOROUTINE
		       ? follow_goroutine(liveness, goroutine_at(liveness, root->goroutine))
		       : NULL;
}

static force_inline void look_ahead(const struct liveness *liveness)
{
	enum { AHEAD = 4 };
	const struct vertex_vector *stack = &liveness->stack;
	const struct heap_graph *graph = &liveness->heap->scan.graph;
	if (stack->count > AHEAD)
		__builtin_prefetch(&graph->edges[graph->rows[stack->items[stack->count - AHEAD]]]);
}

static struct error *drain(struct liveness *liveness)
{
	uint32_t objects = liveness->heap->scan.graph.object_count;
	while (liveness->stack.count) {
		look_ahead(liveness);
		uint32_t vertex = liveness->stack.items[--liveness->stack.count];
		TRY(vertex < objects ? follow(liveness, vertex) : follow_root(liveness, vertex));
	}
	return NULL;
}

/* False: it counts as something that can be reached. */
static struct error *await(struct liveness *liveness, uint32_t goroutine, uint64_t address,
			   bool *ret)
{
	uint32_t vertex = liveness_vertex(liveness->heap, address);
	struct map_slot *slot;
	*ret = vertex != VERTEX_NONE && !heap_bit(liveness->reached, vertex);
	if (!*ret)
		return NULL;
	size_t known = liveness->by_object.count;
	TRY(map_insert(&liveness->by_object, vertex, AWAITING_END, &slot));
	struct awaiting awaiting = {
		.goroutine = goroutine,
		.next = liveness->by_object.count > known ? AWAITING_END : (uint32_t)slot->value,
	};
	slot->value = liveness->waits.count;
	heap_bit_set(liveness->awaited, vertex);
	return awaiting_vector_append(&liveness->waits, &awaiting);
}

/* Suspend a candidate from the roots, unless it waits for what is no object of the heap. */
static struct error *suspend(struct liveness *liveness, const struct goroutine *goroutine)
{
	const struct wait *wait = &goroutine->wait;
	uint32_t index = goroutine->index;
	bool awaits = true;
	for (uint32_t i = 0; i < wait->channel_count && awaits; i++)
		TRY(await(liveness, index, wait->channels[i].address, &awaits));
	if (awaits && wait->address)
		TRY(await(liveness, index, wait->address, &awaits));
	liveness->verdicts[index] = awaits ? LIVENESS_NEVER : LIVENESS_WAKEABLE;
	return NULL;
}

/* Nobody's descriptor, and no record of a wait that is understood, leads anywhere. */
static void block_records(struct liveness *liveness, const struct goroutine *goroutine)
{
	const struct wait *wait = &goroutine->wait;
	block(liveness, goroutine->address);
	if (!is_candidate(goroutine))
		return;
	block(liveness, wait->record);
	for (uint32_t i = 0; i < wait->channel_count; i++)
		block(liveness, wait->channels[i].record);
}

static struct error *suspend_all(struct liveness *liveness)
{
	const struct goroutine_vector *list = &liveness->heap->roots.goroutines->list;
	for (size_t i = 0; i < list->count; i++)
		block_records(liveness, &list->items[i]);
	for (size_t i = 0; i < list->count; i++) {
		if (is_candidate(&list->items[i]))
			TRY(suspend(liveness, &list->items[i]));
	}
	return NULL;
}

/*
 * All roots but the suspended ones, and but the blocks that processors cut small values from: those are
 * never used again for the values that were cut before.
 */
static struct error *start(struct liveness *liveness)
{
	const struct heap *heap = liveness->heap;
	const uint64_t processors = liveness->without_globals
					    ? runtime_global(heap->runtime, GLOBAL_ALLP)
					    : 0;
	for (size_t i = 0; i < heap->roots.list.count; i++) {
		const struct heap_root *root = &heap->roots.list.items[i];
		uint32_t vertex = heap->scan.graph.object_count + (uint32_t)i;
		if (root->kind == HEAP_ROOT_GOROUTINE) {
			liveness->roots[root->goroutine] = vertex;
			if (liveness->verdicts[root->goroutine] == LIVENESS_NEVER)
				continue;
		}
		if (root->kind == HEAP_ROOT_TINY)
			continue;
		/* The processors have the timers. */
		if (root->kind == HEAP_ROOT_GLOBAL && liveness->without_globals &&
		    root->address != processors)
			continue;
		TRY(push(liveness, vertex));
		TRY(drain(liveness));
	}
	return NULL;
}

struct error *liveness_reach(struct liveness *liveness, uint32_t vertex)
{
	TRY(reach(liveness, vertex));
	return drain(liveness);
}

static const char *doubt_of(const struct heap *heap)
{
	const struct goroutines *goroutines = heap->roots.goroutines;
	if (heap->warning_count)
		return "Not all of the heap could be looked through: see the warning.";
	if (goroutines->torn || goroutines->unreadable || !goroutines->complete)
		return "Not all goroutines could be read at one moment.";
	if (heap->roots.blind)
		return "What a running thread had in its registers, or all of a stack, is not known.";
	return NULL;
}

static struct error *allocate(struct liveness *liveness)
{
	const struct heap *heap = liveness->heap;
	size_t goroutines = heap->roots.goroutines->list.count + 1;
	size_t words = heap->scan.graph.object_count / 64 + 1;
	liveness->verdicts = calloc(goroutines, sizeof(*liveness->verdicts));
	liveness->roots = malloc(goroutines * sizeof(*liveness->roots));
	liveness->reached = calloc(words, sizeof(*liveness->reached));
	liveness->awaited = calloc(words, sizeof(*liveness->awaited));
	if (!liveness->verdicts || !liveness->roots || !liveness->reached || !liveness->awaited)
		return error_no_memory();
	for (size_t i = 0; i < goroutines; i++)
		liveness->roots[i] = VERTEX_NONE;
	return NULL;
}

static struct error *find(struct heap *heap, bool without_globals, struct liveness **ret)
{
	_cleanup_(liveness_cleanup) struct liveness *liveness = calloc(1, sizeof(*liveness));
	if (!liveness)
		return error_no_memory();
	liveness->heap = heap;
	liveness->doubt = doubt_of(heap);
	liveness->without_globals = without_globals;
	TRY(allocate(liveness));
	TRY(suspend_all(liveness));
	TRY(start(liveness));
	vertex_vector_deinit(&liveness->stack);
	*ret = TAKE_PTR(liveness);
	return NULL;
}

struct error *liveness_find(struct heap *heap, struct liveness **ret)
{
	return find(heap, false, ret);
}

struct error *liveness_find_driven(struct heap *heap, struct liveness **ret)
{
	return find(heap, true, ret);
}

void liveness_destroy(struct liveness *liveness)
{
	if (!liveness)
		return;
	free(liveness->verdicts);
	free(liveness->roots);
	free(liveness->reached);
	free(liveness->awaited);
	map_deinit(&liveness->by_object);
	awaiting_vector_deinit(&liveness->waits);
	vertex_vector_deinit(&liveness->stack);
	free(liveness);
}

enum liveness_verdict liveness_of(const struct liveness *liveness,
				  const struct goroutine *goroutine)
{
	return liveness->verdicts[goroutine->index];
}

uint32_t liveness_root(const struct liveness *liveness, const struct goroutine *goroutine)
{
	return liveness->roots[goroutine->index];
}

bool liveness_reaches(const struct liveness *liveness, uint32_t vertex)
{
	return vertex >= liveness->heap->scan.graph.object_count ||
	       heap_bit(liveness->reached, vertex);
}

const char *liveness_doubt(const struct liveness *liveness)
{
	return liveness->doubt;
}
