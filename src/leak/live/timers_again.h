/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_LEAK_LIVE_TIMERS_AGAIN_H
#define DOWSE_LEAK_LIVE_TIMERS_AGAIN_H

#include "leak/live/live.h"
#include "leak/live/timer_queues.h"

/* Whether the call of a timer (time.AfterFunc) starts a timer in its turn, and so never ends. */
enum timer_again {
	TIMER_ONCE,
	TIMER_MAYBE_AGAIN, /* on some ways through its code: an attempt of several, perhaps */
	TIMER_EVER_AGAIN,  /* on each */
};

/*
 * By the code of its function, and of those that it calls itself: what is handed to others is not
 * seen. A timer that is set anew counts if the function can reach its own.
 */
struct error *timer_starts_again(const struct live_evidence *evidence,
				 const struct timer_queues *queues,
				 const struct queued_timer *timer, enum timer_again *ret) must_use;

#endif
