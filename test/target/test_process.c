/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "target/memory.h"
#include "target/process.h"
#include "target/procfs.h"
#include "victim.h"

#define PAGE 4096

/* Opening, reading and naming, against what this test knows of its own child. */

static uint8_t *shared_layout; /* the same address in a forked child: PAGE readable, PAGE not */
static const char known[] = "what the child has in its memory";

static void body_plain(struct victim_report *report, long unused)
{
	(void)unused;
	victim_idle(report, 2);
}

static int setup(void **state)
{
	static struct victim victim;
	shared_layout = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			     -1, 0);
	memcpy(shared_layout, known, sizeof(known));
	memcpy(shared_layout + 2 * PAGE, known, sizeof(known));
	/* Behind the end of a file: no kind of access gets through, and nobody maps over it. */
	int empty = (int)syscall(SYS_memfd_create, "empty", 0);
	assert_true(mmap(shared_layout + PAGE, PAGE, PROT_READ, MAP_SHARED | MAP_FIXED, empty, 0) !=
		    MAP_FAILED);
	close(empty);
	victim = victim_start(body_plain, 0);
	*state = &victim;
	return 0;
}

static int teardown(void **state)
{
	victim_end(*state);
	return 0;
}

static void test_read(void **state)
{
	struct victim *victim = *state;
	_cleanup_(target_cleanup) struct target *target = NULL;
	char bytes[sizeof(known)];

	check_ok(process_open(victim->pid, &target));
	assert_int_equal(target_pid(target), victim->pid);
	check_ok(target_read(target, (uint64_t)(uintptr_t)shared_layout, bytes, sizeof(bytes)));
	assert_memory_equal(bytes, known, sizeof(known));
	check_error(target_read(target, (uint64_t)(uintptr_t)shared_layout + PAGE - 8, bytes, 16),
		    ERROR_FAULT, "cannot read 16 bytes at 0x");
	check_error(target_read(target, 8, bytes, 8), ERROR_FAULT, "0x8");
	check_error(target_read(target, UINT64_MAX - 4, bytes, 16), ERROR_FAULT, "0xfff");
}

/* A piece that cannot be read must spoil itself alone, wherever it stands in the batch. */
static void read_with_holes(struct victim *victim, bool by_descriptor)
{
	enum { COUNT = 5000 };
	_cleanup_(target_cleanup) struct target *target = NULL;
	static struct target_range ranges[COUNT];
	static char bytes[COUNT][16];
	unsigned bad = 0;

	check_ok(process_open(victim->pid, &target));
	struct memory memory = { .id = victim->pid, .one_by_one = by_descriptor };
	char path[32];
	snprintf(path, sizeof(path), "/proc/%d/mem", victim->pid);
	memory.descriptor = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(memory.descriptor >= 0);
	for (unsigned i = 0; i < COUNT; i++) {
		uint64_t address = (uint64_t)(uintptr_t)shared_layout;
		bool hole = i % 7 == 3 || i == COUNT - 1;
		bool torn = i % 11 == 5;
		size_t length = i % 13 == 0 ? 0 : 16;
		if (hole)
			address += PAGE + 64;
		else if (torn)
			address += PAGE - 8;
		else
			address += i % 2 ? 2 * PAGE : 0;
		bad += length && (hole || torn);
		memset(bytes[i], 0, sizeof(bytes[i]));
		ranges[i] = (struct target_range){ address, length, bytes[i], i % 2 };
	}
	check_ok(memory_read_ranges(&memory, "child", ranges, COUNT));
	assert_int_equal(memory.one_by_one, by_descriptor);
	unsigned failed = 0;
	for (unsigned i = 0; i < COUNT; i++) {
		failed += !ranges[i].done;
		if (ranges[i].done && ranges[i].length)
			assert_memory_equal(bytes[i], known, 16);
	}
	assert_int_equal(failed, bad);
	memory_deinit(&memory);
}

static void test_holes(void **state)
{
	read_with_holes(*state, false);
}

static void test_holes_by_descriptor(void **state)
{
	read_with_holes(*state, true);
}

/* Neighbours that are one piece to the kernel, and a single range over a hole. */
static void test_neighbours(void **state)
{
	struct victim *victim = *state;
	_cleanup_(target_cleanup) struct target *target = NULL;
	uint64_t base = (uint64_t)(uintptr_t)shared_layout;
	static uint8_t bytes[3 * PAGE];
	struct target_range ranges[] = {
		{ base, 1024, bytes, false },
		{ base + 1024, PAGE - 1024, bytes + 1024, false },
		{ base + PAGE, PAGE, bytes + PAGE, false },
		{ base + 2 * PAGE, PAGE, bytes + 2 * PAGE, false },
	};

	check_ok(process_open(victim->pid, &target));
	check_ok(target_read_ranges(target, ranges, ARRAY_SIZE(ranges)));
	assert_true(ranges[0].done && ranges[1].done && !ranges[2].done && ranges[3].done);
	assert_memory_equal(bytes, known, sizeof(known));
	assert_memory_equal(bytes + 2 * PAGE, known, sizeof(known));
}

static void test_mappings(void **state)
{
	struct victim *victim = *state;
	_cleanup_(target_cleanup) struct target *target = NULL;
	const struct target_mapping *mappings;
	size_t count;
	bool data = false, code = false, stack = false;

	check_ok(process_open(victim->pid, &target));
	check_ok(target_mappings(target, &mappings, &count));
	for (size_t i = 0; i < count; i++) {
		const struct target_mapping *mapping = &mappings[i];
		uint64_t page = (uint64_t)(uintptr_t)shared_layout;
		uint64_t function = (uint64_t)(uintptr_t)test_mappings;
		if (i)
			assert_true(mapping->start >= mappings[i - 1].end);
		if (page >= mapping->start && page < mapping->end)
			data = mapping->readable && mapping->writable && !mapping->executable &&
			       !mapping->inode;
		stack |= strcmp(mapping->path, "[stack]") == 0;
		if (function < mapping->start || function >= mapping->end)
			continue;
		code = mapping->executable && !mapping->writable;
		int file;
		struct stat opened, ours;
		check_ok(target_open_file(target, mapping, &file));
		assert_int_equal(fstat(file, &opened), 0);
		assert_int_equal(stat("/proc/self/exe", &ours), 0);
		assert_int_equal(opened.st_ino, ours.st_ino);
		close(file);
	}
	assert_true(data && code && stack);
}

static void test_ended(void **state)
{
	(void)state;
	_cleanup_(target_cleanup) struct target *target = NULL;
	struct victim victim = victim_start(body_plain, 0);
	const struct target_mapping *mappings;
	size_t count;
	char byte;

	check_ok(process_open(victim.pid, &target));
	kill(victim.pid, SIGKILL);
	siginfo_t info;
	assert_int_equal(waitid(P_PID, (id_t)victim.pid, &info, WEXITED | WNOWAIT), 0);
	check_error(target_read(target, (uint64_t)(uintptr_t)known, &byte, 1), ERROR_GONE, "ended");
	check_error(target_mappings(target, &mappings, &count), ERROR_GONE, "ended");
	check_error(target_stop(target), ERROR_GONE, "ended");
	struct target *again;
	check_error(process_open(victim.pid, &again), ERROR_GONE, "zombie");
	pid_t pid = victim.pid;
	victim_end(&victim);
	check_error(process_open(pid, &again), ERROR_NOT_FOUND, "no process has the id");
}

static void test_refusals(void **state)
{
	(void)state;
	struct target *target;
	struct process_facts facts;
	struct victim victim = victim_start(body_plain, 0);

	check_error(process_open(0, &target), ERROR_NOT_FOUND, "no process has the id 0");
	check_error(process_open(-5, &target), ERROR_NOT_FOUND, "no process");
	check_error(process_open(1 << 30, &target), ERROR_NOT_FOUND, "dowse ps");
	if (error_ignore(process_facts_read(2, &facts)) && facts.kernel_thread)
		check_error(process_open(2, &target), ERROR_NOT_GO, "kernel thread");

	pid_t *threads;
	size_t count;
	int directory;
	check_ok(procfs_open(victim.pid, &directory));
	check_ok(procfs_list_at(directory, "task", &threads, &count));
	assert_true(count > 1);
	check_error(process_open(threads[1], &target), ERROR_NOT_FOUND, "is a thread of");
	free(threads);
	close(directory);
	victim_end(&victim);
}

static void test_traced_already(void **state)
{
	(void)state;
	struct victim victim = victim_start(body_plain, 0);
	_cleanup_(target_cleanup) struct target *target = NULL;

	assert_int_equal(ptrace(PTRACE_SEIZE, victim.pid, NULL, NULL), 0);
	check_ok(process_open(victim.pid, &target)); /* reading needs no tracing */
	char self[32];
	snprintf(self, sizeof(self), "(pid %d)", getpid());
	check_error(target_stop(target), ERROR_BUSY, self);
	victim_end(&victim);
}

/* A user who is not allowed: another uid without capabilities. In a child, to stay root here. */
static void test_no_permission(void **state)
{
	struct victim *victim = *state;
	if (getuid() != 0)
		return; /* an ordinary user cannot become another one; CI runs as root */
	pid_t child = fork();
	if (child == 0) {
		struct target *target;
		if (setresuid(65534, 65534, 65534) < 0)
			_exit(1);
		struct error *error = process_open(victim->pid, &target);
		_exit(error && error->code == ERROR_PERMISSION &&
				      strstr(error->message, "runs as user 0, dowse as user 65534")
			      ? 42
			      : 2);
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 42);
}

static void test_facts(void **state)
{
	struct victim *victim = *state;
	struct process_facts facts;
	struct process_executable executable;
	char *line;

	check_ok(process_facts_read(victim->pid, &facts));
	assert_int_equal(facts.pid, victim->pid);
	assert_int_equal(facts.thread_group, victim->pid);
	assert_int_equal(facts.parent, getpid());
	assert_int_equal(facts.uid, geteuid());
	assert_int_equal(facts.threads, 4); /* main, tick and two sleepers */
	assert_false(facts.kernel_thread || facts.zombie || facts.stopped);
	assert_int_equal(facts.seccomp, 0);
	assert_int_equal(facts.exit_signal, SIGCHLD);
	assert_true(facts.resident > 0 && facts.page_tables > 0);
	/* It was started after this test and no more than a minute ago. */
	assert_true(facts.age_ns > 0 && facts.age_ns < 60000000000u);

	check_ok(process_command_line(victim->pid, 4096, &line));
	assert_non_null(strstr(line, program_invocation_short_name));
	free(line);
	check_ok(process_executable_read(victim->pid, &executable));
	assert_false(executable.deleted || executable.replaced);
	char *mine = realpath("/proc/self/exe", NULL);
	assert_string_equal(executable.path, mine);
	free(mine);
	process_executable_deinit(&executable);
	assert_false(process_in_other_namespace(victim->pid, "pid"));
}

/* A name with spaces and a parenthesis is the program's own choice. */
static void body_named(struct victim_report *report, long unused)
{
	(void)unused;
	FILE *comm = fopen("/proc/self/comm", "w");
	fputs("a) R (b\n c", comm);
	fclose(comm);
	victim_idle(report, 0);
}

static void test_odd_name(void **state)
{
	(void)state;
	struct victim victim = victim_start(body_named, 0);
	struct process_facts facts;
	check_ok(process_facts_read(victim.pid, &facts));
	assert_string_equal(facts.name, "a) R (b? c");
	assert_int_equal(facts.parent, getpid());
	assert_int_equal(facts.state, 'S');
	victim_end(&victim);
}

/* An executable that was deleted, and one in whose place there is another. */
static void test_replaced_executable(void **state)
{
	(void)state;
	char folder[] = "/tmp/dowse-test-XXXXXX", path[64], command[160];
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/program", folder);
	snprintf(command, sizeof(command), "cp /bin/sleep %s", path);
	assert_int_equal(system(command), 0);
	pid_t child = fork();
	if (child == 0) {
		execl(path, "program", "100", NULL);
		_exit(1);
	}
	struct process_executable executable = { 0 };
	for (unsigned i = 0; i < 1000; i++) {
		process_executable_deinit(&executable);
		check_ok(process_executable_read(child, &executable));
		if (executable.path && strcmp(executable.path, path) == 0)
			break;
		nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
	}
	assert_string_equal(executable.path, path);
	assert_false(executable.deleted || executable.replaced);
	process_executable_deinit(&executable);

	assert_int_equal(unlink(path), 0);
	check_ok(process_executable_read(child, &executable));
	assert_string_equal(executable.path, path);
	assert_true(executable.deleted && !executable.replaced);
	process_executable_deinit(&executable);

	assert_int_equal(system(command), 0);
	check_ok(process_executable_read(child, &executable));
	assert_true(executable.deleted && executable.replaced);
	process_executable_deinit(&executable);

	/* The old file is still to be had. */
	struct target *target;
	const struct target_mapping *mappings;
	size_t count;
	int file;
	check_ok(process_open(child, &target));
	check_ok(target_mappings(target, &mappings, &count));
	assert_string_equal(mappings[0].path, path);
	assert_true(mappings[0].deleted);
	check_ok(target_open_file(target, &mappings[0], &file));
	struct stat status;
	assert_int_equal(fstat(file, &status), 0);
	assert_int_equal(status.st_ino, mappings[0].inode);
	close(file);
	target_destroy(target);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	unlink(path);
	rmdir(folder);
}

static void test_main_thread_ended(void **state)
{
	(void)state;
	struct victim victim = victim_start(victim_no_leader, 0);
	_cleanup_(target_cleanup) struct target *target = NULL;
	struct process_facts facts;
	char bytes[sizeof(known)];
	size_t count;

	check_ok(process_facts_read(victim.pid, &facts));
	assert_true(facts.main_thread_ended && !facts.zombie);
	check_ok(process_open(victim.pid, &target));
	check_ok(target_read(target, (uint64_t)(uintptr_t)known, bytes, sizeof(bytes)));
	assert_memory_equal(bytes, known, sizeof(known));
	check_ok(target_stop(target));
	target_threads(target, &count);
	assert_int_equal(count, 2);
	target_release(target, NULL);
	const char *trouble = victim_trouble(&victim);
	if (trouble)
		fail_msg("%s", trouble);
	victim_end(&victim);
}

static void test_no_leaks(void **state)
{
	struct victim *victim = *state;
	unsigned before = descriptors_open();
	for (unsigned i = 0; i < 50; i++) {
		struct target *target;
		const struct target_mapping *mappings;
		size_t count;
		check_ok(process_open(victim->pid, &target));
		check_ok(target_mappings(target, &mappings, &count));
		check_ok(target_stop(target));
		target_destroy(target);
	}
	assert_int_equal(descriptors_open(), before);
}

int main(int argc, char **argv)
{
	victim_main(argc, argv);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_holes),
		cmocka_unit_test(test_holes_by_descriptor),
		cmocka_unit_test(test_neighbours),
		cmocka_unit_test(test_mappings),
		cmocka_unit_test(test_ended),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_traced_already),
		cmocka_unit_test(test_no_permission),
		cmocka_unit_test(test_facts),
		cmocka_unit_test(test_odd_name),
		cmocka_unit_test(test_replaced_executable),
		cmocka_unit_test(test_main_thread_ended),
		cmocka_unit_test(test_no_leaks),
	};
	return cmocka_run_group_tests_name("target/process", tests, setup, teardown);
}
