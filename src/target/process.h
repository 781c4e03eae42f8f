/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_TARGET_PROCESS_H
#define DOWSE_TARGET_PROCESS_H

#include "target/target.h"

/*
 * A live process as a target. Opening it stops nothing. The error says what to do: no such
 * process, a kernel thread, a zombie, no permission (and which of the kernel's rules refused),
 * traced by somebody else already (by whom: known when it is stopped).
 */
struct error *process_open(pid_t pid, struct target **ret) must_use;

/* Have the threads report all their registers at the next stop. */
void process_want_register_sets(struct target *process);

struct process_fork_options {
	uint64_t max_pause_ns; /* 0: no limit */
	uint64_t own_memory;   /* bytes that dowse itself is going to use meanwhile */
	uint64_t reading_ns;   /* how long the fork is going to be read, for the headroom */
	bool register_sets;    /* the threads are to have all their registers */
};

/*
 * Have the kernel fork the process, which goes on at once; *ret is the fork, a target that never
 * changes. Destroying it kills and reaps it. The process must not be stopped already. Refused with
 * a reason (ERROR_LIMIT: headroom; ERROR_PERMISSION; ERROR_UNSUPPORTED: the process's seccomp
 * filter) when it would be unwise.
 */
struct error *process_fork(struct target *process, const struct process_fork_options *options,
			   struct target **ret, struct target_pause *ret_pause) must_use;

/* How long a fork is likely to stop a process, in nanoseconds; told before it is done. */
uint64_t process_fork_estimate(uint64_t resident_anonymous, unsigned threads);
uint64_t process_stop_estimate(unsigned threads);

/* What a fork takes at once, beside what is written to while it lives. */
uint64_t process_fork_bytes(uint64_t page_tables);

/*
 * To be asked while a fork is read, every few milliseconds: an error once the memory that is left
 * in some cgroup gets tight, or the process has ended. The fork is to be destroyed then.
 */
struct error *process_fork_check(struct target *fork) must_use;

#endif
