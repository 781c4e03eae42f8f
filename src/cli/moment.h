/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_CLI_MOMENT_H
#define DOWSE_CLI_MOMENT_H

#include "cli/cli.h"
#include "cli/evidence.h"
#include "heap/heap.h"

/*
 * The heap at a moment: what stands still for it is let go as soon as its memory has been read. Also
 * what that cost: how long the process was stopped, and how long its fork lived.
 */
struct error *moment_heap(struct invocation *invocation, struct evidence *evidence,
			  struct heap **ret, uint64_t *ret_pause_ns, uint64_t *ret_fork_ns)
	must_use;

/*
 * The same, but the moment stands still until `reader` has read what it needs: the heap has been
 * searched then, and the runtime's target is what stands still, objects without pointers included.
 */
typedef struct error *moment_reader(void *argument, struct heap *heap);
struct error *moment_heap_with(struct invocation *invocation, struct evidence *evidence,
			       moment_reader *reader, void *argument, struct heap **ret,
			       uint64_t *ret_pause_ns, uint64_t *ret_fork_ns) must_use;

#endif
