/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_TARGET_DELEGATE_H
#define DOWSE_TARGET_DELEGATE_H

#include <sys/uio.h>

#include "target/process.h"
#include "target/stop.h"

/*
 * Somebody who stops and forks processes for a program that is not allowed to, because it confined
 * itself before it reads what strangers wrote. The calls of process.h then have it done there;
 * without a delegate, which is how a library is used, they do it themselves.
 */
struct delegate {
	/* As stop_begin(): fills in what the stop has found, by its pid and what it asks for. */
	struct error *(*stop)(struct stop *stop)must_use;
	void (*release)(struct target_pause *ret);
	/*
	 * One at a time. `stop` becomes that of the fork's birth, *ret_fork the fork's id, which may
	 * be opened like the process.
	 */
	struct error *(*fork)(struct stop *stop, const struct process_fork_options *options,
			      pid_t *ret_fork, struct target_pause *ret_pause)must_use;
	/* As process_vm_readv(), of no more than `read_max` bytes. */
	ssize_t (*read)(pid_t process, const struct iovec *local, size_t local_count,
			const struct iovec *remote, size_t remote_count);
	size_t read_max;
	struct error *(*fork_check)(void)must_use;
	void (*fork_end)(void);
};

/* For the whole program, once, before anything is opened. */
void delegate_set(const struct delegate *delegate);

/* NULL: there is none. */
const struct delegate *delegate_get(void);

/*
 * For who acts as one: the id of the process or fork itself, and its CLOCK_MONOTONIC less ours,
 * without which `began_ns` is counted.
 */
void delegate_identify(const struct target *target, pid_t *ret_id, int64_t *ret_clock_offset);

#endif
