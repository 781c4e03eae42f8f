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

static bool may_delete_from(const struct binary *binary, uint64_t pc, uint64_t descriptor)
{
	uint64_t addresses[ADDRESSES_MAX];
	struct function function;
	if (!binary_function(binary, pc - 1, &function) || is_runtimes(function.name))
		return false;
	size_t count = call_addresses(binary, pc, addresses, ADDRESSES_MAX);
	for (size_t i = 0; i < count; i++) {
		if (addresses[i] == descriptor)
			return true;
	}
	return strchr(function.name, '[') != NULL;
}

static struct error *find_in_code(const struct live_evidence *evidence, uint64_t descriptor,
				  bool *ret)
{
	const struct binary *binary = runtime_binary(evidence->heap->runtime);
	_cleanup_(call_vector_deinit) struct call_vector calls = { 0 };
	uint64_t entries[ENTRIES_MAX];
	size_t count = find_entries(binary, entries);
	TRY(calls_find(binary, entries, count, &calls));
	for (size_t i = 0; i < calls.count && !*ret; i++)
		*ret = may_delete_from(binary, calls.items[i].pc, descriptor);
	return NULL;
}

struct error *growing_deletes_from(const struct live_evidence *evidence, uint32_t type, bool *ret)
{
	struct heap_type map;
	*ret = type == HEAP_TYPE_UNKNOWN;
	if (*ret)
		return NULL;
	heap_types_get(evidence->heap->types, type, &map);
	return find_in_code(evidence, map.descriptor, ret);
}

struct error *growing_never_shrinks(const struct live_evidence *evidence,
				    const struct growing *growing, struct findings *findings,
				    bool *ret)
{
	bool deletes;
	struct place place;
	size_t count;
	*ret = false;
	if (growing->kind == HOLDING_SYNC_MAP) {
		TRY(live_callers_find(evidence, sync_map_deletions, 0, findings, &place, &count));
		*ret = count == 0;
	} else if (growing->kind == HOLDING_MAP) {
		TRY(growing_deletes_from(evidence, growing->type, &deletes));
		*ret = !deletes;
	}
	return NULL;
}
