/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/live/growing_private.h"

#include <string.h>

#include "binary/calls.h"
#include "leak/live/callers.h"

/*
 * Looks cannot tell whether a map only grows, or has lost nothing yet. But the compiler calls the runtime with the map's
 * type wherever something is deleted: if no such call is in the program, nothing ever is. A generic
 * function has the type from its caller, and may delete from any map.
 */
#define ENTRIES_MAX   64
#define ADDRESSES_MAX 8

static const char *const map_deletions[] = {
	"runtime.mapdelete",         "runtime.mapdelete_fast32", "runtime.mapdelete_fast64",
	"runtime.mapdelete_faststr", "runtime.mapclear",         NULL,
};

/* As the compiler calls what a sync.Map is made of, when it has moved its methods' code to their callers. */
#define TRIE "[go.shape.interface {},go.shape.interface {}]"

static const char *const sync_map_deletions[] = {
	"sync.(*Map).Delete",
	"sync.(*Map).LoadAndDelete",
	"sync.(*Map).CompareAndDelete",
	"sync.(*Map).Clear",
	"internal/sync.(*HashTrieMap" TRIE ").Delete",
	"internal/sync.(*HashTrieMap" TRIE ").LoadAndDelete",
	"internal/sync.(*HashTrieMap" TRIE ").CompareAndDelete",
	"internal/sync.(*HashTrieMap" TRIE ").Clear",
	NULL,
};

static size_t find_entries(const struct binary *binary, uint64_t ret[ENTRIES_MAX])
{
	size_t count = 0;
	for (size_t i = 0; map_deletions[i]; i++) {
		for (size_t m = 0; m < binary->module_count && count < ENTRIES_MAX; m++) {
			struct function function;
			if (pclntab_find_named(binary->modules[m].functions, map_deletions[i],
					       &function))
				ret[count++] = function.entry;
		}
	}
	return count;
}

/* The runtime and reflection have the type of whatever they are handed: nobody need ever do that. */
static bool is_runtimes(const char *function)
{
	return strncmp(function, "runtime.", 8) == 0 || strncmp(function, "reflect.", 8) == 0 ||
	       strncmp(function, "internal/", 9) == 0;
}

static struct error *add_call(const struct binary *binary, uint64_t pc,
			      struct growing_deletions *deletions)
{
	uint64_t addresses[ADDRESSES_MAX];
	struct function function;
	if (!binary_function(binary, pc - 1, &function) || is_runtimes(function.name))
		return NULL;
	deletions->from_any |= strchr(function.name, '[') != NULL;
	size_t count = call_addresses(binary, pc, addresses, ADDRESSES_MAX);
	for (size_t i = 0; i < count; i++)
		TRY(u64_vector_append(&deletions->types, &addresses[i]));
	return NULL;
}

static int compare_addresses(const void *left, const void *right)
{
	const uint64_t *a = left, *b = right;
	return *a < *b ? -1 : *a > *b;
}

/* The code is looked through once, however many maps are asked about. */
static struct error *read_maps(const struct live_evidence *evidence,
			       struct growing_deletions *deletions)
{
	const struct binary *binary = runtime_binary(evidence->heap->runtime);
	_cleanup_(call_vector_deinit) struct call_vector calls = { 0 };
	uint64_t entries[ENTRIES_MAX];
	if (deletions->has_maps)
		return NULL;
	TRY(calls_find(binary, entries, find_entries(binary, entries), &calls));
	for (size_t i = 0; i < calls.count; i++)
		TRY(add_call(binary, calls.items[i].pc, deletions));
	if (deletions->types.count)
		qsort(deletions->types.items, deletions->types.count, sizeof(uint64_t),
		      compare_addresses);
	deletions->has_maps = true;
	return NULL;
}

struct error *growing_deletes_from(const struct live_evidence *evidence,
				   struct growing_deletions *deletions, uint32_t type, bool *ret)
{
	struct heap_type map;
	*ret = type == HEAP_TYPE_UNKNOWN;
	if (*ret)
		return NULL;
	TRY(read_maps(evidence, deletions));
	heap_types_get(evidence->heap->types, type, &map);
	*ret = deletions->from_any ||
	       (deletions->types.count &&
		bsearch(&map.descriptor, deletions->types.items, deletions->types.count,
			sizeof(uint64_t), compare_addresses));
	return NULL;
}

static struct error *read_sync_maps(const struct live_evidence *evidence, struct findings *findings,
				    struct growing_deletions *deletions)
{
	struct place place;
	size_t count;
	if (deletions->has_sync_maps)
		return NULL;
	TRY(live_callers_find(evidence, sync_map_deletions, 0, findings, &place, &count));
	deletions->from_sync_maps = count != 0;
	deletions->has_sync_maps = true;
	return NULL;
}

struct error *growing_never_shrinks(const struct live_evidence *evidence,
				    struct growing_deletions *deletions,
				    const struct growing *growing, struct findings *findings,
				    bool *ret)
{
	bool deletes;
	*ret = false;
	if (growing->kind == HOLDING_SYNC_MAP) {
		TRY(read_sync_maps(evidence, findings, deletions));
		*ret = !deletions->from_sync_maps;
	} else if (growing->kind == HOLDING_MAP) {
		TRY(growing_deletes_from(evidence, deletions, growing->type, &deletes));
		*ret = !deletes;
	}
	return NULL;
}
