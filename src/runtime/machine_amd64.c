/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/machine.h"

#include <string.h>

#include "runtime/stack_maps.h"

#define WORD 8

/* Offsets in the kernel's struct ucontext. */
#define CONTEXT_STACK_LOW  16
#define CONTEXT_STACK_SIZE 32
#define CONTEXT_REGISTERS  40
#define CONTEXT_SP         (CONTEXT_REGISTERS + 15 * WORD)
#define CONTEXT_PC         (CONTEXT_REGISTERS + 16 * WORD)

bool stack_bytes_word(const struct stack_bytes *stack, uint64_t address, uint64_t *ret)
{
	if (address < stack->low || address >= stack->high || stack->high - address < WORD)
		return false;
	memcpy(ret, stack->bytes + (address - stack->low), WORD);
	return true;
}

/*
 *	high  | arguments        |  ← argument pointer
 *	      | return address   |
 *	      | saved rbp, locals|  sp_delta bytes
 *	low   | ...              |  ← sp
 */
bool machine_caller(const struct stack_bytes *stack, const struct machine_frame *frame,
		    int32_t sp_delta, struct machine_frame *ret)
{
	uint64_t slot = frame->sp + (uint64_t)(int64_t)sp_delta;
	uint64_t pc;
	if (!stack_bytes_word(stack, slot, &pc))
		return false;
	*ret = (struct machine_frame){ .pc = pc, .sp = slot + WORD };
	return true;
}

uint64_t machine_arguments(const struct machine_frame *frame, int32_t sp_delta)
{
	return frame->sp + (uint64_t)(int64_t)sp_delta + WORD;
}

/* Below the return address lies the caller's frame pointer, unless there is no frame at all. */
uint64_t machine_locals_end(const struct machine_frame *frame, uint64_t arguments)
{
	uint64_t end = arguments - WORD;
	return end > frame->sp ? end - WORD : end;
}

/* Nine integer registers, fifteen of 8 bytes for floats, nine with pointers, a bitmap. */
#define REFLECT_SIZE     272
#define REFLECT_POINTERS (24 * WORD)
static const uint8_t reflect_mask[] = { 0, 0, 0, 0xff, 0x01 };

const struct stack_object machine_reflect_object = {
	.offset = -REFLECT_SIZE,
	.size = REFLECT_SIZE,
	.pointers = { reflect_mask, REFLECT_POINTERS / WORD + 9 },
};

bool machine_nil_call(const struct stack_bytes *stack, const struct machine_frame *frame,
		      struct machine_frame *ret)
{
	return machine_caller(stack, frame, 0, ret);
}

bool machine_signal_frame(const struct stack_bytes *signal_stack, uint64_t stack_low,
			  uint64_t stack_size, struct machine_frame *ret)
{
	uint64_t low, size;
	for (uint64_t at = signal_stack->low;
	     stack_bytes_word(signal_stack, at + CONTEXT_STACK_SIZE, &size); at += WORD) {
		if (size != stack_size ||
		    !stack_bytes_word(signal_stack, at + CONTEXT_STACK_LOW, &low) ||
		    low != stack_low)
			continue;
		struct machine_frame frame;
		if (stack_bytes_word(signal_stack, at + CONTEXT_PC, &frame.pc) &&
		    stack_bytes_word(signal_stack, at + CONTEXT_SP, &frame.sp)) {
			*ret = frame;
			return true;
		}
	}
	return false;
}
