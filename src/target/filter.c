/* SPDX-License-Identifier: Apache-2.0 */
#include "target/filter.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/ptrace.h>

#define PROGRAM_MAX 4096 /* instructions: BPF_MAXINSNS of the kernel */
#define FILTERS_MAX 256

/*
 * Classic BPF as seccomp allows it: loads are 32-bit words of struct seccomp_data at constant
 * offsets, jumps go forward only. The kernel has checked the program; what it does not allow is
 * answered like a refusal all the same.
 */
struct machine_words {
	uint32_t accumulator;
	uint32_t index;
	uint32_t scratch[BPF_MEMWORDS];
};

static bool load(struct machine_words *words, const struct seccomp_data *data,
		 const struct sock_filter *instruction, uint32_t *into)
{
	switch (BPF_MODE(instruction->code)) {
	case BPF_IMM:
		*into = instruction->k;
		return true;
	case BPF_MEM:
		*into = words->scratch[instruction->k % BPF_MEMWORDS];
		return true;
	case BPF_LEN:
		*into = sizeof(*data);
		return true;
	case BPF_ABS:
		if (instruction->k > sizeof(*data) - sizeof(uint32_t))
			return false;
		memcpy(into, (const uint8_t *)data + instruction->k, sizeof(*into));
		return true;
	}
	return false;
}

static bool arithmetic(struct machine_words *words, const struct sock_filter *instruction)
{
	uint32_t operand = BPF_SRC(instruction->code) == BPF_X ? words->index : instruction->k;
	uint32_t *a = &words->accumulator;

	switch (BPF_OP(instruction->code)) {
	case BPF_ADD:
		*a += operand;
		return true;
	case BPF_SUB:
		*a -= operand;
		return true;
	case BPF_MUL:
		*a *= operand;
		return true;
	case BPF_DIV:
		if (operand)
			*a /= operand;
		return operand;
	case BPF_AND:
		*a &= operand;
		return true;
	case BPF_OR:
		*a |= operand;
		return true;
	case BPF_XOR:
		*a ^= operand;
		return true;
	case BPF_LSH:
		*a = operand < 32 ? *a << operand : 0;
		return true;
	case BPF_RSH:
		*a = operand < 32 ? *a >> operand : 0;
		return true;
	case BPF_NEG:
		*a = -*a;
		return true;
	}
	return false;
}

static bool jump_is_taken(const struct machine_words *words, const struct sock_filter *instruction)
{
	uint32_t operand = BPF_SRC(instruction->code) == BPF_X ? words->index : instruction->k;
	switch (BPF_OP(instruction->code)) {
	case BPF_JEQ:
		return words->accumulator == operand;
	case BPF_JGT:
		return words->accumulator > operand;
	case BPF_JGE:
		return words->accumulator >= operand;
	default: /* BPF_JSET */
		return words->accumulator & operand;
	}
}

uint32_t filter_run(const struct sock_filter *program, size_t count,
		    const struct machine_filtered_call *call)
{
	struct machine_words words = { 0 };
	struct seccomp_data data = {
		.nr = (int)call->number,
		.arch = call->architecture,
		.instruction_pointer = call->instruction,
	};
	memcpy(data.args, call->arguments, sizeof(data.args));

	for (size_t at = 0; at < count; at++) {
		const struct sock_filter *instruction = &program[at];
		bool good = true;
		switch (BPF_CLASS(instruction->code)) {
		case BPF_LD:
			good = load(&words, &data, instruction, &words.accumulator);
			break;
		case BPF_LDX:
			good = load(&words, &data, instruction, &words.index);
			break;
		case BPF_ST:
			words.scratch[instruction->k % BPF_MEMWORDS] = words.accumulator;
			break;
		case BPF_STX:
			words.scratch[instruction->k % BPF_MEMWORDS] = words.index;
			break;
		case BPF_ALU:
			good = arithmetic(&words, instruction);
			break;
		case BPF_JMP:
			if (BPF_OP(instruction->code) == BPF_JA)
				at += instruction->k;
			else
				at += jump_is_taken(&words, instruction) ? instruction->jt
									 : instruction->jf;
			break;
		case BPF_RET:
			return BPF_RVAL(instruction->code) == BPF_A ? words.accumulator
								    : instruction->k;
		case BPF_MISC:
			if (BPF_MISCOP(instruction->code) == BPF_TAX)
				words.index = words.accumulator;
			else
				words.accumulator = words.index;
			break;
		}
		if (!good)
			break;
	}
	return SECCOMP_RET_KILL_PROCESS;
}

static enum filter_verdict verdict_of(uint32_t action)
{
	switch (action & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW:
	case SECCOMP_RET_LOG:
		return FILTER_ALLOWS;
	case SECCOMP_RET_ERRNO:
	case SECCOMP_RET_TRACE: /* ENOSYS for want of a tracer that cares */
		return FILTER_FAILS;
	case SECCOMP_RET_USER_NOTIF:
		return FILTER_UNKNOWN;
	default:
		return FILTER_KILLS; /* a trap too: its signal is blocked, which is fatal */
	}
}

enum filter_verdict filter_judge(pid_t thread, const struct machine_filtered_call *call)
{
	struct sock_filter *program = calloc(PROGRAM_MAX, sizeof(*program));
	enum filter_verdict worst = FILTER_ALLOWS;

	if (!program)
		return FILTER_UNKNOWN;
	for (uintptr_t i = 0; i < FILTERS_MAX; i++) {
		long count = ptrace(PTRACE_SECCOMP_GET_FILTER, thread, (void *)i, program);
		if (count < 0 && errno == ENOENT) /* there are no more */
			break;
		/* Of several filters the strictest rules, but any that cannot be read spoils it. */
		enum filter_verdict verdict =
			count < 0 || count > PROGRAM_MAX
				? FILTER_UNKNOWN
				: verdict_of(filter_run(program, (size_t)count, call));
		worst = MAX(worst, verdict);
		if (verdict == FILTER_UNKNOWN)
			break;
	}
	free(program);
	return worst;
}
