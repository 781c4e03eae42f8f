/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_RUNTIME_MACHINE_H
#define DOWSE_RUNTIME_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct stack_object;

/*
 * What differs by machine when a Go stack is walked; one file a machine (machine_amd64.c).
 */

/* A piece of a stack that was copied: `bytes` were at `low`. */
struct stack_bytes {
	uint64_t low;
	uint64_t high; /* exclusive */
	const uint8_t *bytes;
};

/* False when the word is not inside. */
bool stack_bytes_word(const struct stack_bytes *stack, uint64_t address, uint64_t *ret);

/* A position in a walk. */
struct machine_frame {
	uint64_t pc;
	uint64_t sp;
};

/*
 * The caller of a frame whose function has `sp_delta` bytes on the stack at its pc. False when
 * the return address is not inside the copied stack.
 */
bool machine_caller(const struct stack_bytes *stack, const struct machine_frame *frame,
		    int32_t sp_delta, struct machine_frame *ret);

/* Where the function's arguments begin: what the Go ABI calls the argument pointer. */
uint64_t machine_arguments(const struct machine_frame *frame, int32_t sp_delta);

/*
 * Where the function's locals end, if it has any: above them lies what the machine saves. `arguments`
 * is what machine_arguments() says of the frame.
 */
uint64_t machine_locals_end(const struct machine_frame *frame, uint64_t arguments);

/*
 * The functions of package reflect through which calls are made have the registers of the call in
 * their frame, which no table describes: internal/abi.RegArgs.
 */
extern const struct stack_object machine_reflect_object;

/* A frame that was set up but has not run: pc 0 stands for a call of a nil function. */
bool machine_nil_call(const struct stack_bytes *stack, const struct machine_frame *frame,
		      struct machine_frame *ret);

/*
 * Where a thread was when the signal came whose handler now runs on the signal stack: the kernel
 * left the registers there, beside the bounds of that stack, by which the place is recognised.
 * False when there is none.
 */
bool machine_signal_frame(const struct stack_bytes *signal_stack, uint64_t stack_low,
			  uint64_t stack_size, struct machine_frame *ret);

#endif
