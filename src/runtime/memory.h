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
	int64_t gc_percent;	/* GOGC; -1 is off, INT64_MIN unknown */
	int64_t memory_limit;	/* GOMEMLIMIT; INT64_MAX none */
	int64_t heap_live;	/* gcController.heapLive: marked at the last GC and allocated since */
	int64_t heap_marked;	/* live after the last GC */
	int64_t heap_goal;	/* where the next GC begins to be due */
	int64_t heap_in_use;	/* spans in use */
	int64_t heap_free;	/* spans free and not returned to the system */
	int64_t heap_released;	/* returned to the system */
	int64_t heap_allocated; /* bytes in objects, dead ones that are not swept included */
	int64_t stacks;		/* goroutine stacks, spans */
	int64_t runtime_other;	/* span and cache structures, profiling buckets, GC's, ... */
	int64_t total_mapped;	/* all that the runtime has mapped ready */
	int64_t total_allocated; /* since the start, bytes */
};

struct error *runtime_counters_read(struct runtime *runtime, struct runtime_counters *ret) must_use;

/*
 * Where the process's memory went, as the kernel counts it: parts sum to `resident`, and with the
 * page cache to what the cgroup has used where the process is alone in it.
 */
enum memory_part {
	MEMORY_LIVE,	    /* heap objects that the last GC found alive */
	MEMORY_SINCE_GC,    /* allocated since, alive or garbage */
	MEMORY_GARBAGE,	    /* dead, not swept yet */
	MEMORY_FRAGMENTS,   /* free slots in spans in use */
	MEMORY_FREE,	    /* free spans not returned */
	MEMORY_STACKS,	    /* of goroutines */
	MEMORY_RUNTIME,	    /* the runtime's own structures */
	MEMORY_BINARY,	    /* the executable's code and data */
	MEMORY_LIBRARIES,   /* shared objects */
	MEMORY_NOT_GO,	    /* C heap, thread stacks, other anonymous memory */
	MEMORY_FILES,	    /* mapped files, shared memory */
	MEMORY_UNEXPLAINED, /* what the accounts above do not explain; may be negative */
	MEMORY_PART_COUNT,
};

const char *memory_part_name(enum memory_part part);

struct runtime_memory {
	int64_t parts[MEMORY_PART_COUNT]; /* resident bytes */
	int64_t resident;
	int64_t swapped;
	int64_t peak;
	int64_t cgroup_limit;	   /* the tightest one; -1 none or unknown */
	int64_t cgroup_used;	   /* in that cgroup; -1 unknown */
	int64_t cgroup_page_cache; /* -1 unknown */
	int64_t cgroup_kernel;	   /* slab, page tables, socket buffers: -1 unknown */
	const char *cgroup_path;   /* "" when unknown */
};

struct error *runtime_memory_read(struct runtime *runtime, const struct runtime_counters *counters,
				  struct runtime_memory *ret) must_use;

#endif
