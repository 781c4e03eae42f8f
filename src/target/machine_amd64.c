/* SPDX-License-Identifier: Apache-2.0 */
#include "target/machine.h"

#include <errno.h>
#include <sys/ptrace.h>
#include <sys/user.h>

struct error *machine_registers_read(pid_t thread, struct registers *ret)
{
	struct user_regs_struct user;
	if (ptrace(PTRACE_GETREGS, thread, NULL, &user) < 0)
		return error_os(errno, "cannot read the registers of thread %d", thread);

	*ret = (struct registers){
		.pc = user.rip,
		.sp = user.rsp,
		.fp = user.rbp,
		.g = user.r14,
		.thread_pointer = user.fs_base,
		.general = { user.rax, user.rbx, user.rcx, user.rdx, user.rsi, user.rdi, user.rbp,
			     user.rsp, user.r8, user.r9, user.r10, user.r11, user.r12, user.r13,
			     user.r14, user.r15 },
		.general_count = 16,
	};
	return NULL;
}
