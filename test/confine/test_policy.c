/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "check.h"
#include "confine/policy.h"
#include "confine/restrict.h"

#define TARGET 4242
#define OTHER  4243
#define BROKER 100
#define WORKER 101

static const char *const named[] = { "core.1", "/var/tmp/core" };
static const char *const spools[] = { "/var/tmp" };

static struct policy make_policy(pid_t process)
{
	return (struct policy){
		.files = named,
		.file_count = ARRAY_SIZE(named),
		.spools = spools,
		.spool_count = ARRAY_SIZE(spools),
		.process = process,
		.broker = BROKER,
		.worker = WORKER,
	};
}

static void check_place(struct policy *policy, const char *path, enum place expected)
{
	const char *rest = "";
	enum place place = policy_place(policy, path, &rest);
	if (place != expected)
		fail_msg("%s: %d, not %d", path, place, expected);
}

static void test_places(void **state)
{
	struct policy policy = make_policy(TARGET);
	static const struct {
		const char *path;
		enum place place;
	} cases[] = {
		{ "/proc", PLACE_PROC },
		{ "/proc/4242", PLACE_PROC },
		{ "/proc/4242/stat", PLACE_PROC },
		{ "/proc/4242/mem", PLACE_PROC },
		{ "/proc/4242/task/77/mem", PLACE_PROC },
		{ "/proc/4242/fd/3", PLACE_PROC_LOOK },
		{ "/proc/4242/exe", PLACE_EXECUTABLE },
		{ "/proc/4242/map_files/1000-2000", PLACE_EXECUTABLE },
		{ "/proc/4243/stat", PLACE_PROC },
		{ "/proc/4243/exe", PLACE_EXECUTABLE },
		{ "/proc/4243/ns/user", PLACE_PROC_LOOK },
		{ "/proc/4243/root/bin/x", PLACE_TREE },
		{ "/proc/self/mountinfo", PLACE_PROC },
		{ "core.1", PLACE_NAMED },
		{ "/var/tmp/core", PLACE_NAMED },
		{ "/usr/bin/true", PLACE_FILE },

		{ "/proc/4243/mem", PLACE_REFUSED },
		{ "/proc/4243/maps", PLACE_REFUSED },
		{ "/proc/4243/fd", PLACE_REFUSED },
		{ "/proc/4243/fd/3", PLACE_REFUSED },
		{ "/proc/4243/task/4242/mem", PLACE_REFUSED },
		{ "/proc/4243/environ", PLACE_REFUSED },
		{ "/proc/4242/cwd/x", PLACE_REFUSED },
		{ "/proc/4242/fd/3/x", PLACE_REFUSED },
		{ "/proc/4242/map_files/../mem", PLACE_REFUSED },
		{ "/proc/4243/ns/..", PLACE_REFUSED },
		{ "/proc/4242/task/../../4243/mem", PLACE_REFUSED },
		{ "/proc/4242/../4243/mem", PLACE_REFUSED },
		{ "/proc/4242//mem", PLACE_REFUSED },
		{ "/proc/4242x/mem", PLACE_REFUSED },
		{ "/proc/04242000000/mem", PLACE_REFUSED },
		{ "/proc/thread-self/mem", PLACE_REFUSED },
		{ "/proc/kcore", PLACE_REFUSED },
		{ "/proc/sysrq-trigger", PLACE_REFUSED },
		{ "/proc/self/mem", PLACE_REFUSED },
		{ "/proc/100/mem", PLACE_REFUSED },
		{ "/proc/101/mem", PLACE_REFUSED },
		{ "/proc/100/exe", PLACE_HIDDEN },
		{ "/proc/101/comm", PLACE_HIDDEN },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check_place(&policy, cases[i].path, cases[i].place);
}

static void test_the_first_is_the_target(void **state)
{
	struct policy policy = make_policy(0);
	(void)state;
	check_place(&policy, "/proc/4243/comm", PLACE_PROC);
	check_place(&policy, "/proc/4242/mem", PLACE_PROC);
	check_place(&policy, "/proc/4243/mem", PLACE_REFUSED);
	assert_true(policy_owns(&policy, TARGET));
	assert_false(policy_owns(&policy, OTHER));
	assert_false(policy_owns(&policy, BROKER));
	assert_false(policy_owns(&policy, 0));
	assert_false(policy_owns(&policy, -1));
	policy.fork = OTHER;
	check_place(&policy, "/proc/4243/mem", PLACE_PROC);
	policy.fork = 0;
	check_place(&policy, "/proc/4243/mem", PLACE_REFUSED);
	policy.second = OTHER;
	check_place(&policy, "/proc/4243/mem", PLACE_PROC);
	check_place(&policy, "/proc/4244/mem", PLACE_REFUSED);
	assert_true(policy_owns(&policy, OTHER));
}

static void test_sources(void **state)
{
	struct policy policy = make_policy(TARGET);
	(void)state;
	check_place(&policy, "/src/x/cart.go", PLACE_FILE);
	policy.sources = true;
	check_place(&policy, "/src/x/cart.go", PLACE_SOURCE);
	check_place(&policy, "cart.go", PLACE_SOURCE);
	check_place(&policy, "/src/x/.go", PLACE_SOURCE);
	check_place(&policy, "/src/x/cart.go.key", PLACE_FILE);
	check_place(&policy, "/src/x/cart.go/", PLACE_FILE);
	check_place(&policy, ".go", PLACE_FILE);
	check_place(&policy, "/etc/shadow", PLACE_FILE);
	check_place(&policy, "/proc/4243/root/cart.go", PLACE_TREE);
	check_place(&policy, "/proc/4243/cwd/cart.go", PLACE_REFUSED);
	check_place(&policy, "/proc/4243/map_files/cart.go", PLACE_REFUSED);
}

static void test_spools(void **state)
{
	struct policy policy = make_policy(0);
	(void)state;
	assert_true(policy_spools(&policy, "/var/tmp"));
	assert_false(policy_spools(&policy, "/var"));
	assert_false(policy_spools(&policy, "/etc"));
}

/* What a child is left with; its status says which of them went wrong. */
static int run_apart(int (*body)(void))
{
	int status = -1;
	pid_t child = fork();
	if (child == 0)
		_exit(body());
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

static int without_files(void)
{
	bool known = syscall(444, NULL, 0, 1) > 0; /* the version of Landlock */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return 2;
	if (restrict_files() != known)
		return 3;
	if (!known)
		return 0;
	if (open("/proc/self/status", O_RDONLY) >= 0 || errno != EACCES)
		return 4;
	/* What is open stays so. */
	return write(STDOUT_FILENO, "", 0) == 0 ? 0 : 5;
}

static void test_landlock(void **state)
{
	(void)state;
	assert_int_equal(run_apart(without_files), 0);
}

static int without_rights(void)
{
	char line[256];
	unsigned zero = 0;
	if (!error_ignore(restrict_rights()))
		return 2;
	FILE *file = fopen("/proc/self/status", "r");
	if (!file)
		return 3;
	while (fgets(line, sizeof(line), file))
		zero += strncmp(line, "Cap", 3) == 0 && strtoull(line + 7, NULL, 16) == 0;
	/* Inherited, permitted, effective, ambient; bounding too where it could be dropped. */
	return zero >= 4 && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? 0 : 4;
}

static void test_rights(void **state)
{
	(void)state;
	assert_int_equal(run_apart(without_rights), 0);
}

static int without_descriptors(void)
{
	int kept = dup(STDERR_FILENO), lost = dup(STDERR_FILENO), also = dup(STDERR_FILENO);
	const int list[] = { STDOUT_FILENO, kept, kept, also };
	restrict_descriptors(list, ARRAY_SIZE(list), false);
	char byte;
	return fcntl(kept, F_GETFD) >= 0 && fcntl(lost, F_GETFD) < 0 && fcntl(also, F_GETFD) >= 0 &&
			       fcntl(also + 1, F_GETFD) < 0 && read(STDIN_FILENO, &byte, 1) == 0
		       ? 0
		       : 1;
}

static void test_descriptors(void **state)
{
	(void)state;
	assert_int_equal(run_apart(without_descriptors), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_places),      cmocka_unit_test(test_the_first_is_the_target),
		cmocka_unit_test(test_sources),     cmocka_unit_test(test_spools),
		cmocka_unit_test(test_landlock),    cmocka_unit_test(test_rights),
		cmocka_unit_test(test_descriptors),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
