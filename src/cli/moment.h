/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_CLI_MOMENT_H
#define DOWSE_CLI_MOMENT_H

#include "cli/cli.h"
#include "cli/evidence.h"
#include "heap/heap.h"

/*
 * Have the evidence stand still, to be read for as long as that takes: a process is forked, and where
 * that is refused copied while it is stopped; a file stands still by itself. What --save asks for is
 * kept as well.
 */
struct moment {
	uint64_t pause_ns;
	uint64_t began_ns;
	uint64_t fork_ns; /* how long the fork lived; 0: there was none, or it still does */
	bool copied;
};

/* `with_data`: a copy has objects without pointers, too; a fork has them anyway. */
struct error *moment_begin(struct invocation *invocation, struct evidence *evidence, bool with_data,
			   struct moment *ret) must_use;

/* Memory has been read: let the fork go. The runtime looks at the process itself again. */
void moment_end(struct evidence *evidence, struct moment *moment);

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
