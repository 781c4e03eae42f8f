/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_RUNTIME_WAIT_QUEUES_H
#define DOWSE_RUNTIME_WAIT_QUEUES_H

#include "runtime/waits.h"

/*
 * Waits as the other side sees them. Whoever wakes goroutines takes them off a queue first and makes
 * them runnable after that, one by one: meanwhile they still read as waiting. So only who stands in
 * the queue of what it waits for, with nothing there that ought to have woken it, does wait.
 */

/* Note who stands in which queue. The target must stand still. */
struct error *wait_queues_read(struct waits *waits) must_use;

/* Fill in wait->queued and the addresses of the records, once the rest of the wait is known. */
void wait_queues_decode(struct waits *waits, const struct captured_goroutine *captured,
			struct wait *wait);

#endif
