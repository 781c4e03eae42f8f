/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/memory.h"

#include <stdio.h>

#include "runtime/residency.h"
#include "target/headroom.h"
#include "target/procfs.h"

/*
 * Two bookkeepers are brought together. The kernel knows which pages are in memory, and not what
 * for; the runtime knows what it uses its heap for, and not which pages of it were ever touched.
 * The classes outside the heap are the kernel's. Inside the heap each page in memory is counted by
 * the span that it belongs to: objects, stacks, or none. What objects there are is the runtime's
 * account; the rest of their pages is free room between them. Where every object has been touched
 * that is all. Where one has not, the account is larger than the pages, and the difference is
 * shown as `unexplained`.
 */

static const char *const part_names[MEMORY_PART_COUNT] = {
#define NAME(part, key, name, meaning) [MEMORY_##part] = name,
	MEMORY_PARTS(NAME)
#undef NAME
};

static const char *const part_keys[MEMORY_PART_COUNT] = {
#define KEY(part, key, name, meaning) [MEMORY_##part] = key,
	MEMORY_PARTS(KEY)
#undef KEY
};

static const char *const part_meanings[MEMORY_PART_COUNT] = {
#define MEANING(part, key, name, meaning) [MEMORY_##part] = meaning,
	MEMORY_PARTS(MEANING)
#undef MEANING
};

const char *memory_part_name(enum memory_part part)
{
	return part_names[part];
}

const char *memory_part_key(enum memory_part part)
{
	return part_keys[part];
}

const char *memory_part_meaning(enum memory_part part)
{
	return part_meanings[part];
}

static int64_t known(int64_t number)
{
	return MAX(number, INT64_C(0));
}

/*
 * The runtime's accounts of its objects. They are counted in three ways that are not quite of one
 * mind: what the last collection marked; what is live since then, in which a span that is being
 * filled counts as full; and what is allocated, in which it counts once it is full.
 */
static int64_t split_objects(const struct runtime_counters *counters, int64_t parts[])
{
	int64_t allocated = MIN(known(counters->heap_allocated), known(counters->heap_in_use));
	int64_t live = MIN(known(counters->heap_marked), allocated);
	int64_t since = known(MIN(known(counters->heap_live), allocated) - live);
	parts[MEMORY_LIVE] = live;
	parts[MEMORY_SINCE_GC] = since;
	parts[MEMORY_GARBAGE] = allocated - live - since;
	return allocated;
}

static void split_heap(const struct runtime_counters *counters, const struct heap_residency *pages,
		       int64_t resident, int64_t parts[])
{
	int64_t allocated = split_objects(counters, parts);
	int64_t buffers = MIN(known(counters->runtime_in_heap), pages->manual);
	parts[MEMORY_FRAGMENTS] = known(pages->objects - allocated);
	parts[MEMORY_STACKS] = pages->manual - buffers;
	parts[MEMORY_RUNTIME] = buffers;
	parts[MEMORY_FREE] = known(resident - pages->objects - pages->manual);
}

/* By the runtime's accounts alone, which do not know what was never touched. */
static void split_heap_by_accounts(const struct runtime_counters *counters, int64_t parts[])
{
	int64_t allocated = split_objects(counters, parts);
	parts[MEMORY_FRAGMENTS] = known(counters->heap_in_use) - allocated;
	parts[MEMORY_FREE] = known(counters->heap_free);
	parts[MEMORY_STACKS] = known(counters->stacks);
	parts[MEMORY_RUNTIME] = known(counters->runtime_in_heap);
}

/*
 * Outside the heap the runtime cannot have touched more than it has mapped. In a program that is
 * nothing but Go, all anonymous memory up to there is the runtime's; beside C, only mappings in
 * which some of its structures were found.
 */
static void split_rest(const struct runtime_counters *counters, const struct residency *residency,
		       int64_t parts[])
{
	const int64_t *resident = residency->resident;
	int64_t own = resident[RESIDENCY_RUNTIME];
	int64_t others = resident[RESIDENCY_ANONYMOUS];
	if (!residency->has_libraries) {
		own += others;
		others = 0;
	}
	int64_t runtime = counters->runtime_outside < 0 ? own : MIN(own, counters->runtime_outside);
	parts[MEMORY_RUNTIME] += runtime;
	parts[MEMORY_BINARY] = resident[RESIDENCY_BINARY];
	parts[MEMORY_LIBRARIES] = resident[RESIDENCY_LIBRARY];
	parts[MEMORY_NOT_GO] = others + (own - runtime) + resident[RESIDENCY_NATIVE];
	parts[MEMORY_FILES] = resident[RESIDENCY_FILE];
}

static int64_t or_unknown(uint64_t number)
{
	return number > INT64_MAX ? -1 : (int64_t)number;
}

static void read_cgroup(pid_t pid, struct memory_cgroup *ret)
{
	_cleanup_(headroom_cleanup) struct headroom *headroom = NULL;
	size_t count = 0;
	*ret = (struct memory_cgroup){ .limit = -1, .used = -1, .page_cache = -1, .kernel = -1 };
	if (!error_ignore(headroom_open(pid, &headroom)))
		return;
	const struct headroom_level *levels = headroom_read(headroom, &count);
	for (size_t i = 0; i < count; i++) {
		/* The whole machine is a level too, but no group. */
		if (levels[i].path[0] != '/' || or_unknown(levels[i].used) < 0)
			continue;
		snprintf(ret->path, sizeof(ret->path), "%s", levels[i].path);
		ret->limit = or_unknown(levels[i].limit);
		ret->used = or_unknown(levels[i].used);
		ret->page_cache = or_unknown(levels[i].page_cache);
		ret->kernel = or_unknown(levels[i].kernel);
		return;
	}
}

void runtime_memory_accounts(const struct runtime_counters *counters,
			     int64_t ret[MEMORY_PART_COUNT])
{
	memset(ret, 0, MEMORY_PART_COUNT * sizeof(*ret));
	split_heap_by_accounts(counters, ret);
	ret[MEMORY_RUNTIME] += known(counters->runtime_outside);
}

struct error *runtime_memory_read(struct runtime *runtime, const struct runtime_counters *counters,
				  struct runtime_memory *ret)
{
	struct residency residency;
	struct process_facts facts;
	struct runtime_memory memory = { 0 };
	int64_t explained = 0;
	pid_t pid = target_pid(runtime_target(runtime));
	TRY(residency_read(runtime, &residency));
	TRY(process_facts_read(pid, &facts));
	for (size_t i = 0; i < RESIDENCY_COUNT; i++) {
		memory.resident += residency.resident[i];
		memory.swapped += residency.swapped[i];
	}
	memory.peak = (int64_t)facts.resident_peak;
	if (residency.has_pages)
		split_heap(counters, &residency.pages, residency.resident[RESIDENCY_HEAP],
			   memory.parts);
	else
		split_heap_by_accounts(counters, memory.parts);
	split_rest(counters, &residency, memory.parts);
	for (size_t i = 0; i < MEMORY_PART_COUNT; i++)
		explained += memory.parts[i];
	memory.parts[MEMORY_UNEXPLAINED] = memory.resident - explained;
	read_cgroup(pid, &memory.cgroup);
	*ret = memory;
	return NULL;
}
