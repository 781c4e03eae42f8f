/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_TARGET_SPAWN_PRIVATE_H
#define DOWSE_TARGET_SPAWN_PRIVATE_H

#include "target/spawn.h"

/* What differs from machine to machine: spawn_NAME.c. All is for a thread that stands still. */

/* The instruction that stops who comes to it, and the one that calls the kernel. */
extern const uint8_t spawn_trap[], spawn_call_code[];
extern const size_t spawn_trap_size, spawn_call_size;

/* It has run into spawn_trap, which stands at that address: put it back in front of it. */
struct error *spawn_machine_stands_at(pid_t pid, uint64_t address) must_use;

/* What a thread has in its registers, in the kernel's own layout. */
struct spawn_registers {
	uint64_t words[64];
};

struct error *spawn_machine_save(pid_t pid, struct spawn_registers *ret) must_use;
struct error *spawn_machine_restore(pid_t pid, const struct spawn_registers *registers) must_use;

/* Everything as in `registers`, but a system call is next. */
struct error *spawn_machine_enter(pid_t pid, const struct spawn_registers *registers,
				  int64_t number, const uint64_t arguments[6]) must_use;
struct error *spawn_machine_result(pid_t pid, int64_t *ret) must_use;

#endif
