/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "target/filter.h"

/*
 * What a filter would say, against what the kernel says: a child installs the filter, makes the
 * call, and what becomes of it is compared. The call is one that cannot do anything: a number that
 * does not exist, which fails with ENOSYS where it is allowed.
 */
#define NUMBER 5000u

static const uint64_t arguments[6] = { 0x1122334455667788, 2, 0xffffffff00000003, 4, 5, 6 };

/* The action by what the kernel did to the child. */
static uint32_t kernel_action(const struct sock_filter *program, size_t count)
{
	pid_t child = fork();
	if (child == 0) {
		struct sock_fprog filter = { (unsigned short)count, (struct sock_filter *)program };
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
		    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) < 0)
			_exit(99);
		long result = syscall(NUMBER, arguments[0], arguments[1], arguments[2],
				      arguments[3], arguments[4], arguments[5]);
		_exit(result == -1 && errno == ENOSYS ? 1 : result == -1 ? 2 : 3);
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		return SECCOMP_RET_KILL_PROCESS;
	assert_true(WIFEXITED(status));
	assert_true(WEXITSTATUS(status) == 1 || WEXITSTATUS(status) == 2);
	return WEXITSTATUS(status) == 1 ? SECCOMP_RET_ALLOW : SECCOMP_RET_ERRNO;
}

static uint32_t our_action(const struct sock_filter *program, size_t count)
{
	struct machine_filtered_call call = {
		.architecture = AUDIT_ARCH_X86_64,
		.number = NUMBER,
		.instruction = 0,
	};
	memcpy(call.arguments, arguments, sizeof(arguments));
	return filter_run(program, count, &call) & SECCOMP_RET_ACTION_FULL;
}

#define LOAD(offset)     BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset)
#define ARGUMENT_LOW(n)  (offsetof(struct seccomp_data, args) + 8 * (n))
#define ARGUMENT_HIGH(n) (ARGUMENT_LOW(n) + 4)
#define ALLOW            BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define REFUSE           BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)
#define KILL             BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS)
/* Allow if the accumulator is so, else refuse; calls without our number are allowed first. */
#define ENDING(value) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1), ALLOW, REFUSE
#define ONLY_OURS     LOAD(0), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NUMBER, 1, 0), ALLOW
#define CASE(...)                                                                                  \
	{                                                                                          \
		(struct sock_filter[]){ ONLY_OURS, __VA_ARGS__ },                                  \
			ARRAY_SIZE(((struct sock_filter[]){ ONLY_OURS, __VA_ARGS__ }))             \
	}

static void test_against_the_kernel(void **state)
{
	(void)state;
	const struct {
		struct sock_filter *program;
		size_t count;
	} cases[] = {
		CASE(ALLOW),
		CASE(REFUSE),
		CASE(KILL),
		CASE(LOAD(4), ENDING(AUDIT_ARCH_X86_64)),
		CASE(LOAD(ARGUMENT_LOW(0)), ENDING(0x55667788)),
		CASE(LOAD(ARGUMENT_HIGH(0)), ENDING(0x11223344)),
		CASE(LOAD(ARGUMENT_LOW(0)), ENDING(0x11223344)),
		CASE(LOAD(ARGUMENT_HIGH(2)), ENDING(0xffffffff)),
		CASE(LOAD(ARGUMENT_LOW(5)), ENDING(6)),
		CASE(LOAD(ARGUMENT_LOW(0)), BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xff),
		     ENDING(0x88)),
		CASE(LOAD(ARGUMENT_LOW(0)), BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 8),
		     ENDING(0x556677)),
		CASE(LOAD(ARGUMENT_LOW(1)), BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 3), ENDING(16)),
		CASE(LOAD(ARGUMENT_LOW(1)), BPF_STMT(BPF_ALU | BPF_NEG, 0), ENDING(0xfffffffe)),
		CASE(LOAD(ARGUMENT_LOW(3)), BPF_STMT(BPF_MISC | BPF_TAX, 0), LOAD(ARGUMENT_LOW(4)),
		     BPF_STMT(BPF_ALU | BPF_ADD | BPF_X, 0), ENDING(9)),
		CASE(LOAD(ARGUMENT_LOW(4)), BPF_STMT(BPF_ST, 3), BPF_STMT(BPF_LD | BPF_IMM, 77),
		     BPF_STMT(BPF_LDX | BPF_MEM, 3), BPF_STMT(BPF_MISC | BPF_TXA, 0), ENDING(5)),
		CASE(LOAD(ARGUMENT_LOW(5)), BPF_STMT(BPF_ALU | BPF_MUL | BPF_K, 7),
		     BPF_STMT(BPF_ALU | BPF_SUB | BPF_K, 2), BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 4),
		     BPF_STMT(BPF_ALU | BPF_XOR | BPF_K, 1), BPF_STMT(BPF_ALU | BPF_OR | BPF_K, 4),
		     ENDING(15)),
		CASE(BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0), ENDING(sizeof(struct seccomp_data))),
		CASE(LOAD(ARGUMENT_LOW(1)), BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 1, 0, 1), ALLOW,
		     REFUSE),
		CASE(LOAD(ARGUMENT_LOW(1)), BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 2, 0, 1), ALLOW,
		     REFUSE),
		CASE(LOAD(ARGUMENT_LOW(1)), BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 2, 0, 1), ALLOW,
		     REFUSE),
		CASE(LOAD(ARGUMENT_LOW(1)), BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 1, 0, 1), ALLOW,
		     REFUSE),
		CASE(BPF_STMT(BPF_JMP | BPF_JA, 1), REFUSE, ALLOW),
		CASE(LOAD(ARGUMENT_LOW(1)),
		     BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, SECCOMP_RET_ERRNO - 1),
		     BPF_STMT(BPF_RET | BPF_A, 0)),
	};
	unsigned allowed = 0, refused = 0;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint32_t expected = kernel_action(cases[i].program, cases[i].count);
		uint32_t action = our_action(cases[i].program, cases[i].count);
		if (action != expected)
			fail_msg("case %zu: the kernel does %x, we say %x", i, expected, action);
		allowed += expected == SECCOMP_RET_ALLOW;
		refused += expected == SECCOMP_RET_ERRNO;
	}
	/* Both outcomes are among the cases, so that neither is right for all of them. */
	assert_true(allowed > 10 && refused > 3);
}

/* Programs that the kernel would never load are answered like a refusal, and come to an end. */
static void test_nonsense(void **state)
{
	(void)state;
	uint64_t seed = 1;
	for (unsigned i = 0; i < 20000; i++) {
		struct sock_filter program[16];
		for (size_t k = 0; k < ARRAY_SIZE(program); k++) {
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			program[k] = (struct sock_filter){ (uint16_t)(seed >> 48),
							   (uint8_t)(seed >> 40),
							   (uint8_t)(seed >> 32),
							   (uint32_t)(seed >> 16) };
		}
		our_action(program, ARRAY_SIZE(program));
	}
	assert_int_equal(our_action(NULL, 0), SECCOMP_RET_KILL_PROCESS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_against_the_kernel),
		cmocka_unit_test(test_nonsense),
	};
	return cmocka_run_group_tests_name("target/filter", tests, NULL, NULL);
}
