/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include <fcntl.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "patience.h"
#include "target/process.h"
#include "target/procfs.h"
#include "victim.h"

/* Stops, against programs that count what was done to them. */

static uint64_t progress(const struct victim *victim)
{
	return atomic_load(&victim->report->progress);
}

/* While it is stopped nothing moves: neither the counter, nor the list of threads. */
static void stop_and_look(struct victim *victim, struct target *target, size_t least,
			  struct target_pause *ret_pause)
{
	size_t count, listed;
	_cleanup_(free_pointer) pid_t *ids = NULL;
	_cleanup_(close_descriptor) int directory = -1;

	check_ok(stop_patiently(target));
	const struct target_thread *threads = target_threads(target, &count);
	uint64_t before = progress(victim), births = atomic_load(&victim->report->births);
	assert_true(count >= least);
	check_ok(procfs_open(victim->pid, &directory));
	check_ok(procfs_list_at(directory, "task", &ids, &listed));
	for (size_t i = 0; i < listed; i++) {
		char state = '?';
		uint64_t flags;
		bool known = false, stopped = false;
		for (size_t k = 0; k < count; k++) {
			known |= threads[k].id == ids[i];
			stopped |= threads[k].id == ids[i] && threads[k].stopped;
		}
		/*
		 * What is missing had ended when it was looked at, and was not gone yet. Who was
		 * left asleep may have woken up since: it runs into our stop, in the kernel.
		 */
		if (procfs_thread_state(directory, ids[i], &state, &flags) && state != 'Z' &&
		    state != 'X' && (!known || (stopped && state != 't')))
			fail_msg("thread %d is in state %c, %s", ids[i], state,
				 known ? "known" : "unknown");
	}
	for (size_t i = 0; i < count; i++) {
		if (threads[i].stopped)
			assert_true(threads[i].registers.pc && threads[i].registers.sp);
		assert_int_equal(threads[i].namespace_id, threads[i].id);
	}
	victim_sleep_ms(3);
	assert_int_equal(progress(victim), before);
	assert_int_equal(atomic_load(&victim->report->births), births);
	target_release(target, ret_pause);
	assert_null(target_threads(target, &count));
	assert_int_equal(count, 0);
}

static void test_idle(void **state)
{
	(void)state;
	struct victim victim = victim_start(victim_idle, 20);
	_cleanup_(target_cleanup) struct target *target = NULL;
	struct target_pause pause;

	check_ok(process_open(victim.pid, &target));
	for (unsigned i = 0; i < 20; i++) {
		stop_and_look(&victim, target, 22, &pause);
		assert_int_equal(pause.threads, 22);
		assert_int_equal(pause.unstopped, 0);
		assert_true(pause.nanoseconds >= 3000000);
	}
	victim_check(&victim);
	victim_end(&victim);
}

/* The registers are those of where the thread is: the sleepers in the instruction behind a call. */
static void test_registers(void **state)
{
	(void)state;
	struct victim victim = victim_start(victim_idle, 3);
	_cleanup_(target_cleanup) struct target *target = NULL;
	const struct target_mapping *mappings;
	size_t count, mapping_count, in_calls = 0;

	check_ok(process_open(victim.pid, &target));
	check_ok(target_mappings(target, &mappings, &mapping_count));
	check_ok(stop_patiently(target));
	const struct target_thread *threads = target_threads(target, &count);
	for (size_t i = 0; i < count; i++) {
		uint8_t code[2];
		check_ok(target_read(target, threads[i].registers.pc - 2, code, sizeof(code)));
		in_calls += code[0] == 0x0f && code[1] == 0x05;
		bool on_stack = false;
		for (size_t k = 0; k < mapping_count; k++)
			on_stack |= threads[i].registers.sp >= mappings[k].start &&
				    threads[i].registers.sp < mappings[k].end &&
				    mappings[k].writable;
		assert_true(on_stack);
		assert_true(threads[i].registers.thread_pointer);
		assert_int_equal(threads[i].registers.general_count, 16);
	}
	assert_int_equal(count, 5);
	assert_true(in_calls >= 4); /* the ticking one may be anywhere */
	target_release(target, NULL);
	victim_end(&victim);
}

static void test_many_threads(void **state)
{
	(void)state;
	struct victim victim = victim_start(victim_idle, 1000);
	_cleanup_(target_cleanup) struct target *target = NULL;
	struct target_pause pause;

	check_ok(process_open(victim.pid, &target));
	stop_and_look(&victim, target, 1002, &pause);
	print_message("1,000 threads: stopped for %.1f ms, 3 of them asked for\n",
		      (double)pause.nanoseconds / 1e6);
	victim_check(&victim);
	victim_end(&victim);
}

static void test_births(void **state)
{
	(void)state;
	struct victim victim = victim_start(victim_births, 0);
	_cleanup_(target_cleanup) struct target *target = NULL;

	check_ok(process_open(victim.pid, &target));
	for (unsigned i = 0; i < 100; i++) {
		stop_and_look(&victim, target, 3, NULL);
		victim_sleep_ms(1);
	}
	victim_check(&victim);
	victim_end(&victim);
}

static void test_under_sigstop(void **state)
{
	(void)state;
	struct victim victim = victim_start(victim_idle, 3);
	_cleanup_(target_cleanup) struct target *target = NULL;
	struct process_facts facts;

	check_ok(process_open(victim.pid, &target));
	kill(victim.pid, SIGSTOP);
	victim_sleep_ms(20);
	for (unsigned i = 0; i < 5; i++) {
		stop_and_look(&victim, target, 5, NULL);
		victim_sleep_ms(5);
		check_ok(process_facts_read(victim.pid, &facts));
		assert_int_equal(facts.state, 'T');
	}
	uint64_t before = progress(&victim);
	victim_sleep_ms(10);
	assert_int_equal(progress(&victim), before);
	kill(victim.pid, SIGCONT);
	victim_check(&victim);

	/* And when it comes in the midst of a stop of ours. */
	check_ok(stop_patiently(target));
	kill(victim.pid, SIGSTOP);
	victim_sleep_ms(5);
	target_release(target, NULL);
	victim_sleep_ms(20);
	check_ok(process_facts_read(victim.pid, &facts));
	assert_int_equal(facts.state, 'T');
	kill(victim.pid, SIGCONT);
	victim_check(&victim);
	victim_end(&victim);
}

/* Signals that come while it is stopped are all delivered, once each. */
static _Atomic unsigned taken;

static void take(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)context;
	if (info->si_code == SI_QUEUE)
		atomic_fetch_add(&taken, (unsigned)info->si_value.sival_int);
}

static void body_signals(struct victim_report *report, long unused)
{
	(void)unused;
	struct sigaction action = { .sa_sigaction = take, .sa_flags = SA_SIGINFO | SA_RESTART };
	sigaction(SIGRTMIN, &action, NULL);
	atomic_store(&report->ready, true);
	for (;;) {
		atomic_store(&report->births, atomic_load(&taken));
		atomic_fetch_add(&report->progress, 1);
	}
}

static void test_signals(void **state)
{
	(void)state;
	struct victim victim = victim_start(body_signals, 0);
	_cleanup_(target_cleanup) struct target *target = NULL;
	unsigned sent = 0;

	check_ok(process_open(victim.pid, &target));
	for (int i = 1; i <= 200; i++) {
		union sigval value = { .sival_int = i };
		if (i % 2)
			assert_int_equal(sigqueue(victim.pid, SIGRTMIN, value), 0);
		check_ok(stop_patiently(target));
		if (i % 2 == 0)
			assert_int_equal(sigqueue(victim.pid, SIGRTMIN, value), 0);
		target_release(target, NULL);
		sent += (unsigned)i;
	}
	for (unsigned i = 0; i < 2000 && atomic_load(&victim.report->births) != sent; i++)
		victim_sleep_ms(1);
	assert_int_equal(atomic_load(&victim.report->births), sent);
	victim_check(&victim);
	victim_end(&victim);
}

/*
 * System calls go on as if nothing had been. `attaches` for each of the seven sleeping threads:
 * seven times as many interrupted calls.
 */
static void test_calls(void **state)
{
	(void)state;
	const char *soak = getenv("DOWSE_SOAK");
	unsigned stops = soak ? 10000 : 1500; /* 1,500 * 7 calls are 10,500 attaches */
	struct victim victim = victim_start(victim_calls, 0);
	_cleanup_(target_cleanup) struct target *target = NULL;

	check_ok(process_open(victim.pid, &target));
	for (unsigned i = 0; i < stops; i++) {
		check_ok(stop_patiently(target));
		target_release(target, NULL);
	}
	victim_check(&victim);
	victim_end(&victim);
}

static void stop_often(struct victim *victim, unsigned times, unsigned *ret_unstopped)
{
	_cleanup_(target_cleanup) struct target *target = NULL;
	struct target_pause pause;

	*ret_unstopped = 0;
	check_ok(process_open(victim->pid, &target));
	for (unsigned i = 0; i < times; i++) {
		check_ok(stop_patiently(target));
		uint64_t before = progress(victim);
		victim_sleep_ms(1);
		assert_int_equal(progress(victim), before);
		target_release(target, &pause);
		*ret_unstopped += pause.unstopped > 0;
		victim_sleep_ms(2);
	}
}

static void test_vfork(void **state)
{
	(void)state;
	struct victim victim = victim_start(victim_vfork, 0);
	unsigned unstopped;
	uint64_t births = atomic_load(&victim.report->births);

	stop_often(&victim, 60, &unstopped);
	/* It is nearly always inside of vfork, whose parent cannot be stopped. */
	assert_true(unstopped > 30);
	victim_sleep_ms(150);
	assert_true(atomic_load(&victim.report->births) > births + 1);
	kill(victim.pid, SIGSTOP); /* no children while they are counted */
	victim_sleep_ms(100);
	kill(victim.pid, SIGCONT);
	assert_int_equal(atomic_load(&victim.report->faults), 0);
	assert_true(victim_advances(&victim));
	victim_end(&victim);
}

static void test_spawn(void **state)
{
	(void)state;
	struct victim victim = victim_start(victim_vfork, 1);
	unsigned unstopped;
	stop_often(&victim, 200, &unstopped);
	assert_int_equal(atomic_load(&victim.report->faults), 0);
	assert_true(victim_advances(&victim));
	victim_end(&victim);
}

/* Held only for as long as we hold it: the parent goes on when its child has ended. */
static void test_vfork_while_stopped(void **state)
{
	(void)state;
	struct victim victim = victim_start(victim_vfork, 0);
	_cleanup_(target_cleanup) struct target *target = NULL;

	check_ok(process_open(victim.pid, &target));
	check_ok(stop_patiently(target));
	victim_sleep_ms(100); /* its child ends meanwhile, and the parent runs into our stop */
	uint64_t births = atomic_load(&victim.report->births);
	victim_sleep_ms(100);
	assert_int_equal(atomic_load(&victim.report->births), births);
	target_release(target, NULL);
	victim_sleep_ms(200);
	assert_true(atomic_load(&victim.report->births) > births);
	assert_int_equal(atomic_load(&victim.report->faults), 0);
	victim_end(&victim);
}

static void test_exec(void **state)
{
	(void)state;
	struct victim victim = victim_start(victim_exec, 50000);
	unsigned stopped = 0, gone = 0;

	for (unsigned i = 0; i < 100; i++) {
		_cleanup_(target_cleanup) struct target *target = NULL;
		struct error *error = process_open(victim.pid, &target);
		if (!error && i % 3)
			victim_sleep_ms(i % 3 * 20); /* the program may have changed since */
		if (!error)
			error = stop_patiently(target);
		if (error && error->code != ERROR_GONE)
			fail_msg("%s", error->message);
		stopped += !error;
		gone += error != NULL;
		error_destroy(error);
	}
	/* Both must have been seen, or the test has not tried what it is for. */
	print_message("exec: %u stopped, %u told from another program\n", stopped, gone);
	assert_true(stopped > 10 && gone > 10);
	uint64_t births = atomic_load(&victim.report->births);
	victim_sleep_ms(200);
	assert_true(atomic_load(&victim.report->births) > births);
	assert_int_equal(atomic_load(&victim.report->faults), 0);
	victim_end(&victim);
}

/*
 * As fast as it can: most stops meet an execve that has ended some of the threads. The kernel lets
 * a careless tracer and such a process wait for each other for ever; this loop found that at once.
 */
static void test_exec_without_pause(void **state)
{
	(void)state;
	struct victim victim = victim_start(victim_exec, 300);
	unsigned stopped = 0;

	for (unsigned i = 0; i < 1500; i++) {
		_cleanup_(target_cleanup) struct target *target = NULL;
		struct error *error = process_open(victim.pid, &target);
		if (!error)
			error = target_stop(target);
		stopped += !error;
		error_destroy(error);
	}
	assert_true(stopped > 100);
	assert_int_equal(atomic_load(&victim.report->faults), 0);
	uint64_t births = atomic_load(&victim.report->births);
	victim_sleep_ms(500);
	assert_true(atomic_load(&victim.report->births) > births);
	victim_end(&victim);
}

static void body_short(struct victim_report *report, long ms)
{
	atomic_store(&report->ready, true);
	victim_registers(report, ms);
}

static void *kill_soon(void *argument)
{
	victim_sleep_ms(1);
	kill(*(pid_t *)argument, SIGKILL);
	return NULL;
}

/* Killed at any moment: the parent is told at once when we let go, and nothing hangs. */
static void test_killed(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 40; i++) {
		struct victim victim = victim_start(body_short, 0);
		_cleanup_(target_cleanup) struct target *target = NULL;
		check_ok(process_open(victim.pid, &target));
		if (i % 2)
			kill(victim.pid, SIGKILL);
		struct error *error = stop_patiently(target);
		if (error && error->code != ERROR_GONE)
			fail_msg("%s", error->message);
		error_destroy(error);
		if (i % 2 == 0) {
			kill_soon(&victim.pid);
			target_release(target, NULL);
		}
		int status;
		assert_int_equal(waitpid(victim.pid, &status, 0), victim.pid);
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
		victim.pid = 0;
		victim_end(&victim);
	}
}

static void test_filters(void **state)
{
	static const uint32_t actions[] = { SECCOMP_RET_ERRNO | 1, SECCOMP_RET_TRAP,
					    SECCOMP_RET_KILL_PROCESS };
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(actions); i++) {
		struct victim victim = victim_start(victim_filtered, (long)actions[i]);
		_cleanup_(target_cleanup) struct target *target = NULL;
		check_ok(process_open(victim.pid, &target));
		for (unsigned k = 0; k < 20; k++)
			stop_and_look(&victim, target, 5, NULL);
		victim_check(&victim);
		victim_end(&victim);
	}
}

int main(int argc, char **argv)
{
	victim_main(argc, argv);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_idle),          cmocka_unit_test(test_registers),
		cmocka_unit_test(test_many_threads),  cmocka_unit_test(test_births),
		cmocka_unit_test(test_under_sigstop), cmocka_unit_test(test_signals),
		cmocka_unit_test(test_calls),         cmocka_unit_test(test_vfork),
		cmocka_unit_test(test_spawn),         cmocka_unit_test(test_vfork_while_stopped),
		cmocka_unit_test(test_exec),          cmocka_unit_test(test_exec_without_pause),
		cmocka_unit_test(test_killed),        cmocka_unit_test(test_filters),
	};
	return cmocka_run_group_tests_name("target/stop", tests, NULL, NULL);
}
