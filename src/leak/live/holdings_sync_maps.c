/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/live/holdings_private.h"

#include <string.h>

#include "heap/edge_names.h"
#include "heap/holders.h"
#include "leak/live/library.h"

/*
 * What a sync.Map keeps its entries in: up to Go 1.23 a map that is read and one that is written;
 * then a tree of nodes, of which the first one stays.
 *
 * The map that is read keeps the key and the entry of what was deleted until the other map takes its
 * place. Such an entry points at nothing, or at a mark that all of them share; an entry that has a
 * value points at an interface of its own.
 */
#define ENTRY_DEPTH                                                                                \
	8 /* from an entry over a bucket, a map and what is read to the sync.Map, at most */

static const char *const sync_maps[] = { "map[interface {}]*sync.entry", "map[any]*sync.entry" };
static const char *const sync_entries[] = {
	"sync.entry", "sync.entry[interface {},interface {}]", "sync.entry[any,any]",
	"sync.entry[go.shape.interface {},go.shape.interface {}]"
};
static const char *const sync_nodes[] = {
	"sync.indirect[interface {},interface {}]", "sync.indirect[any,any]",
	"sync.indirect[go.shape.interface {},go.shape.interface {}]"
};

/* By type: whether it has one of the names. */
static struct error *types_named(const struct heap *heap, const char *const *names, size_t count,
				 uint8_t **ret)
{
	uint32_t types = heap_types_count(heap->types) + 1;
	uint8_t *named = calloc(types, 1);
	if (!named)
		return error_no_memory();
	*ret = named;
	for (uint32_t type = 1; type < types; type++) {
		const char *name;
		if (!error_ignore(heap_types_name(heap->types, type, &name)))
			continue;
		for (size_t i = 0; i < count; i++)
			named[type] |= strcmp(name, names[i]) == 0;
	}
	return NULL;
}

struct error *holdings_sync_types(struct weighing *weighing)
{
	const struct heap *heap = weighing->heap;
	TRY(types_named(heap, sync_maps, ARRAY_SIZE(sync_maps), &weighing->maps));
	TRY(types_named(heap, sync_entries, ARRAY_SIZE(sync_entries), &weighing->entries));
	return types_named(heap, sync_nodes, ARRAY_SIZE(sync_nodes), &weighing->nodes);
}

void holdings_sync_types_deinit(struct weighing *weighing)
{
	free(weighing->maps);
	free(weighing->entries);
	free(weighing->nodes);
}

static bool is_of(const struct weighing *weighing, const uint8_t *types, uint32_t vertex)
{
	return vertex < weighing->heap->scan.graph.object_count &&
	       types[heap_object_type(weighing->heap, vertex)];
}

static uint64_t address_of(const struct heap *heap, uint32_t vertex)
{
	const struct heap_root *root = heap_vertex_root(heap, vertex);
	return root ? root->address : heap_value_address(heap, vertex);
}

bool holdings_in_sync_map(const struct weighing *weighing, uint32_t vertex)
{
	return is_of(weighing, weighing->maps, vertex);
}

void holdings_become_sync_map(const struct weighing *weighing, struct live_holding *holding)
{
	const struct heap *heap = weighing->heap;
	uint32_t vertex = holding->vertex;
	/* What is read lies in a struct of its own, which holds nothing else. */
	for (int i = 0; i < 2; i++) {
		uint32_t above = library_dominator(heap, vertex);
		const char *name = "";
		if (above == VERTEX_NONE)
			break;
		vertex = above;
		if (above >= heap->scan.graph.object_count ||
		    !error_ignore(
			    heap_types_name(heap->types, heap_object_type(heap, above), &name)) ||
		    strcmp(name, "sync.readOnly") != 0)
			break;
	}
	holding->kind = HOLDING_SYNC_MAP;
	holding->vertex = vertex;
	holding->address = address_of(heap, vertex);
}

/* Not of another sync.Map, which is in what an entry holds. */
static bool is_entry_of(const struct weighing *weighing, uint32_t entry, uint32_t owner)
{
	uint32_t above = entry;
	for (int i = 0; i < ENTRY_DEPTH; i++) {
		above = library_dominator(weighing->heap, above);
		if (above == owner)
			return true;
		if (above == VERTEX_NONE || is_of(weighing, weighing->entries, above))
			return false;
	}
	return false;
}

/*
 * Of what has no type it is not known to have both maps: in a stripped program two words of one global may be
 * two roots, each with one of the maps, and what both maps have is neither's.
 */
static bool is_known(const struct heap *heap, uint32_t vertex)
{
	const struct heap_root *root = heap_vertex_root(heap, vertex);
	return root ? root->name != NULL : heap_object_type(heap, vertex) != HEAP_TYPE_UNKNOWN;
}

void holdings_sync_count(const struct weighing *weighing, struct live_holding *holding)
{
	const struct dominators *dominators = &weighing->heap->dominators;
	const struct dominator_tree *tree = weighing->tree;
	uint32_t number = dominators->numbers[holding->vertex], first = tree->places[number];
	uint64_t entries = 0, values = 0;
	for (uint32_t i = 1; i < tree->sizes[number]; i++) {
		uint32_t at = tree->order[first + i], vertex = dominators->vertices[at];
		if (!is_of(weighing, weighing->entries, vertex) ||
		    !is_entry_of(weighing, vertex, holding->vertex))
			continue;
		entries++;
		values += tree->sizes[at] > 1;
	}
	/* Where the types of entries are not known the map's own word stands. */
	holding->in_entries = entries != 0;
	holding->partial = !entries || !is_known(weighing->heap, holding->vertex);
	if (entries)
		holding->entries = values;
}

bool holdings_is_sync_tree(const struct weighing *weighing, uint32_t vertex)
{
	const struct heap *heap = weighing->heap;
	return is_of(weighing, weighing->nodes, vertex) && heap_is_reached(heap, vertex) &&
	       !is_of(weighing, weighing->nodes, library_dominator(heap, vertex));
}

/*
 * Entries, with those of one hash, which lead to each other. Where their type is not known it is what a node
 * holds itself, is no node and has pointers: the block that two small keys share has none.
 */
uint64_t holdings_sync_tree_count(const struct weighing *weighing, uint32_t vertex)
{
	const struct heap_graph *graph = &weighing->heap->scan.graph;
	const struct dominators *dominators = &weighing->heap->dominators;
	const struct dominator_tree *tree = weighing->tree;
	uint32_t number = dominators->numbers[vertex], first = tree->places[number];
	uint64_t entries = 0, others = 0;
	for (uint32_t i = 1; i < tree->sizes[number]; i++) {
		uint32_t below = dominators->vertices[tree->order[first + i]];
		entries += is_of(weighing, weighing->entries, below);
		others += !is_of(weighing, weighing->nodes, below) && below < graph->object_count &&
			  graph->rows[below] < graph->rows[below + 1] &&
			  is_of(weighing, weighing->nodes,
				library_dominator(weighing->heap, below));
	}
	return entries ? entries : others;
}

/* A value: what the interface that an entry points at leads to, or that interface, where it holds all. */
static bool is_value(const struct weighing *weighing, uint32_t vertex)
{
	const struct heap *heap = weighing->heap;
	uint32_t above = library_dominator(heap, vertex);
	if (above == VERTEX_NONE)
		return false;
	if (is_of(weighing, weighing->entries, above))
		return weighing->tree->sizes[heap->dominators.numbers[vertex]] == 1;
	return is_of(weighing, weighing->entries, library_dominator(heap, above));
}

bool holdings_sync_is_own(const struct weighing *weighing, const struct live_holding *holding,
			  uint32_t vertex)
{
	if (is_of(weighing, weighing->nodes, vertex) || is_of(weighing, weighing->maps, vertex) ||
	    is_of(weighing, weighing->entries, vertex))
		return true;
	/* The key of what was deleted stays, too: only values tell. */
	return holding->kind == HOLDING_SYNC_MAP && holding->in_entries &&
	       !is_value(weighing, vertex);
}
