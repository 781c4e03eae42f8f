/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_CONFINE_HOLDER_H
#define DOWSE_CONFINE_HOLDER_H

#include "confine/policy.h"
#include "confine/protocol.h"

/*
 * The broker's hold on the target: it stops, forks and lets go for the worker, and lets go by
 * itself when the worker is no more, takes too long, or memory gets short. All zeroes holds nothing.
 */
struct holder {
	struct window *window;  /* borrowed */
	struct target *process; /* opened when it is first to be stopped or forked */
	bool stopped;
	uint64_t stopped_ns; /* CLOCK_MONOTONIC, since when */
	struct target *fork;
	struct error *fork_problem; /* why the fork was ended before the worker asked for it */
};

/* Answer one of REQUEST_STOP to REQUEST_FORK_END. */
void holder_answer(struct holder *holder, struct policy *policy, const struct request *request,
		   struct reply_message *reply);

/*
 * To be called again and again: after *ret_wait_ms at the latest (-1: any time). False when the
 * process stands still for so long that the worker must be given up.
 */
bool holder_watch(struct holder *holder, struct policy *policy, int *ret_wait_ms);

/* Let go of all. */
void holder_deinit(struct holder *holder);

#endif
