/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_TARGET_KILLER_H
#define DOWSE_TARGET_KILLER_H

#include <sys/types.h>

#include "base/error.h"

/*
 * Where memory runs out the kernel kills. It is never to kill the process that is looked at: so
 * dowse and its forks offer themselves first, and dowse takes no more than there is.
 */

/* If the kernel must kill, it is to be this one. Nothing depends on it: it may be refused. */
void killer_offer(pid_t pid);

/*
 * For dowse itself, once, before it looks at anything: refuses (ERROR_LIMIT) when a control group
 * that it is in, or the machine, has less than `least` bytes left. From then on allocations fail
 * rather than take more than is left in these groups now: where all processes of a group die
 * together (memory.oom.group) being the first to be killed would not be enough.
 */
struct error *killer_avoid(uint64_t least) must_use;

#endif
