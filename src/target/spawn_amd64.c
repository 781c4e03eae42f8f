/* SPDX-License-Identifier: Apache-2.0 */
#include "target/spawn_private.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/user.h>

const uint8_t spawn_trap[] = { 0xcc };
const size_t spawn_trap_size = sizeof(spawn_trap);
const uint8_t spawn_call_code[] = { 0x0f, 0x05 };
const size_t spawn_call_size = sizeof(spawn_call_code);

static_assert(sizeof(struct user_regs_struct) <= sizeof(struct spawn_registers), "they must fit");

static struct error *read_registers(pid_t pid, struct user_regs_struct *ret)
{
	if (ptrace(PTRACE_GETREGS, pid, NULL, ret) < 0)
		return error_os(errno, "cannot read the registers of process %d", pid);
	return NULL;
}

static struct error *write_registers(pid_t pid, struct user_regs_struct *user)
{
	if (ptrace(PTRACE_SETREGS, pid, NULL, user) < 0)
		return error_os(errno, "cannot set the registers of process %d", pid);
	return NULL;
}

struct error *spawn_machine_stands_at(pid_t pid, uint64_t address)
{
	struct user_regs_struct user;
	TRY(read_registers(pid, &user));
	if (user.rip != address + sizeof(spawn_trap))
		return error_new(ERROR_OTHER, "process %d has stopped at 0x%llx instead of 0x%llx",
				 pid, (unsigned long long)user.rip, (unsigned long long)address);
	user.rip = address;
	return write_registers(pid, &user);
}

struct error *spawn_machine_save(pid_t pid, struct spawn_registers *ret)
{
	return read_registers(pid, (struct user_regs_struct *)ret->words);
}

struct error *spawn_machine_restore(pid_t pid, const struct spawn_registers *registers)
{
	struct user_regs_struct user;
	memcpy(&user, registers->words, sizeof(user));
	return write_registers(pid, &user);
}

struct error *spawn_machine_enter(pid_t pid, const struct spawn_registers *registers,
				  int64_t number, const uint64_t arguments[6])
{
	struct user_regs_struct user;
	memcpy(&user, registers->words, sizeof(user));
	user.rax = (uint64_t)number;
	/* It is in no system call that the kernel might want to repeat. */
	user.orig_rax = (uint64_t)-1;
	user.rdi = arguments[0];
	user.rsi = arguments[1];
	user.rdx = arguments[2];
	user.r10 = arguments[3];
	user.r8 = arguments[4];
	user.r9 = arguments[5];
	return write_registers(pid, &user);
}

struct error *spawn_machine_result(pid_t pid, int64_t *ret)
{
	struct user_regs_struct user;
	TRY(read_registers(pid, &user));
	*ret = (int64_t)user.rax;
	return NULL;
}
