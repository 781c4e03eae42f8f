/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_TARGET_MEMORY_H
#define DOWSE_TARGET_MEMORY_H

#include <sys/types.h>

#include "target/target.h"

/*
 * The memory of a process. It is read by process_vm_readv, which takes a thousand pieces a call;
 * where that is forbidden (a sandbox around dowse) or a page only opens to a debugger, through the
 * open /proc/PID/mem. The descriptor also tells when the process is no longer the one that was
 * opened: it belongs to that address space and no other.
 */
struct memory {
	pid_t id;       /* a living thread of the process */
	int descriptor; /* of /proc/PID/mem; owned */
	/*
	 * By the descriptor alone. For a fork: from Linux 5.19 on process_vm_readv gives the process
	 * that is read a copy of its own of every page that it shares with another, which costs the
	 * fork's group the memory, and more time than the reading.
	 */
	bool one_by_one;
};

/* Sets `done` of each range. ERROR_GONE when the address space is no more. */
struct error *memory_read_ranges(struct memory *memory, const char *name,
				 struct target_range *ranges, size_t count) must_use;

/* Has the process ended, or started another program? */
bool memory_is_gone(const struct memory *memory);

void memory_deinit(struct memory *memory);

#endif
