/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_RUNTIME_HEAP_RESIDENCY_H
#define DOWSE_RUNTIME_HEAP_RESIDENCY_H

#include "runtime/heap_ranges.h"

/* Which bytes of the heap are in memory, by what its pages are used for. */
struct heap_residency {
	int64_t objects; /* in spans of objects, free slots included */
	int64_t manual;  /* in spans that the runtime manages itself: stacks and work buffers */
	int64_t total;   /* in the whole heap: the rest is free */
};

/*
 * Bring the kernel's map of pages together with the runtime's spans. Nothing is stopped: what
 * changes meanwhile is counted one way or the other. ERROR_LIMIT for a heap that is too large to
 * look at every page of. `resident` is what the kernel counts for the heap in all.
 */
struct error *heap_residency_read(struct runtime *runtime, const struct address_range_vector *heap,
				  int64_t resident, struct heap_residency *ret) must_use;

#endif
