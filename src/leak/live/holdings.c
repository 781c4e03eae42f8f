/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/live/holdings_private.h"

#include <string.h>

#include "heap/edge_names.h"
#include "heap/holders.h"
#include "heap/names.h"

/*
 * A map counts as large when one of its pieces takes so much: some hundred entries. What is smaller
 * cannot be what fills the memory, unless there are very many: then whatever has those grows. Where the
 * same work is done several times over, what is small tells as much.
 */
#define PIECE_LARGE  2048
#define MAPS_MAX     ((size_t)1 << 20)
#define SAMPLES_EACH 256
#define SAMPLE_TRIES 16
#define GLOBAL_LARGE (UINT64_C(32) << 10)
#define GLOBAL_SMALL UINT64_C(64)

static bool is_map(const struct heap *heap, uint32_t vertex)
{
	struct heap_type type;
	if (heap_object_type(heap, vertex) == HEAP_TYPE_UNKNOWN)
		return false;
	heap_types_get(heap->types, heap_object_type(heap, vertex), &type);
	return type.form == HEAP_MAP;
}

static bool has_piece(const struct heap *heap, uint32_t vertex, uint64_t least)
{
	const struct heap_graph *graph = &heap->scan.graph;
	for (uint32_t i = graph->rows[vertex]; i < graph->rows[vertex + 1]; i++) {
		if (graph->edges[i] == EDGE_NONE)
			continue;
		uint32_t piece = edge_target(graph->edges[i]);
		struct heap_type type = { .form = HEAP_VALUE };
		if (heap_object_type(heap, piece) != HEAP_TYPE_UNKNOWN)
			heap_types_get(heap->types, heap_object_type(heap, piece), &type);
		if (type.form == HEAP_MAP_DIRECTORY ||
		    (heap_is_map_piece(heap, piece) && heap_object_size(heap, piece) >= least))
			return true;
	}
	return false;
}

static struct error *list_maps(const struct heap *heap, struct live_holdings *holdings)
{
	uint64_t least = holdings->small ? 0 : PIECE_LARGE;
	for (uint32_t vertex = 0; vertex < heap->scan.graph.object_count; vertex++) {
		struct live_holding map = { .kind = HOLDING_MAP, .vertex = vertex };
		if (!heap_is_reached(heap, vertex) || !is_map(heap, vertex) ||
		    !has_piece(heap, vertex, least))
			continue;
		if (holdings->list.count == MAPS_MAX)
			break;
		map.address = heap_value_address(heap, vertex);
		TRY(live_holding_vector_append(&holdings->list, &map));
	}
	return NULL;
}

/* Both kinds of map begin with the number of their entries. */
static struct error *count_entries(const struct heap *heap, struct live_holdings *holdings)
{
	size_t count = holdings->list.count;
	_cleanup_(free_pointer) struct target_range *ranges = calloc(count + 1, sizeof(*ranges));
	_cleanup_(free_pointer) uint64_t *words = calloc(count + 1, sizeof(*words));
	if (!ranges || !words)
		return error_no_memory();
	for (size_t i = 0; i < count; i++) {
		ranges[i].address = holdings->list.items[i].address;
		ranges[i].length = sizeof(*words);
		ranges[i].into = &words[i];
	}
	TRY(target_read_ranges(runtime_target(heap->runtime), ranges, count));
	for (size_t i = 0; i < count; i++) {
		if (ranges[i].done && words[i] <= UINT32_MAX)
			holdings->list.items[i].entries = words[i];
	}
	return NULL;
}

static struct error *count_open(const struct heap *heap, struct live_holdings *ret)
{
	_cleanup_(closable_vector_deinit) struct closable_vector list = { 0 };
	TRY(closables_read(heap, &list));
	for (size_t i = 0; i < list.count; i++)
		ret->open[list.items[i].kind][!list.items[i].reached] += list.items[i].number > 2;
	return NULL;
}

struct error *live_holdings_read(struct heap *heap, const struct heap_views *views,
				 struct live_holdings *ret)
{
	if (ret->small)
		TRY(count_open(heap, ret));
	TRY(list_maps(heap, ret));
	TRY(count_entries(heap, ret));
	return holdings_read_slices(heap, views, ret);
}

/* An array that is most of it is exchanged for a larger one as it grows. */
static bool is_its_array(const struct weighing *weighing, const struct live_holding *holding,
			 uint32_t vertex)
{
	const struct heap *heap = weighing->heap;
	struct heap_type type = { .form = HEAP_VALUE };
	if (heap_object_type(heap, vertex) != HEAP_TYPE_UNKNOWN)
		heap_types_get(heap->types, heap_object_type(heap, vertex), &type);
	return type.form == HEAP_ARRAY && heap_retained(heap, vertex) >= holding->bytes / 2;
}

/* The pieces of maps come and go; that others are there tells whether it has let go of any. */
static bool is_sample(const struct weighing *weighing, const struct live_holding *holding,
		      uint32_t vertex)
{
	const struct heap *heap = weighing->heap;
	return vertex < heap->scan.graph.object_count && !heap_is_map_piece(heap, vertex) &&
	       !holdings_sync_is_own(weighing, holding, vertex) &&
	       !is_its_array(weighing, holding, vertex);
}

/* A few of what it holds alone, from all over it. */
static struct error *take_samples(struct weighing *weighing, struct live_holding *holding)
{
	const struct heap *heap = weighing->heap;
	const struct dominator_tree *tree = weighing->tree;
	struct live_holdings *holdings = weighing->holdings;
	uint32_t number = heap->dominators.numbers[holding->vertex];
	uint32_t first = tree->places[number] + 1, count = tree->sizes[number] - 1;
	uint32_t step = MAX(count / SAMPLES_EACH, 1u);
	holding->first_sample = holdings->samples.count;
	for (uint32_t at = step / 2; at < count; at += step) {
		uint32_t end = MIN(count, at + MIN(step, SAMPLE_TRIES));
		uint32_t vertex = VERTEX_NONE;
		for (uint32_t i = at; i < end && vertex == VERTEX_NONE; i++) {
			uint32_t one = heap->dominators.vertices[tree->order[first + i]];
			vertex = is_sample(weighing, holding, one) ? one : VERTEX_NONE;
		}
		if (vertex == VERTEX_NONE)
			continue;
		uint64_t address = heap_value_address(heap, vertex);
		TRY(u64_vector_append(&holdings->samples, &address));
	}
	holding->sample_count = holdings->samples.count - holding->first_sample;
	return NULL;
}

static uint64_t least_of(const struct weighing *weighing)
{
	return weighing->holdings->small ? GLOBAL_SMALL : GLOBAL_LARGE;
}

/* How much it holds; false: it cannot be reached, but from the runtime's own lists. */
static bool weigh_one(const struct weighing *weighing, struct live_holding *holding)
{
	const struct dominators *dominators = &weighing->heap->dominators;
	uint32_t number = dominators->numbers[holding->vertex];
	if (number == VERTEX_NONE)
		return false;
	holding->objects = weighing->tree->sizes[number] - 1;
	holding->bytes = dominators->retained[number];
	return true;
}

/* A slice holds as much of its array as it is long: it grows evenly, the array by leaps. */
static bool weigh_slice(const struct weighing *weighing, struct live_holding *slice)
{
	uint64_t length = slice->bytes;
	uint64_t array = heap_object_size(weighing->heap, slice->vertex);
	if (!weigh_one(weighing, slice))
		return false;
	slice->bytes = slice->bytes - MIN(array, slice->bytes) + length;
	return slice->bytes >= least_of(weighing);
}

/* Of two maps of one sync.Map the larger one counts; of two things at one address the first. */
static struct error *remember(struct weighing *weighing, size_t index, bool *ret_fresh)
{
	struct live_holding *holding = &weighing->holdings->list.items[index];
	struct map_slot *slot;
	TRY(map_insert(&weighing->holdings->by_address, holding->address, index, &slot));
	struct live_holding *first = &weighing->holdings->list.items[slot->value];
	*ret_fresh = slot->value == index;
	if (!*ret_fresh && first->kind == HOLDING_SYNC_MAP && holding->kind == HOLDING_SYNC_MAP) {
		first->entries = MAX(first->entries, holding->entries);
		first->partial |= holding->partial;
	}
	return NULL;
}

static bool weigh_any(const struct weighing *weighing, struct live_holding *holding)
{
	if (holding->kind == HOLDING_SLICE)
		return weigh_slice(weighing, holding);
	bool is_sync = holdings_in_sync_map(weighing, holding->vertex);
	if (is_sync)
		holdings_become_sync_map(weighing, holding);
	if (!weigh_one(weighing, holding))
		return false;
	if (is_sync)
		holdings_sync_count(weighing, holding);
	return true;
}

static struct error *weigh_read(struct weighing *weighing)
{
	struct live_holding_vector *list = &weighing->holdings->list;
	size_t kept = 0;
	for (size_t i = 0; i < list->count; i++) {
		struct live_holding holding = list->items[i];
		bool fresh;
		if (weighing->heap->dominators.numbers[holding.vertex] == VERTEX_NONE)
			continue;
		if (!weigh_any(weighing, &holding))
			continue;
		list->items[kept] = holding;
		TRY(remember(weighing, kept, &fresh));
		kept += fresh;
	}
	list->count = kept;
	return NULL;
}

/* Unless its address is another's already. */
static struct error *keep(struct weighing *weighing, const struct live_holding *holding)
{
	struct live_holding_vector *list = &weighing->holdings->list;
	bool fresh;
	TRY(live_holding_vector_append(list, holding));
	TRY(remember(weighing, list->count - 1, &fresh));
	list->count -= !fresh;
	return NULL;
}

static struct error *weigh_trees(struct weighing *weighing)
{
	const struct heap *heap = weighing->heap;
	for (uint32_t vertex = 0; vertex < heap->scan.graph.object_count; vertex++) {
		struct live_holding tree = { .kind = HOLDING_SYNC_MAP, .vertex = vertex };
		if (!holdings_is_sync_tree(weighing, vertex) || !weigh_one(weighing, &tree) ||
		    (!weighing->holdings->small && tree.objects * 16 < PIECE_LARGE))
			continue;
		tree.address = heap_value_address(heap, vertex);
		tree.entries = holdings_sync_tree_count(weighing, vertex);
		TRY(keep(weighing, &tree));
	}
	return NULL;
}

static struct error *weigh_globals(struct weighing *weighing)
{
	const struct heap *heap = weighing->heap;
	for (size_t i = 0; i < heap->roots.list.count; i++) {
		const struct heap_root *root = &heap->roots.list.items[i];
		struct live_holding global = {
			.kind = HOLDING_GLOBAL,
			.address = root->address,
			.vertex = heap->scan.graph.object_count + (uint32_t)i,
		};
		if (root->kind != HEAP_ROOT_GLOBAL || !weigh_one(weighing, &global) ||
		    global.bytes < least_of(weighing))
			continue;
		global.entries = global.objects;
		TRY(keep(weighing, &global));
	}
	return NULL;
}

/*
 * An object of no known type, which nothing else holds: where it keeps what it has, in a slice or a list,
 * cannot be told, but that it holds ever more can.
 */
static struct error *weigh_untyped(struct weighing *weighing)
{
	const struct heap *heap = weighing->heap;
	const struct dominator_tree *tree = weighing->tree;
	for (uint32_t child = dominator_tree_first(tree, 0); child;
	     child = dominator_tree_next(tree, 0, child)) {
		uint32_t vertex = heap->dominators.vertices[child];
		struct live_holding holding = { .kind = HOLDING_GLOBAL, .vertex = vertex };
		if (vertex >= heap->scan.graph.object_count ||
		    heap_object_type(heap, vertex) != HEAP_TYPE_UNKNOWN ||
		    !weigh_one(weighing, &holding) || holding.bytes < least_of(weighing))
			continue;
		holding.address = heap_value_address(heap, vertex);
		holding.entries = holding.objects;
		TRY(keep(weighing, &holding));
	}
	return NULL;
}

static struct error *weigh(struct weighing *weighing)
{
	const struct heap *heap = weighing->heap;
	struct live_holding_vector *list = &weighing->holdings->list;
	struct heap_totals totals;
	TRY(holdings_sync_types(weighing));
	TRY(weigh_read(weighing));
	TRY(weigh_trees(weighing));
	TRY(weigh_globals(weighing));
	TRY(weigh_untyped(weighing));
	for (size_t i = 0; i < list->count; i++)
		TRY(take_samples(weighing, &list->items[i]));
	heap_count(heap, &totals);
	weighing->holdings->reachable_bytes = totals.reachable_bytes;
	return NULL;
}

struct error *live_holdings_weigh(const struct heap *heap, const struct dominator_tree *tree,
				  struct live_holdings *holdings)
{
	struct weighing weighing = { .heap = heap, .tree = tree, .holdings = holdings };
	struct error *error = weigh(&weighing);
	holdings_sync_types_deinit(&weighing);
	return error;
}

void live_holdings_deinit(struct live_holdings *holdings)
{
	live_holding_vector_deinit(&holdings->list);
	u64_vector_deinit(&holdings->samples);
	u64_vector_deinit(&holdings->contents);
	map_deinit(&holdings->by_address);
	*holdings = (struct live_holdings){ 0 };
}

const struct live_holding *live_holdings_find(const struct live_holdings *holdings,
					      uint64_t address)
{
	const struct map_slot *slot = map_find(&holdings->by_address, address);
	return slot ? &holdings->list.items[slot->value] : NULL;
}
