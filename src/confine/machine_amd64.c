/* SPDX-License-Identifier: Apache-2.0 */
#include "confine/machine.h"

#include <linux/audit.h>
#include <ucontext.h>

const uint32_t machine_audit_arch = AUDIT_ARCH_X86_64;

uint64_t machine_call_argument(const void *context, unsigned number)
{
	static const int registers[] = { REG_RDI, REG_RSI, REG_RDX, REG_R10, REG_R8, REG_R9 };
	const ucontext_t *user = context;
	return (uint64_t)user->uc_mcontext.gregs[registers[number]];
}

void machine_call_set_result(void *context, long result)
{
	ucontext_t *user = context;
	user->uc_mcontext.gregs[REG_RAX] = result;
}
