/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_RUNTIME_MEMORY_CGROUP_H
#define DOWSE_RUNTIME_MEMORY_CGROUP_H

#include <sys/types.h>

#include "base/error.h"

/*
 * What the control group with the least room left says of its memory: of all levels that can be
 * seen above a process, v1 and v2. Numbers are -1 where they are unknown or there is no limit.
 */
struct memory_cgroup {
	char path[256]; /* of the directory that was read; "" when there is none to be seen */
	int64_t limit;
	int64_t used;
	int64_t page_cache; /* files alone, no shared memory */
	int64_t kernel;     /* slab, page tables, kernel stacks, socket buffers */
};

void memory_cgroup_read(pid_t pid, struct memory_cgroup *ret);

#endif
