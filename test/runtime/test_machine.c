/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include <signal.h>
#include <stdlib.h>
#include <ucontext.h>

#include "runtime/machine.h"

static void words_stay_inside_the_stack(void **state)
{
	(void)state;
	const uint64_t words[] = { 11, 22, 33 };
	struct stack_bytes stack = { 0x1000, 0x1000 + sizeof(words), (const uint8_t *)words };
	uint64_t word = 7;
	assert_true(stack_bytes_word(&stack, 0x1008, &word));
	assert_int_equal(word, 22);
	assert_false(stack_bytes_word(&stack, 0xff8, &word));
	assert_false(stack_bytes_word(&stack, 0x1011, &word)); /* ends past the stack */
	assert_false(stack_bytes_word(&stack, UINT64_MAX - 3, &word));
	assert_int_equal(word, 22);
}

static void a_caller_is_behind_the_frame(void **state)
{
	(void)state;
	const uint64_t words[] = { 0, 0, 0x401234, 0 };
	struct stack_bytes stack = { 0x1000, 0x1000 + sizeof(words), (const uint8_t *)words };
	struct machine_frame frame = { .pc = 0x400000, .sp = 0x1000 }, caller;
	assert_true(machine_caller(&stack, &frame, 16, &caller));
	assert_int_equal(caller.pc, 0x401234);
	assert_int_equal(caller.sp, 0x1018);
	assert_int_equal(machine_arguments(&frame, 16), 0x1018);
	assert_false(machine_caller(&stack, &frame, 32, &caller));
	assert_false(machine_caller(&stack, &frame, INT32_MIN, &caller));
}

/* What the kernel really leaves: a handler on its own stack copies that stack. */
enum { STACK_SIZE = 64 << 10 };
static uint8_t *signal_stack, *copy;
static uint64_t copied_from, interrupted_sp, interrupted_pc;

static void handler(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)info;
	const greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
	interrupted_sp = (uint64_t)registers[REG_RSP];
	interrupted_pc = (uint64_t)registers[REG_RIP];
	uint64_t here = (uint64_t)__builtin_frame_address(0) & ~(uint64_t)7;
	copied_from = here;
	memcpy(copy, (const void *)here, (uint64_t)signal_stack + STACK_SIZE - here);
}

static void the_interrupted_place_is_found_on_a_signal_stack(void **state)
{
	(void)state;
	signal_stack = aligned_alloc(16, STACK_SIZE);
	copy = calloc(1, STACK_SIZE);
	assert_non_null(signal_stack);
	assert_non_null(copy);
	stack_t alternate = { .ss_sp = signal_stack, .ss_size = STACK_SIZE };
	assert_int_equal(sigaltstack(&alternate, NULL), 0);
	struct sigaction action = { .sa_sigaction = handler, .sa_flags = SA_ONSTACK | SA_SIGINFO };
	assert_int_equal(sigaction(SIGUSR1, &action, NULL), 0);
	assert_int_equal(raise(SIGUSR1), 0);

	uint64_t low = (uint64_t)signal_stack;
	struct stack_bytes stack = { copied_from, low + STACK_SIZE, copy };
	struct machine_frame frame;
	assert_true(machine_signal_frame(&stack, low, STACK_SIZE, &frame));
	assert_true(frame.pc == interrupted_pc);
	assert_true(frame.sp == interrupted_sp);
	assert_false(machine_signal_frame(&stack, low + 16, STACK_SIZE, &frame));
	assert_false(machine_signal_frame(&stack, low, STACK_SIZE / 2, &frame));

	alternate.ss_flags = SS_DISABLE;
	sigaltstack(&alternate, NULL);
	free(signal_stack);
	free(copy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_stay_inside_the_stack),
		cmocka_unit_test(a_caller_is_behind_the_frame),
		cmocka_unit_test(the_interrupted_place_is_found_on_a_signal_stack),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
