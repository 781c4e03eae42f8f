/* SPDX-License-Identifier: Apache-2.0 */
#include "heap/heap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/progress.h"
#include "heap/digest.h"
#include "heap/search.h"

DEFINE_VECTOR(edge_vector, uint32_t);

/* A word that may be no pointer counts when an object in use is there. */
static uint32_t root_edge(const struct heap_spans *spans, const struct heap_root_pointer *pointer)
{
	uint32_t edge = heap_spans_edge(spans, pointer->value);
	if (edge == EDGE_NONE)
		return edge;
	uint32_t vertex = edge_target(edge);
	if (!heap_bit(spans->used, vertex) ||
	    (pointer->conservative && spans->dead && heap_bit(spans->dead, vertex)))
		return EDGE_NONE;
	return edge;
}

/*
 * What the object points to, instead of it. An object has one finalizer: where records say more,
 * *left is soon used up.
 */
static struct error *append_through(struct heap *heap, uint32_t edge, uint64_t *left,
				    struct edge_vector *into)
{
	const struct heap_graph *graph = &heap->scan.graph;
	if (edge == EDGE_NONE)
		return NULL;
	uint32_t first = graph->rows[edge_target(edge)];
	uint32_t count = graph->rows[edge_target(edge) + 1] - first;
	if (count > *left) {
		heap->spans.damaged = true;
		return NULL;
	}
	*left -= count;
	TRY(edge_vector_reserve(into, into->count + count));
	memcpy(into->items + into->count, graph->edges + first, count * sizeof(*into->items));
	into->count += count;
	return NULL;
}

static struct error *append_roots(struct heap *heap)
{
	_cleanup_(edge_vector_deinit) struct edge_vector edges = { 0 };
	uint64_t left = heap->scan.edge_count;
	TRY(heap_scan_expect(&heap->scan, heap->roots.list.count));
	for (size_t i = 0; i < heap->roots.list.count; i++) {
		const struct heap_root *root = &heap->roots.list.items[i];
		edges.count = 0;
		for (size_t k = root->first; k < root->first + root->count; k++) {
			uint32_t edge = root_edge(&heap->spans, &heap->roots.pointers.items[k]);
			if (root->through)
				TRY(append_through(heap, edge, &left, &edges));
			else
				TRY(edge_vector_append(&edges, &edge));
		}
		TRY(heap_scan_append(&heap->scan, edges.items, edges.count));
	}
	return NULL;
}

void heap_note_warnings(struct heap *heap)
{
	const char *texts[HEAP_WARNINGS_MAX] = {
		heap->spans.damaged
			? "the runtime's accounts of its heap contradict each other: what made no "
			  "sense was left out, and the totals may be wrong"
			: NULL,
		heap->scan.unreadable
			? "some of the heap's memory is not there: what it leads to may be missing"
			: NULL,
		heap->roots.problem,
	};
	for (size_t i = 0; i < HEAP_WARNINGS_MAX; i++) {
		if (texts[i])
			heap->warnings[heap->warning_count++] = texts[i];
	}
}

#define ROW_BYTES  10 /* with the shape and the type */
#define EDGE_BYTES 4

/* With an edge for each slot, which is little: as they become more, the scan asks again. */
static struct error *check_graph(const struct heap *heap)
{
	char what[64];
	uint64_t slots = heap->spans.vertex_count;
	snprintf(what, sizeof(what), "a heap of %llu slots", (unsigned long long)slots);
	return heap_room_check(&heap->room, slots * (ROW_BYTES + EDGE_BYTES), what);
}

static struct error *read_all(struct heap *heap)
{
	_cleanup_(address_range_vector_deinit) struct address_range_vector ranges = { 0 };
	TRY(heap_types_create(heap->runtime, &heap->types));
	TRY(heap_ranges_read(heap->runtime, &ranges));
	TRY(heap_spans_read(heap->runtime, &heap->spans));
	TRY(check_graph(heap));
	TRY(heap_scan_run(heap->runtime, &heap->spans, heap->types, &heap->room, &heap->scan));
	progress_begin("looking for roots", 0);
	TRY(heap_roots_find(heap->runtime, heap->types, &ranges, &heap->roots));
	return append_roots(heap);
}

struct error *heap_read(struct runtime *runtime, struct heap **ret)
{
	return heap_read_within(runtime, &(struct heap_room){ 0 }, ret);
}

struct error *heap_read_within(struct runtime *runtime, const struct heap_room *room,
			       struct heap **ret)
{
	_cleanup_(heap_cleanup) struct heap *heap = calloc(1, sizeof(*heap));
	if (!heap)
		return error_no_memory();
	heap->runtime = runtime;
	heap->room = *room;
	TRY(read_all(heap));
	heap_note_warnings(heap);
	*ret = TAKE_PTR(heap);
	return NULL;
}

struct error *heap_search(struct heap *heap)
{
	progress_begin("searching", 0);
	return heap->reached ? NULL
			     : heap_search_run(&heap->spans, heap->types, &heap->roots, &heap->scan,
					       &heap->reached);
}

void heap_destroy(struct heap *heap)
{
	if (!heap)
		return;
	heap_digest_destroy(heap->digest);
	dominators_deinit(&heap->dominators);
	free(heap->reached);
	heap_roots_deinit(&heap->roots);
	heap_scan_deinit(&heap->scan);
	heap_spans_deinit(&heap->spans);
	heap_types_destroy(heap->types);
	free(heap);
}

uint64_t heap_object_size(const struct heap *heap, uint32_t vertex)
{
	if (vertex >= heap->scan.graph.object_count)
		return 0;
	uint32_t size = heap->scan.shape_list.list[heap->scan.shapes[vertex]].size;
	return size ? size : heap_spans_of(&heap->spans, vertex)->slot_size;
}

static uint64_t weight(const void *argument, uint32_t vertex)
{
	return heap_object_size(argument, vertex);
}

/*
 * Which types have a pointer to one of a goroutine's descriptors: a flag for each number up to
 * `count`. Asking for layouts makes more, which no object is of.
 */
static struct error *find_pointing(struct heap *heap, uint32_t descriptor, uint32_t count,
				   bool *ret)
{
	for (uint32_t type = 1; type <= count; type++) {
		const struct heap_type_layout *layout;
		TRY(heap_types_layout(heap->types, type, &layout));
		for (size_t i = 0; i < layout->slot_count && !ret[type]; i++)
			ret[type] = layout->slots[i].pointee == descriptor;
	}
	return NULL;
}

/*
 * A goroutine lives by itself, and not because the runtime's lists, or a channel at which it waits,
 * lead to its descriptor: for the question of who holds what, only its root does.
 */
static void cut_edges(struct heap *heap, const bool *pointing, const uint64_t *goroutines)
{
	struct heap_graph *graph = &heap->scan.graph;
	for (uint32_t vertex = 0; vertex < graph->object_count; vertex++) {
		if (!pointing[heap_object_type(heap, vertex)])
			continue;
		for (uint32_t i = graph->rows[vertex]; i < graph->rows[vertex + 1]; i++) {
			if (graph->edges[i] != EDGE_NONE &&
			    heap_bit(goroutines, edge_target(graph->edges[i])))
				graph->edges[i] = EDGE_NONE;
		}
	}
}

static struct error *cut_goroutines(struct heap *heap)
{
	_cleanup_(free_pointer) uint64_t *goroutines =
		calloc(heap->scan.graph.object_count / 64 + 1, sizeof(*goroutines));
	_cleanup_(free_pointer) bool *pointing = NULL;
	uint32_t descriptor = HEAP_TYPE_UNKNOWN;
	if (!goroutines)
		return error_no_memory();
	for (size_t i = 0; i < heap->roots.list.count; i++) {
		const struct heap_root *root = &heap->roots.list.items[i];
		if (root->kind != HEAP_ROOT_GOROUTINE)
			continue;
		uint32_t edge = heap_spans_edge(&heap->spans, root->address);
		if (edge == EDGE_NONE)
			continue;
		heap_bit_set(goroutines, edge_target(edge));
		descriptor = heap_object_type(heap, edge_target(edge));
	}
	if (descriptor == HEAP_TYPE_UNKNOWN)
		return NULL;
	uint32_t types = heap_types_count(heap->types);
	pointing = calloc((size_t)types + 1, sizeof(*pointing));
	if (!pointing)
		return error_no_memory();
	TRY(find_pointing(heap, descriptor, types, pointing));
	cut_edges(heap, pointing, goroutines);
	return NULL;
}

/*
 * Numbers, vertices and parents, 4 bytes each, beside either edges with both ends, or what takes
 * their place (see dominators_private.h); then what is retained, 8 bytes, beside the tree of it all,
 * which groups are summed by.
 */
static struct error *check_dominators(const struct heap *heap)
{
	char what[64];
	uint64_t vertices = heap->scan.graph.vertex_count, edges = heap->scan.edge_count;
	snprintf(what, sizeof(what), "to find out who holds %llu objects",
		 (unsigned long long)vertices);
	uint64_t finding = 12 * vertices + 8 * MAX(edges, vertices);
	return heap_room_check(&heap->room, MAX(finding, 32 * vertices), what);
}

struct error *heap_dominate(struct heap *heap)
{
	if (heap->dominators.count)
		return NULL;
	TRY(check_dominators(heap));
	progress_begin("finding out who holds what", 0);
	TRY(cut_goroutines(heap));
	return dominators_compute(&heap->scan.graph, heap->spans.used, weight, heap,
				  &heap->dominators);
}

void heap_count(const struct heap *heap, struct heap_totals *ret)
{
	const struct heap_spans *spans = &heap->spans;
	if (heap->digest) {
		*ret = heap->digest->totals;
		return;
	}
	*ret = (struct heap_totals){ 0 };
	for (size_t i = 0; i < spans->list.count; i++) {
		const struct heap_span *span = &spans->list.items[i];
		for (uint32_t vertex = span->first; vertex < span->first + span->count; vertex++) {
			if (!heap_bit(spans->used, vertex))
				continue;
			ret->objects++;
			ret->bytes += span->slot_size;
			if (heap_bit(heap->reached, vertex)) {
				ret->reachable_objects++;
				ret->reachable_bytes += span->slot_size;
				if (heap_object_type(heap, vertex) != HEAP_TYPE_UNKNOWN)
					ret->typed_bytes += span->slot_size;
			} else if (spans->dead && heap_bit(spans->dead, vertex)) {
				ret->dead_objects++;
				ret->dead_bytes += span->slot_size;
			}
		}
	}
}
