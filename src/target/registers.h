/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_TARGET_REGISTERS_H
#define DOWSE_TARGET_REGISTERS_H

#include <stdint.h>

#define REGISTERS_GENERAL_MAX 32

/* A thread's registers, without the machine's names; the machine's own file fills them in. */
struct registers {
	uint64_t pc;
	uint64_t sp;
	uint64_t fp;
	uint64_t g; /* where the machine keeps the goroutine in a register (r14, x28) */
	uint64_t thread_pointer; /* fs base, tpidr */
	uint64_t general[REGISTERS_GENERAL_MAX];
	unsigned general_count;
};

#endif
