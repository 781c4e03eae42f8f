/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_LEAK_LIVE_ENDLESS_PRIVATE_H
#define DOWSE_LEAK_LIVE_ENDLESS_PRIVATE_H

#include "leak/live/live.h"

/* The innermost of a goroutine's own frames that no path of its machine code leaves. */
struct endless_loop {
	const struct frame *frame; /* NULL: it may leave them all */
	uint32_t machine;          /* which machine frame that is, innermost 0 */
	bool select;               /* it stands in a select */
	bool inside; /* in the loop itself, not in what that calls but for the runtime */
	bool ready;  /* endless_find_spinning() */
};

struct error *endless_find_loop(const struct live_evidence *evidence,
				const struct goroutine *goroutine, struct endless_loop *ret)
	must_use;

/*
 * By goroutine, to be freed: does it run in such a loop itself, which has a closed channel in its frame? Then a
 * case that receives from that is ready each time round. While memory stands still.
 */
struct error *endless_find_spinning(const struct live_evidence *evidence, bool **ret) must_use;

#endif
