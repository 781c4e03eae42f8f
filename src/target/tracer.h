/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_TARGET_TRACER_H
#define DOWSE_TARGET_TRACER_H

#include "base/error.h"

/*
 * A thread of dowse's that traces. ptrace is bound to the thread that attached, and what that
 * thread leaves attached is let go by the kernel when it ends, in whatever state it is: a thread
 * asleep in the kernel cannot be detached in any other way. So every stop has a thread of its own
 * and whatever goes wrong, ending it lets the process go on. If dowse is killed the same happens.
 */
struct tracer;

struct error *tracer_create(struct tracer **ret) must_use;

/* Run a function in the tracer's thread and wait for it. */
struct error *tracer_run(struct tracer *tracer, struct error *(*job)(void *argument),
			 void *argument) must_use;

/*
 * A function that runs every half millisecond while no job does, until it returns false. NULL ends
 * it too.
 */
void tracer_idle(struct tracer *tracer, bool (*idle)(void *argument), void *argument);

/* End the thread, and with it all tracing that it does. NULL is accepted. */
void tracer_destroy(struct tracer *tracer);

static inline void tracer_cleanup(struct tracer **tracer)
{
	tracer_destroy(*tracer);
}

#endif
