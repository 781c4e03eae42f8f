/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_TARGET_FILTER_H
#define DOWSE_TARGET_FILTER_H

#include "target/machine.h"

/* What a thread's seccomp filters would do with a call. */
enum filter_verdict {
	FILTER_ALLOWS,
	FILTER_FAILS,   /* the call returns an error */
	FILTER_KILLS,   /* the thread, the process, or a signal that ends it */
	FILTER_UNKNOWN, /* the filters cannot be read, or ask a supervisor */
};

/*
 * Judge a call by all filters of a thread that is stopped by the calling thread, as the kernel
 * would. Reading them needs CAP_SYS_ADMIN; without it the verdict is FILTER_UNKNOWN.
 */
enum filter_verdict filter_judge(pid_t thread, const struct machine_filtered_call *call);

/* The same for one program; for filter_judge() and its test. */
struct sock_filter;
uint32_t filter_run(const struct sock_filter *program, size_t count,
		    const struct machine_filtered_call *call);

#endif
