/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_TARGET_INJECT_H
#define DOWSE_TARGET_INJECT_H

#include "target/machine.h"
#include "target/maps.h"
#include "target/memory.h"

/*
 * A system call that a stopped thread of the process is made to execute (see machine.h for how it
 * comes back by itself). Runs in the tracer's thread.
 */
struct injection {
	pid_t pid;
	int directory;           /* an open /proc/PID; borrowed */
	const char *name;        /* for messages; borrowed */
	struct memory *memory;   /* borrowed */
	const struct maps *maps; /* as they were a moment ago; borrowed */
	struct machine_gadgets gadgets;
	struct machine_call call;
	uint64_t patience_ns; /* how long the call may take */

	/* Called when the fork is made: the other threads can go on. */
	void (*forked)(void *argument);
	void *argument;

	/* Out. */
	int64_t result;      /* of the call: a child's id in the process's own PID namespace */
	pid_t fork;          /* the fork, which is stopped and traced; 0: none */
	bool suspend_filter; /* the seccomp filters are suspended meanwhile; the fork inherits that */
	bool lost;           /* the thread still runs: the tracer must end, so that it goes home */
	const char *reason; /* why the last thread that was tried is not fit; static */
};

/* Find the gadgets in the process's own code; nothing is stopped for that. */
struct error *injection_find_gadgets(struct injection *injection) must_use;

/*
 * Let the thread make the call and come back; it is still stopped then, exactly as it was before.
 * ERROR_UNSUPPORTED with injection->reason set: this thread cannot be used, nothing was done.
 */
struct error *injection_run(struct injection *injection, pid_t thread) must_use;

#endif
