/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

#include "patience.h"
#include "target/process.h"
#include "target/procfs.h"
#include "victim.h"

/* Forks of programs that count what was done to them. */

#define MIB ((size_t)1 << 20)

/* The one child that the process has while it is forked. */
static pid_t child_of(pid_t pid)
{
	_cleanup_(free_pointer) pid_t *ids = NULL;
	size_t count;
	pid_t found = 0;
	check_ok(procfs_list(&ids, &count));
	for (size_t i = 0; i < count; i++) {
		struct process_facts facts;
		if (error_ignore(process_facts_read(ids[i], &facts)) && facts.parent == pid) {
			assert_int_equal(found, 0);
			found = ids[i];
		}
	}
	assert_true(found > 0);
	return found;
}

static void fork_repeatedly(struct victim *victim, unsigned times)
{
	_cleanup_(target_cleanup) struct target *target = NULL;
	check_ok(process_open(victim->pid, &target));
	for (unsigned i = 0; i < times; i++) {
		struct target *fork;
		struct target_pause pause;
		check_ok(fork_patiently(target, &fork, &pause));
		assert_true(pause.nanoseconds > 0 && pause.threads > 0);
		check_ok(process_fork_check(fork));
		target_destroy(fork);
	}
}

static void test_idle(void **state)
{
	(void)state;
	unsigned before = descriptors_open();
	struct victim victim = victim_start(victim_idle, 4);
	fork_repeatedly(&victim, 30);
	victim_check_childless(&victim);
	victim_check(&victim);
	victim_end(&victim);
	assert_int_equal(descriptors_open(), before);
}

/* Its only thread is in its own code, with all registers in use: that one must make the call. */
static void test_registers(void **state)
{
	(void)state;
	struct victim victim = victim_start(victim_registers, 0);
	fork_repeatedly(&victim, 100);
	victim_check_childless(&victim);
	victim_check(&victim);
	victim_end(&victim);
}

static void test_births(void **state)
{
	(void)state;
	struct victim victim = victim_start(victim_births, 0);
	fork_repeatedly(&victim, 50);
	victim_check_childless(&victim);
	victim_check(&victim);
	victim_end(&victim);
}

static void test_calls(void **state)
{
	(void)state;
	struct victim victim = victim_start(victim_calls, 0);
	fork_repeatedly(&victim, 50);
	victim_check_childless(&victim);
	victim_check(&victim);
	victim_end(&victim);
}

static void test_one_moment(void **state)
{
	(void)state;
	enum { SIZE = 32 };
	struct victim victim = victim_start(victim_writer, SIZE);
	_cleanup_(target_cleanup) struct target *target = NULL;
	_cleanup_(free_pointer) uint64_t *words = malloc(SIZE * MIB);
	uint64_t first, second;

	check_ok(process_open(victim.pid, &target));
	for (unsigned i = 0; i < 10; i++) {
		struct target *fork;
		check_ok(fork_patiently(target, &fork, NULL));
		uint64_t region = victim_written_region(fork, SIZE * MIB);
		check_ok(target_read(fork, region, words, SIZE * MIB));
		first = victim_moment(words, SIZE * MIB);
		victim_sleep_ms(20); /* the program writes to every page meanwhile */
		check_ok(target_read(fork, region, words, SIZE * MIB));
		second = victim_moment(words, SIZE * MIB);
		assert_int_equal(first, second);
		/* It tells of a round when that is over. */
		assert_true(atomic_load(&victim.report->births) + 1 >= first);
		size_t count;
		const struct target_thread *threads = target_threads(fork, &count);
		assert_int_equal(count, 3);
		assert_true(threads[0].registers.pc);
		target_destroy(fork);
	}
	victim_check_childless(&victim);
	victim_check(&victim);
	victim_end(&victim);
}

static uint64_t private_bytes(pid_t pid)
{
	char path[64], line[256];
	unsigned long long kib = 0, value;
	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", pid);
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "Private_Dirty: %llu", &value) == 1)
			kib += value;
	}
	fclose(file);
	return kib << 10;
}

static void body_still(struct victim_report *report, long mebibytes)
{
	size_t size = (size_t)mebibytes * MIB;
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memset(memory, 1, size);
	atomic_store(&report->value, (uint64_t)(uintptr_t)memory);
	victim_idle(report, 1);
}

/* Pages that are only read stay one for both, so that a fork costs what is written alone. */
static void test_reading_is_free(void **state)
{
	(void)state;
	enum { SIZE = 64 };
	struct victim victim = victim_start(body_still, SIZE);
	_cleanup_(target_cleanup) struct target *target = NULL;
	_cleanup_(free_pointer) uint8_t *bytes = malloc(SIZE * MIB);
	struct target *fork;

	check_ok(process_open(victim.pid, &target));
	check_ok(fork_patiently(target, &fork, NULL));
	uint64_t before = private_bytes(target_pid(fork));
	uint64_t region = atomic_load(&victim.report->value);
	check_ok(target_read(fork, region, bytes, SIZE * MIB));
	for (size_t at = 0; at < SIZE * MIB; at += 64 * 4096) {
		struct target_range ranges[64];
		for (size_t i = 0; i < 64; i++)
			ranges[i] = (struct target_range){ region + at + i * 4096, 64,
							   bytes + at + i * 4096, false };
		check_ok(target_read_ranges(fork, ranges, 64));
	}
	uint64_t after = private_bytes(target_pid(fork));
	/* A few are its own from the start, or become it by the injected call. */
	assert_true(after < before + MIB);
	target_destroy(fork);
	victim_check(&victim);
	victim_end(&victim);
}

static unsigned descriptors_of(pid_t pid)
{
	char path[32];
	unsigned count = 0;
	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	DIR *stream = opendir(path);
	assert_non_null(stream);
	for (struct dirent *entry; (entry = readdir(stream));)
		count += entry->d_name[0] != '.';
	closedir(stream);
	return count;
}

/* A server that closes its connection and listens anew whenever `stop` flips. */
static void body_server(struct victim_report *report, long unused)
{
	(void)unused;
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t length = sizeof(address);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	int listener = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
	/* As servers do; without it no restart would work, fork or none. */
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (bind(listener, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(listener, 5) < 0 ||
	    getsockname(listener, (struct sockaddr *)&address, &length) < 0)
		abort();
	atomic_store(&report->value, ntohs(address.sin_port));
	atomic_store(&report->ready, true);
	int connection = accept(listener, NULL, NULL);
	atomic_store(&report->value, 0);
	while (!atomic_load(&report->stop))
		usleep(1000);
	close(connection);
	close(listener);
	listener = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (bind(listener, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(listener, 5) < 0)
		atomic_fetch_add(&report->faults, 1);
	for (;;) {
		atomic_fetch_add(&report->progress, 1);
		usleep(1000);
	}
}

static void *serve(void *argument)
{
	body_server(argument, 0);
	return NULL;
}

static void body_server_thread(struct victim_report *report, long unused)
{
	pthread_t thread;
	pthread_create(&thread, NULL, serve, report);
	while (!atomic_load(&report->ready))
		usleep(1000);
	atomic_store(&report->ready, false);
	victim_idle(report, unused);
}

static void test_descriptors(void **state)
{
	(void)state;
	struct victim victim = victim_start(body_server_thread, 2);
	_cleanup_(target_cleanup) struct target *target = NULL;
	struct target *fork;
	struct sockaddr_in address = { .sin_family = AF_INET };
	char byte;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	address.sin_port = htons((uint16_t)atomic_load(&victim.report->value));
	int client = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(client, (struct sockaddr *)&address, sizeof(address)), 0);
	while (atomic_load(&victim.report->value))
		victim_sleep_ms(1);
	unsigned before = descriptors_of(victim.pid);

	check_ok(process_open(victim.pid, &target));
	check_ok(fork_patiently(target, &fork, NULL));
	assert_int_equal(descriptors_of(child_of(victim.pid)), 0);
	assert_int_equal(descriptors_of(victim.pid), before);

	/* While the fork lives: the end of the connection arrives, and the port is free again. */
	atomic_store(&victim.report->stop, true);
	struct pollfd poll_client = { .fd = client, .events = POLLIN };
	assert_int_equal(poll(&poll_client, 1, 2000), 1);
	assert_int_equal(recv(client, &byte, 1, 0), 0);
	assert_true(victim_advances(&victim));
	assert_int_equal(atomic_load(&victim.report->faults), 0);
	target_destroy(fork);
	victim_check_childless(&victim);
	victim_check(&victim);
	close(client);
	victim_end(&victim);
}

/* The fork's own state: it stands still, it dies with us, and it is the first to be killed. */
static void test_fork_is_held(void **state)
{
	(void)state;
	struct victim victim = victim_start(victim_idle, 2);
	_cleanup_(target_cleanup) struct target *target = NULL;
	struct target *fork;
	struct process_facts facts, tracer;
	char path[64], text[16] = { 0 };

	check_ok(process_open(victim.pid, &target));
	check_ok(fork_patiently(target, &fork, NULL));
	pid_t child = child_of(victim.pid);
	assert_int_equal(target_pid(fork), victim.pid);
	check_ok(process_facts_read(child, &facts));
	assert_int_equal(facts.state, 't');
	assert_int_equal(facts.exit_signal, 0);              /* the program's SIGCHLD is its own */
	check_ok(process_facts_read(facts.tracer, &tracer)); /* a thread of ours */
	assert_int_equal(tracer.thread_group, getpid());
	snprintf(path, sizeof(path), "/proc/%d/oom_score_adj", child);
	FILE *file = fopen(path, "r");
	assert_non_null(fgets(text, sizeof(text), file));
	fclose(file);
	assert_string_equal(text, "1000\n");

	/* The process may be closed before its fork; stopping the fork does nothing. */
	target_destroy(TAKE_PTR(target));
	check_ok(target_stop(fork));
	target_release(fork, NULL);
	assert_true(victim_advances(&victim));
	target_destroy(fork);
	victim_check_childless(&victim);
	victim_check(&victim);
	victim_end(&victim);
}

static void test_refusals(void **state)
{
	(void)state;
	struct victim victim = victim_start(victim_idle, 2);
	_cleanup_(target_cleanup) struct target *target = NULL;
	struct target *fork;

	check_ok(process_open(victim.pid, &target));
	struct process_fork_options greedy = { .own_memory = (uint64_t)1 << 50 };
	check_error(process_fork(target, &greedy, &fork, NULL), ERROR_LIMIT, "not safe");
	struct process_fork_options hasty = { .max_pause_ns = 1 };
	check_error(process_fork(target, &hasty, &fork, NULL), ERROR_LIMIT, "would stop it");
	check_ok(target_stop(target));
	check_error(process_fork(target, &quick, &fork, NULL), ERROR_USAGE, "is stopped");
	target_release(target, NULL);

	kill(victim.pid, SIGSTOP);
	victim_sleep_ms(10);
	check_error(process_fork(target, &quick, &fork, NULL), ERROR_UNSUPPORTED, "SIGSTOP");
	struct process_facts facts = { 0 };
	for (unsigned i = 0; i < 1000 && facts.state != 'T'; i++, victim_sleep_ms(1))
		check_ok(process_facts_read(victim.pid, &facts));
	assert_int_equal(facts.state, 'T');
	uint64_t before = atomic_load(&victim.report->progress);
	victim_sleep_ms(10);
	assert_int_equal(atomic_load(&victim.report->progress), before);
	kill(victim.pid, SIGCONT);
	victim_check_childless(&victim);
	victim_check(&victim);
	victim_end(&victim);
}

/* Filters that refuse new processes: one that answers is suspended, one that kills is not met. */
static void test_filters(void **state)
{
	static const struct {
		uint32_t action;
		bool forks;
	} cases[] = {
		{ SECCOMP_RET_ALLOW, true },        { SECCOMP_RET_ERRNO | 1, true },
		{ SECCOMP_RET_TRACE, true },        { SECCOMP_RET_TRAP, false },
		{ SECCOMP_RET_KILL_THREAD, false }, { SECCOMP_RET_KILL_PROCESS, false },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct victim victim = victim_start(victim_filtered, (long)cases[i].action);
		_cleanup_(target_cleanup) struct target *target = NULL;
		struct target *fork = NULL;
		check_ok(process_open(victim.pid, &target));
		if (cases[i].forks && geteuid() == 0) {
			check_ok(fork_patiently(target, &fork, NULL));
			assert_int_equal(descriptors_of(child_of(victim.pid)), 0);
			target_destroy(fork);
		} else {
			check_error(process_fork(target, &quick, &fork, NULL), ERROR_UNSUPPORTED,
				    "seccomp");
		}
		victim_check_childless(&victim);
		victim_check(&victim);
		victim_end(&victim);
	}
}

/* A parent in vfork cannot be stopped then: it must not be caught later, while the fork is read. */
static void test_vfork(void **state)
{
	(void)state;
	struct victim victim = victim_start(victim_vfork, 0);
	_cleanup_(target_cleanup) struct target *target = NULL;
	unsigned unstopped = 0;

	check_ok(process_open(victim.pid, &target));
	for (unsigned i = 0; i < 5; i++) {
		struct target *fork;
		struct target_pause pause;
		check_ok(fork_patiently(target, &fork, &pause));
		unstopped += pause.unstopped > 0;
		uint64_t births = atomic_load(&victim.report->births);
		victim_sleep_ms(200);
		assert_true(atomic_load(&victim.report->births) >= births + 2);
		target_destroy(fork);
	}
	assert_true(unstopped > 0);
	assert_int_equal(atomic_load(&victim.report->faults), 0);
	assert_true(victim_advances(&victim));
	victim_end(&victim);
}

static void test_exec(void **state)
{
	(void)state;
	struct victim victim = victim_start(victim_exec, 50000);
	unsigned forked = 0;
	for (unsigned i = 0; i < 40; i++) {
		_cleanup_(target_cleanup) struct target *target = NULL;
		struct target *fork = NULL;
		struct error *error = process_open(victim.pid, &target);
		if (!error)
			error = process_fork(target, &quick, &fork, NULL);
		/* Any refusal will do, as long as the program goes on. */
		forked += !error;
		error_destroy(error);
		target_destroy(fork);
	}
	print_message("exec: forked %u of 40\n", forked);
	assert_true(forked > 0);
	uint64_t births = atomic_load(&victim.report->births);
	victim_sleep_ms(200);
	assert_true(atomic_load(&victim.report->births) > births);
	assert_int_equal(atomic_load(&victim.report->faults), 0);
	victim_check_childless(&victim);
	victim_end(&victim);
}

/* The process ends while its fork is read. */
static void test_origin_killed(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 5; i++) {
		struct victim victim = victim_start(victim_idle, 2);
		struct target *target, *fork;
		check_ok(process_open(victim.pid, &target));
		check_ok(fork_patiently(target, &fork, NULL));
		pid_t child = child_of(victim.pid);
		kill(victim.pid, SIGKILL);
		int status;
		assert_int_equal(waitpid(victim.pid, &status, 0), victim.pid);
		check_error(process_fork_check(fork), ERROR_GONE, "ended");
		target_destroy(fork);
		target_destroy(target);
		/* Its new parent, init, takes it; ours is not to wait for that. */
		struct process_facts facts;
		bool running = error_ignore(process_facts_read(child, &facts)) && !facts.zombie;
		assert_false(running);
		victim.pid = 0;
		victim_end(&victim);
	}
}

int main(int argc, char **argv)
{
	victim_main(argc, argv);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_idle),          cmocka_unit_test(test_registers),
		cmocka_unit_test(test_births),        cmocka_unit_test(test_calls),
		cmocka_unit_test(test_one_moment),    cmocka_unit_test(test_reading_is_free),
		cmocka_unit_test(test_descriptors),   cmocka_unit_test(test_fork_is_held),
		cmocka_unit_test(test_refusals),      cmocka_unit_test(test_filters),
		cmocka_unit_test(test_vfork),         cmocka_unit_test(test_exec),
		cmocka_unit_test(test_origin_killed),
	};
	return cmocka_run_group_tests_name("target/fork", tests, NULL, NULL);
}
