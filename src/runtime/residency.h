/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_RUNTIME_RESIDENCY_H
#define DOWSE_RUNTIME_RESIDENCY_H

#include "runtime/heap_residency.h"

/*
 * What of a process is in memory, by what it is mapped for: the kernel's own count of every
 * mapping (/proc/PID/smaps), each put into one class. Nothing is stopped.
 */
enum residency_class {
	RESIDENCY_HEAP, /* Go's heap arenas: objects, goroutine stacks, the collector's buffers */
	RESIDENCY_RUNTIME, /* anonymous memory that the Go runtime's structures lie in */
	RESIDENCY_BINARY,  /* the executable's code and data, zeroed data included */
	RESIDENCY_LIBRARY, /* shared objects, likewise */
	RESIDENCY_NATIVE,  /* C's heap, the main thread's stack, what the kernel says is not Go's */
	RESIDENCY_ANONYMOUS, /* other anonymous memory */
	RESIDENCY_FILE,      /* mapped files and shared memory */
	RESIDENCY_COUNT,
};

struct residency {
	int64_t resident[RESIDENCY_COUNT]; /* bytes */
	int64_t swapped[RESIDENCY_COUNT];
	bool has_libraries; /* the process has code besides its executable */
	bool has_pages;     /* the heap's pages could be looked at one by one */
	struct heap_residency pages;
};

struct error *residency_read(struct runtime *runtime, struct residency *ret) must_use;

#endif
