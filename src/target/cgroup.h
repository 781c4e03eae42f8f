/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_TARGET_CGROUP_H
#define DOWSE_TARGET_CGROUP_H

#include <sys/types.h>

#include "base/error.h"

/*
 * Visit the folders of every memory control group that a process is in and that can be seen
 * through the mounts of `viewer` (0: dowse's own; else a process, whose root is gone through):
 * from its own group up to the top of the mount, for version 1 and 2 alike.
 */
struct error *cgroup_visit(pid_t pid, pid_t viewer,
			   struct error *(*visit)(void *argument, const char *path), void *argument)
	must_use;

#endif
