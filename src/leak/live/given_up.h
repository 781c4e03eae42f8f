/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_LEAK_LIVE_GIVEN_UP_H
#define DOWSE_LEAK_LIVE_GIVEN_UP_H

#include "leak/live/contexts.h"

/*
 * L10: goroutines that wait at a channel, though all contexts that they hold are cancelled. One that
 * selected on its context would have been woken.
 */
bool given_up(const struct live_evidence *evidence, const struct contexts *contexts,
	      const struct goroutine *goroutine);

/* Of those that somebody could still wake: likely at most. */
struct error *given_up_find(const struct live_evidence *evidence, const struct contexts *contexts,
			    struct findings *ret) must_use;

#endif
