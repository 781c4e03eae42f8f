/* SPDX-License-Identifier: Apache-2.0 */
#include "target/delegate.h"

#include "target/process_private.h"

static const struct delegate *the_delegate;

void delegate_set(const struct delegate *delegate)
{
	the_delegate = delegate;
}

const struct delegate *delegate_get(void)
{
	return the_delegate;
}

void delegate_identify(const struct target *target, pid_t *ret_id, int64_t *ret_clock_offset)
{
	const struct process *process = process_of_const(target);
	*ret_id = process->pid;
	*ret_clock_offset = process->clock_offset;
}
