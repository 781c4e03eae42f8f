/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "group.h"
#include "patience.h"
#include "target/headroom.h"
#include "target/permission.h"
#include "victim.h"

/*
 * What is left in control groups, and what dowse does where little is: nobody may be killed.
 */
#define MIB ((uint64_t)1 << 20)

static char folder[] = "/tmp/dowse-test-XXXXXX";

static void write_file(const char *group, const char *name, const char *text)
{
	char path[128];
	snprintf(path, sizeof(path), "%s/%s", folder, group);
	mkdir(path, 0755);
	snprintf(path, sizeof(path), "%s/%s/%s", folder, group, name);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static int setup(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : 1;
}

static int teardown(void **state)
{
	(void)state;
	char command[64];
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command);
}

/* Both versions of the files, as the kernel writes them; the numbers are this test's own. */
static void test_files(void **state)
{
	(void)state;
	_cleanup_(headroom_cleanup) struct headroom *headroom = NULL;
	const struct headroom_level *levels;
	char path[128];
	size_t count;

	write_file("v2", "memory.current", "104857600\n");
	write_file("v2", "memory.max", "157286400\n");
	write_file("v2", "memory.high", "max\n");
	write_file("v2", "memory.stat",
		   "anon 52428800\nfile 31457280\nkernel 2097152\nfile_dirty 1048576\n"
		   "file_writeback 1048576\ninactive_file 20971520\n");
	write_file("high", "memory.current", "1048576\n");
	write_file("high", "memory.max", "max\n");
	write_file("high", "memory.high", "4194304\n");
	write_file("v1", "memory.usage_in_bytes", "10485760\n");
	write_file("v1", "memory.limit_in_bytes", "20971520\n");
	write_file("v1", "memory.kmem.usage_in_bytes", "65536\n");
	write_file("v1", "memory.stat",
		   "cache 1\ninactive_file 1\ntotal_cache 7340032\ntotal_inactive_file 6291456\n"
		   "total_dirty 7340032\ntotal_writeback 0\n");
	write_file("free", "memory.usage_in_bytes", "10485760\n");
	write_file("free", "memory.limit_in_bytes", "9223372036854771712\n");
	write_file("over", "memory.current", "9000\n");
	write_file("over", "memory.max", "8000\n");
	write_file("other", "cpu.max", "max\n");

	check_ok(headroom_create(&headroom));
	static const char *const groups[] = { "v2", "high", "v1", "free", "over", "other", "v2" };
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, groups[i]);
		check_ok(headroom_add(headroom, path, i == 0));
	}
	check_ok(headroom_add(headroom, "/nonexistent", false));
	levels = headroom_read(headroom, &count);
	assert_int_equal(count, 5); /* one has no memory files, and twice is once */
	assert_non_null(strstr(levels[0].path, "/over"));
	assert_int_equal(levels[0].left, 0);
	assert_non_null(strstr(levels[1].path, "/high"));
	assert_int_equal(levels[1].left, 3 * MIB);
	assert_non_null(strstr(levels[2].path, "/v1"));
	assert_int_equal(levels[2].left, 10 * MIB); /* its page cache is dirty: not to be counted */
	assert_int_equal(levels[2].page_cache, 7 * MIB);
	assert_int_equal(levels[2].kernel, 65536);
	assert_non_null(strstr(levels[3].path, "/v2"));
	assert_int_equal(levels[3].left, (50 + 18) * MIB);
	assert_int_equal(levels[3].kernel, 2 * MIB);
	assert_true(levels[3].ours);
	assert_false(levels[1].ours);
	assert_int_equal(levels[4].left, UINT64_MAX);

	write_file("over", "memory.max", "max\n");
	check_ok(headroom_check(headroom, 3 * MIB, 65 * MIB, "it"));
	check_error(headroom_check(headroom, 3 * MIB, 66 * MIB, "it"), ERROR_LIMIT,
		    "it may take 69 MiB");
	check_error(headroom_check(headroom, 3 * MIB + 1, 0, "it"), ERROR_LIMIT, "/high has 3 MiB");
}

/* The real thing: a limited group is found by the process that is in it, with its parents. */
static void test_real_group(void **state)
{
	(void)state;
	struct group group;
	_cleanup_(headroom_cleanup) struct headroom *headroom = NULL;
	size_t count;
	bool found = false, machine = false;

	if (!group_create(&group, "headroom")) {
		print_message("no control group can be made here: nothing to compare with\n");
		return;
	}
	struct victim victim = victim_start(victim_idle, 1);
	assert_true(group_enter(&group, victim.pid));
	assert_true(group_limit(&group, 300 * MIB));
	check_ok(headroom_open(victim.pid, &headroom));
	const struct headroom_level *levels = headroom_read(headroom, &count);
	for (size_t i = 0; i < count; i++) {
		machine |= strcmp(levels[i].path, "machine") == 0;
		if (levels[i].limit != 300 * MIB)
			continue;
		assert_string_equal(levels[i].path, group.path);
		assert_false(levels[i].ours);
		/* The kernel counts in batches of 64 pages for each processor. */
		uint64_t used = group_used(&group);
		assert_true(levels[i].used <= used + MIB && used <= levels[i].used + MIB);
		found = true;
	}
	assert_true(found && machine);
	victim_end(&victim);
	group_destroy(&group);
}

static uint64_t write_rate_of(void (*body)(struct victim_report *, long), long argument)
{
	struct victim victim = victim_start(body, argument);
	uint64_t rate = headroom_write_rate(victim.pid, 200000000);
	victim_end(&victim);
	return rate;
}

static void test_write_rate(void **state)
{
	(void)state;
	uint64_t idle = write_rate_of(victim_idle, 1);
	uint64_t busy = write_rate_of(victim_registers, 0);
	print_message("writes at most: idle %llu, busy %llu MiB/s\n",
		      (unsigned long long)(idle >> 20), (unsigned long long)(busy >> 20));
	/*
	 * One ticks a thousand times a second, one takes a processor, as far as it gets it; where
	 * others want it too, that counts for more, but never for more than there are.
	 */
	uint64_t processors = (uint64_t)sysconf(_SC_NPROCESSORS_ONLN);
	assert_true(idle < HEADROOM_COPY_RATE / 5 * processors);
	assert_true(busy > idle && busy <= HEADROOM_COPY_RATE * 11 / 10 * processors);
	assert_int_equal(headroom_write_rate(1 << 22, 1000), UINT64_MAX);
}

struct outcome {
	unsigned forked;
	unsigned refused;
	unsigned dropped;
};

/* One look with a fork, as long as it is allowed to live. */
static void look(pid_t pid, struct outcome *outcome)
{
	_cleanup_(target_cleanup) struct target *target = NULL;
	struct target *fork = NULL;
	struct process_fork_options options = { .reading_ns = 50000000, .own_memory = 4 * MIB };

	check_ok(process_open(pid, &target));
	struct error *error = process_fork(target, &options, &fork, NULL);
	if (error) {
		/* The last belt: on an overloaded machine the kernel may kill the fork before us. */
		bool killed = strstr(error->message, "has ended too early");
		if (error->code != ERROR_LIMIT && !strstr(error->message, "overloaded") && !killed)
			fail_msg("%s", error->message);
		outcome->refused += !killed;
		outcome->dropped += killed;
		error_destroy(error);
		return;
	}
	outcome->forked++;
	for (unsigned i = 0; i < 25 && !error; i++) {
		nanosleep(&(struct timespec){ 0, 2000000 }, NULL);
		error = process_fork_check(fork);
	}
	outcome->dropped += error != NULL;
	error_destroy(error);
	target_destroy(fork);
}

/* From outside of the group, or in a child that has entered it. */
static void look_often(const struct group *group, pid_t pid, bool inside, unsigned times,
		       struct outcome *outcome)
{
	if (!inside) {
		for (unsigned i = 0; i < times; i++)
			look(pid, outcome);
		return;
	}
	pid_t child = fork();
	if (child == 0) {
		assert_true(group_enter(group, getpid()));
		for (unsigned i = 0; i < times; i++)
			look(pid, outcome);
		_exit(outcome->forked ? 11 : 10);
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status)); /* dowse itself was not killed either */
	assert_true(WEXITSTATUS(status) == 10 || WEXITSTATUS(status) == 11);
	outcome->forked += WEXITSTATUS(status) == 11;
}

/*
 * A program that writes as fast as it can, in a group that is nearly full: it must live on. With
 * room enough it must be forked, or this would prove nothing.
 */
static void test_near_the_limit(void **state)
{
	(void)state;
	static const struct {
		uint64_t room;
		bool must_fork;
	} cases[] = {
		{ 1024 * MIB, true }, { 64 * MIB, false }, { 8 * MIB, false }, { MIB, false }
	};
	unsigned times = getenv("DOWSE_SOAK") ? 50 : 6;
	struct group group;

	if (!group_create(&group, "limit")) {
		print_message("no control group can be made here: nothing to be near to\n");
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		for (unsigned inside = 0; inside < 2; inside++) {
			struct outcome outcome = { 0 };
			struct victim victim = victim_start_in(&group, victim_writer, 128);
			/* A child of the test needs its own share for dowse when that is inside. */
			assert_true(group_limit(&group, group_used(&group) + cases[i].room +
								(inside ? 2 * MIB : 0)));
			look_often(&group, victim.pid, inside, times, &outcome);
			print_message(
				"%llu MiB left, dowse %s: forked %u, dropped %u, refused %u\n",
				(unsigned long long)(cases[i].room / MIB),
				inside ? "inside" : "outside", outcome.forked, outcome.dropped,
				outcome.refused);
			const char *trouble = victim_trouble(&victim);
			if (trouble)
				fail_msg("the victim: %s", trouble);
			if (cases[i].must_fork)
				assert_true(outcome.forked > 0);
			victim_end(&victim);
			assert_true(group_limit(&group, 8192 * MIB));
		}
	}
	group_destroy(&group);
}

/* What is left shrinks while the fork lives: it must be said, and the end of the fork must help. */
static void test_getting_tight(void **state)
{
	(void)state;
	struct group group;
	struct target *target, *fork;

	if (!group_create(&group, "tight")) {
		print_message("no control group can be made here: nothing to get tight\n");
		return;
	}
	struct victim victim = victim_start_in(&group, victim_idle, 1);
	assert_true(group_limit(&group, group_used(&group) + 200 * MIB));
	check_ok(process_open(victim.pid, &target));
	check_ok(fork_patiently(target, &fork, NULL));
	check_ok(process_fork_check(fork));
	assert_true(group_limit(&group, group_used(&group) + 2 * MIB));
	check_error(process_fork_check(fork), ERROR_LIMIT, group.path);
	assert_true(group_limit(&group, group_used(&group) + 200 * MIB));
	check_ok(process_fork_check(fork));
	target_destroy(fork);
	target_destroy(target);
	victim_end(&victim);
	group_destroy(&group);
}

static void test_permission(void **state)
{
	(void)state;
	struct victim victim = victim_start(victim_idle, 2);
	struct process_permission permission;
	struct permission_self self;

	check_ok(permission_self_read(&self));
	assert_int_equal(self.uid, geteuid());
	check_ok(process_permission(victim.pid, &permission));
	assert_int_equal(permission.read, PERMISSION_GRANTED);
	assert_int_equal(permission.stop, PERMISSION_GRANTED);
	assert_true(permission.can_fork);
	assert_string_equal(permission.command, "");
	assert_true(permission.fork_bytes > permission.facts.page_tables);
	assert_true(permission.headroom > MIB);
	assert_true(permission.fork_pause_ns > permission.stop_pause_ns);
	kill(victim.pid, SIGSTOP);
	nanosleep(&(struct timespec){ 0, 20000000 }, NULL);
	check_ok(process_permission(victim.pid, &permission));
	assert_false(permission.can_fork);
	victim_end(&victim);
	check_error(process_permission(1 << 30, &permission), ERROR_NOT_FOUND, "no process");
	assert_string_equal(permission_capability_name(19), "CAP_SYS_PTRACE");
	assert_string_equal(permission_capability_name(40), "CAP_CHECKPOINT_RESTORE");
	assert_null(permission_capability_name(41));
}

/* As another user: every rule that can be met without a kernel of another kind. */
static void test_permission_of_another_user(void **state)
{
	(void)state;
	if (geteuid() != 0)
		return;
	struct victim victim = victim_start(victim_idle, 0);
	pid_t child = fork();
	if (child == 0) {
		struct process_permission permission;
		if (setresuid(65534, 65534, 65534) < 0 ||
		    !error_ignore(process_permission(victim.pid, &permission)))
			_exit(1);
		bool right = permission.read == PERMISSION_USER &&
			     permission.stop == PERMISSION_USER && !permission.can_fork &&
			     strstr(permission.read_reason, "user 65534") &&
			     strncmp(permission.command, "sudo ", 5) == 0;
		_exit(right ? 42 : 2);
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 42);
	victim_end(&victim);
}

int main(int argc, char **argv)
{
	victim_main(argc, argv);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_real_group),
		cmocka_unit_test(test_write_rate),
		cmocka_unit_test(test_near_the_limit),
		cmocka_unit_test(test_getting_tight),
		cmocka_unit_test(test_permission),
		cmocka_unit_test(test_permission_of_another_user),
	};
	return cmocka_run_group_tests_name("target/headroom", tests, setup, teardown);
}
