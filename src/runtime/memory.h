/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_RUNTIME_MEMORY_H
#define DOWSE_RUNTIME_MEMORY_H

#include "runtime/runtime.h"

/*
 * The runtime's own accounts, read without a stop: each number is right, two of them may be of
 * different moments. -1 stands for what this release does not keep.
 */
struct runtime_counters {
	int64_t goroutines; /* as runtime.NumGoroutine() counts */
	int64_t processors; /* GOMAXPROCS */
	int64_t threads;
	int64_t gc_count;
	int64_t last_gc_unix_ns;
	int64_t gc_percent;   /* GOGC; -1 is off, INT64_MIN unknown */
	int64_t memory_limit; /* GOMEMLIMIT; INT64_MAX none */
	int64_t heap_live;    /* gcController.heapLive: marked at the last GC and allocated since */
	int64_t heap_marked;  /* live after the last GC */
	int64_t heap_goal;    /* where the next GC begins to be due */
	int64_t heap_in_use;  /* spans in use */
	int64_t heap_free;    /* spans free and not returned to the system */
	int64_t heap_released;   /* returned to the system */
	int64_t heap_allocated;  /* bytes in objects, dead ones that are not swept included */
	int64_t stacks;          /* goroutine stacks, spans */
	int64_t runtime_in_heap; /* the collector's work buffers and bits, spans of the heap */
	int64_t runtime_outside; /* span and cache structures, profile buckets, ...: mapped */
	int64_t total_allocated; /* since the start, bytes */
};

struct error *runtime_counters_read(struct runtime *runtime, struct runtime_counters *ret) must_use;

/* What memory is used for: PART(what, its key in JSON, its name, what it means) */
#define MEMORY_PARTS(PART)                                                                         \
	PART(LIVE, "live", "live", "objects that the last collection found in use")                \
	PART(SINCE_GC, "since_gc", "since then", "objects made after it, in use or not")           \
	PART(GARBAGE, "garbage", "garbage", "dead objects, not swept yet")                         \
	PART(FRAGMENTS, "fragmentation", "fragmentation", "free room between objects")             \
	PART(FREE, "free", "free", "free pages, not given back to the system yet")                 \
	PART(STACKS, "stacks", "stacks", "of goroutines")                                          \
	PART(RUNTIME, "runtime", "runtime", "the Go runtime's own structures")                     \
	PART(BINARY, "executable", "executable", "its code and data")                              \
	PART(LIBRARIES, "libraries", "libraries", "code and data of shared objects")               \
	PART(NOT_GO, "not_go", "not Go", "C's heap, threads' stacks, other anonymous memory")      \
	PART(FILES, "files", "files", "mapped files and shared memory")                            \
	PART(UNEXPLAINED, "unexplained", "unexplained", "what these accounts do not explain")

enum memory_part {
#define PART(part, key, name, meaning) MEMORY_##part,
	MEMORY_PARTS(PART)
#undef PART
		MEMORY_PART_COUNT,
};

const char *memory_part_name(enum memory_part part);
const char *memory_part_key(enum memory_part part);
const char *memory_part_meaning(enum memory_part part);

/*
 * The memory control group with the least room left, of all levels above the process that can be
 * seen. Without any limit: its own group. -1 stands for what is unknown, or no limit.
 */
struct memory_cgroup {
	char path[256]; /* "" when none can be seen */
	int64_t limit;
	int64_t used;
	int64_t page_cache;
	int64_t kernel; /* slab, page tables, kernel stacks, socket buffers */
};

/*
 * Where the process's memory went, as the kernel counts it: parts sum to `resident`, and with the
 * page cache to what the cgroup has used where the process is alone in it.
 */
struct runtime_memory {
	int64_t parts[MEMORY_PART_COUNT]; /* bytes; UNEXPLAINED may be negative */
	int64_t resident;
	int64_t swapped;
	int64_t peak;
	struct memory_cgroup cgroup;
};

/* The parts that the runtime itself keeps account of; the others become 0. */
void runtime_memory_accounts(const struct runtime_counters *counters,
			     int64_t ret[MEMORY_PART_COUNT]);

struct error *runtime_memory_read(struct runtime *runtime, const struct runtime_counters *counters,
				  struct runtime_memory *ret) must_use;

#endif
