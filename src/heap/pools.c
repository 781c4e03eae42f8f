/* SPDX-License-Identifier: Apache-2.0 */
#include "heap/pools.h"

#include <string.h>

#include "base/map.h"
#include "binary/code.h"

#define POOLS_MAX      UINT64_C(65536)
#define PIECES_MAX     ((size_t)1 << 20)
#define REFERENCES_MAX 64

DEFINE_VECTOR(vertex_vector, uint32_t);

/*
 * Where the two lists are. Without symbols by the function that empties pools at a collection, which
 * looks at both; `ret` are candidates: they are believed when what is there is a list.
 */
static struct error *find_lists(const struct binary *binary, uint64_t ret[REFERENCES_MAX],
				size_t *ret_count)
{
	struct elf_symbol symbols[] = {
		{ .name = "sync.allPools" },
		{ .name = "sync.oldPools" },
	};
	const struct module *module = &binary->modules[0];
	struct function function;
	*ret_count = 0;
	TRY(binary_find_symbols(binary, symbols, ARRAY_SIZE(symbols)));
	if (symbols[0].found && symbols[1].found) {
		ret[0] = symbols[0].address;
		ret[1] = symbols[1].address;
		*ret_count = 2;
		return NULL;
	}
	if (pclntab_find_named(module->functions, "sync.poolCleanup", &function) &&
	    error_ignore(code_data_references(
		    binary, &function, MIN(module->noptrdata, module->data),
		    MAX(module->noptrbss_end, module->bss_end), ret, REFERENCES_MAX, ret_count)))
		*ret_count = MIN(*ret_count, (size_t)REFERENCES_MAX);
	return NULL;
}

static uint32_t vertex_at(const struct heap *heap, uint64_t address)
{
	uint32_t edge = heap_spans_edge(&heap->spans, address);
	if (edge == EDGE_NONE || !heap_bit(heap->spans.used, edge_target(edge)) ||
	    !heap_is_reached(heap, edge_target(edge)))
		return VERTEX_NONE;
	return edge_target(edge);
}

static struct error *add_pool(const struct heap *heap, uint64_t address, struct map *seen,
			      struct heap_pool_vector *ret)
{
	const struct layout *layout = &runtime_binary(heap->runtime)->layout;
	struct target *target = runtime_target(heap->runtime);
	uint64_t local, victim;
	struct map_slot *slot;
	size_t before = seen->count;
	if (!address || address == UINT64_MAX ||
	    !error_ignore(
		    target_read_u64(target, address + (uint64_t)layout->sync_pool_local, &local)) ||
	    !error_ignore(
		    target_read_u64(target, address + (uint64_t)layout->sync_pool_victim, &victim)))
		return NULL;
	TRY(map_insert(seen, address, 0, &slot));
	const struct heap_pool pool = {
		.address = address,
		.locals = vertex_at(heap, local),
		.victims = vertex_at(heap, victim),
	};
	if (seen->count == before || (pool.locals == VERTEX_NONE && pool.victims == VERTEX_NONE))
		return NULL;
	return heap_pool_vector_append(ret, &pool);
}

/* A list of pools is a slice in the heap. */
static struct error *read_list(const struct heap *heap, uint64_t place, struct map *seen,
			       struct heap_pool_vector *ret)
{
	struct target *target = runtime_target(heap->runtime);
	uint64_t slice[3];
	if (!error_ignore(target_read(target, place, slice, sizeof(slice))) || !slice[1] ||
	    slice[1] > slice[2] || slice[2] > POOLS_MAX)
		return NULL;
	uint32_t vertex = vertex_at(heap, slice[0]);
	if (vertex == VERTEX_NONE || heap_object_size(heap, vertex) < slice[2] * 8)
		return NULL;
	_cleanup_(free_pointer) uint64_t *pools = malloc(slice[1] * sizeof(*pools));
	if (!pools)
		return error_no_memory();
	if (!error_ignore(target_read(target, slice[0], pools, slice[1] * sizeof(*pools))))
		return NULL;
	for (uint64_t i = 0; i < slice[1]; i++)
		TRY(add_pool(heap, pools[i], seen, ret));
	return NULL;
}

struct error *heap_pools_find(const struct heap *heap, struct heap_pool_vector *ret)
{
	const struct binary *binary = runtime_binary(heap->runtime);
	uint64_t places[REFERENCES_MAX];
	_cleanup_(map_deinit) struct map seen = { 0 };
	size_t count;
	if (binary->layout.sync_pool_local < 0 || binary->layout.sync_pool_victim < 0)
		return NULL;
	TRY(find_lists(binary, places, &count));
	for (size_t i = 0; i < count; i++)
		TRY(read_list(heap, places[i], &seen, ret));
	return NULL;
}

/* Which types are pieces of a pool: a flag for each number. */
static struct error *is_piece(const struct heap *heap, uint32_t vertex, bool *ret)
{
	const char *name;
	TRY(heap_types_name(heap->types, heap_object_type(heap, vertex), &name));
	*ret = strcmp(name, "sync.poolChainElt") == 0 || strcmp(name, "[]sync.eface") == 0 ||
	       strcmp(name, "[]sync.poolLocal") == 0;
	return NULL;
}

struct error *heap_pool_items(const struct heap *heap, uint32_t array, heap_pool_visitor *visit,
			      void *argument)
{
	const struct heap_graph *graph = &heap->scan.graph;
	_cleanup_(vertex_vector_deinit) struct vertex_vector queue = { 0 };
	_cleanup_(map_deinit) struct map seen = { 0 };
	struct map_slot *slot;
	TRY(map_insert(&seen, array, 0, &slot));
	TRY(vertex_vector_append(&queue, &array));
	for (size_t i = 0; i < queue.count && i < PIECES_MAX; i++) {
		uint32_t piece = queue.items[i];
		for (uint32_t at = graph->rows[piece]; at < graph->rows[piece + 1]; at++) {
			uint32_t target = edge_target(graph->edges[at]);
			bool more;
			if (graph->edges[at] == EDGE_NONE || !heap_bit(heap->spans.used, target))
				continue;
			TRY(is_piece(heap, target, &more));
			if (!more) {
				TRY(visit(argument, target));
				continue;
			}
			size_t before = seen.count;
			TRY(map_insert(&seen, target, 0, &slot));
			if (seen.count > before)
				TRY(vertex_vector_append(&queue, &target));
		}
	}
	return NULL;
}
