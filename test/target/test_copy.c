/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>

#include "patience.h"
#include "target/copy.h"
#include "target/process.h"
#include "victim.h"

/* Copies of stopped programs, which go on and change what was copied. */

#define MIB  ((size_t)1 << 20)
#define PAGE ((size_t)4096)

static struct error *copy_stopped(struct target *target, const struct target_extent *extents,
				  size_t count, uint64_t max_memory, struct target **ret)
{
	TRY(stop_patiently(target));
	struct error *error = target_copy(target, extents, count, max_memory, ret);
	target_release(target, NULL);
	return error;
}

/* What is read later is of the moment of the stop, and the program has gone on since. */
static void test_one_moment(void **state)
{
	(void)state;
	enum { SIZE = 32 };
	struct victim victim = victim_start(victim_writer, SIZE);
	_cleanup_(target_cleanup) struct target *target = NULL;
	_cleanup_(free_pointer) uint64_t *words = malloc(SIZE * MIB);

	check_ok(process_open(victim.pid, &target));
	uint64_t region = victim_written_region(target, SIZE * MIB);
	/* In disorder, with an overlap, a gap of one page and an empty one. */
	const struct target_extent extents[] = {
		{ region + 9 * MIB + PAGE, region + SIZE * MIB },
		{ region, region + 8 * MIB },
		{ region + 7 * MIB + 12, region + 9 * MIB },
		{ region + 3 * MIB, region + 3 * MIB },
	};
	for (unsigned i = 0; i < 5; i++) {
		struct target *copy;
		size_t count;
		check_ok(copy_stopped(target, extents, ARRAY_SIZE(extents), SIZE * MIB, &copy));
		uint64_t before = atomic_load(&victim.report->births);
		assert_int_equal(target_copy_bytes(copy), SIZE * MIB - PAGE);
		/* The process is stopped nowhere near here: the program writes all of it anew. */
		for (unsigned k = 0; k < 20000 && atomic_load(&victim.report->births) < before + 3;
		     k++)
			victim_sleep_ms(1);
		assert_true(atomic_load(&victim.report->births) >= before + 3);

		check_ok(target_read(copy, region, words, 9 * MIB));
		check_ok(target_read(copy, region + 9 * MIB + PAGE, words + (9 * MIB + PAGE) / 8,
				     23 * MIB - PAGE));
		words[9 * MIB / 8] = words[9 * MIB / 8 - 512]; /* the gap: either would do */
		uint64_t round = victim_moment(words, SIZE * MIB);
		assert_true(round <= before + 1);

		check_error(target_read(copy, region + 9 * MIB, words, 8), ERROR_FAULT,
			    "cannot read");
		check_error(target_read(copy, region + 9 * MIB - 4, words, 8), ERROR_FAULT, "");
		check_error(target_read(copy, region + SIZE * MIB - 4, words, 8), ERROR_FAULT, "");
		check_error(target_read(copy, region - 8, words, 8), ERROR_FAULT, "");
		check_error(target_read(copy, UINT64_MAX - 3, words, 8), ERROR_FAULT, "");
		assert_string_equal(target_name(copy), target_name(target));
		assert_int_equal(target_pid(copy), victim.pid);
		const struct target_thread *threads = target_threads(copy, &count);
		assert_int_equal(count, 3);
		assert_true(threads[0].registers.pc && threads[0].registers.sp);
		uint64_t now = target_now(copy);
		check_ok(target_stop(copy));
		target_release(copy, NULL);
		assert_int_equal(target_now(copy), now);
		assert_true(now < target_now(target));
		target_destroy(copy);
	}
	victim_check(&victim);
	victim_end(&victim);
}

/* A region with a page in it that nobody may read, and one that is not there. */
static void body_holes(struct victim_report *report, long pages)
{
	size_t size = (size_t)pages * PAGE;
	uint8_t *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			       0);
	for (size_t i = 0; i < size; i += PAGE)
		memset(memory + i, (int)(i / PAGE % 251 + 1), PAGE);
	munmap(memory + 10 * PAGE, PAGE);
	munmap(memory + 20 * PAGE, 3 * PAGE);
	atomic_store(&report->value, (uint64_t)(uintptr_t)memory);
	victim_idle(report, 1);
}

static void test_holes(void **state)
{
	(void)state;
	enum { PAGES = 3000 }; /* more than one chunk, at any alignment */
	struct victim victim = victim_start(body_holes, PAGES);
	_cleanup_(target_cleanup) struct target *target = NULL, *copy = NULL;
	uint64_t start = atomic_load(&victim.report->value);
	uint8_t bytes[PAGE + 1];

	check_ok(process_open(victim.pid, &target));
	const struct target_extent extent = { start + 1, start + PAGES * PAGE - 1 };
	check_ok(copy_stopped(target, &extent, 1, 0, &copy));
	assert_int_equal(target_copy_bytes(copy), (PAGES - 4) * PAGE - 2);
	for (size_t i = 1; i < PAGES - 1; i++) {
		struct error *error = target_read(copy, start + i * PAGE, bytes, PAGE);
		bool hole = i == 10 || (i >= 20 && i < 23);
		assert_int_equal(error != NULL, hole);
		error_destroy(error);
		if (!hole)
			assert_int_equal(bytes[PAGE / 2], i % 251 + 1);
		error = target_read(copy, start + i * PAGE - 1, bytes, PAGE + 1);
		assert_int_equal(error != NULL, hole || i == 11 || i == 23);
		error_destroy(error);
	}
	victim_check(&victim);

	/* What is no memory at all makes an empty copy. */
	struct target *nothing;
	const struct target_extent top = { UINT64_MAX - 2 * PAGE, UINT64_MAX };
	check_ok(copy_stopped(target, &top, 1, 0, &nothing));
	assert_int_equal(target_copy_bytes(nothing), 0);
	target_destroy(nothing);
	check_ok(copy_stopped(target, NULL, 0, 0, &nothing));
	assert_int_equal(target_copy_bytes(nothing), 0);
	target_destroy(nothing);
	victim_end(&victim);
}

/* The mappings are those of the stop, and lead to the same files. */
static void test_mappings(void **state)
{
	(void)state;
	struct victim victim = victim_start(victim_idle, 2);
	_cleanup_(target_cleanup) struct target *target = NULL, *copy = NULL;
	const struct target_mapping *of_copy, *of_target;
	size_t copied, count, files = 0;

	check_ok(process_open(victim.pid, &target));
	check_ok(copy_stopped(target, NULL, 0, 0, &copy));
	check_ok(target_mappings(copy, &of_copy, &copied));
	check_ok(target_mappings(target, &of_target, &count));
	assert_int_equal(copied, count);
	for (size_t i = 0; i < count; i++) {
		assert_true(of_copy[i].start == of_target[i].start &&
			    of_copy[i].end == of_target[i].end &&
			    of_copy[i].executable == of_target[i].executable);
		assert_string_equal(of_copy[i].path, of_target[i].path);
		assert_ptr_not_equal(of_copy[i].path, of_target[i].path);
		if (!of_copy[i].executable || of_copy[i].path[0] != '/')
			continue;
		_cleanup_(close_descriptor) int file = -1;
		struct stat status;
		check_ok(target_open_file(copy, &of_copy[i], &file));
		assert_int_equal(fstat(file, &status), 0);
		assert_int_equal(status.st_ino, of_copy[i].inode);
		files++;
	}
	assert_true(files > 1);
	victim_end(&victim);
}

static void test_limits(void **state)
{
	(void)state;
	struct victim victim = victim_start(victim_idle, 2);
	_cleanup_(target_cleanup) struct target *target = NULL;
	struct target *copy = NULL;
	const struct target_extent extents[] = { { PAGE, 3 * PAGE }, { 2 * PAGE, 5 * PAGE } };

	check_ok(process_open(victim.pid, &target));
	check_error(copy_stopped(target, extents, 2, 4 * PAGE - 1, &copy), ERROR_LIMIT,
		    "takes 16384 bytes, and 16383 are allowed: --max-memory");
	assert_null(copy);
	struct target_copy_limits limits = { .max_memory = 10 * MIB };
	check_ok(target_copy_check(target, 10 * MIB, &limits));
	check_error(target_copy_check(target, 11 * MIB, &limits), ERROR_LIMIT, "--max-memory");
	limits = (struct target_copy_limits){ .max_pause_ns = target_copy_estimate(10 * MIB) };
	check_ok(target_copy_check(target, 10 * MIB, &limits));
	check_error(target_copy_check(target, 11 * MIB, &limits), ERROR_LIMIT, "--max-pause");
	limits = (struct target_copy_limits){ 0 };
	check_error(target_copy_check(target, (uint64_t)1 << 50, &limits), ERROR_LIMIT,
		    "the machine has");
	assert_true(target_copy_estimate(MIB) < target_copy_estimate(1024 * MIB));
	victim_check(&victim);
	victim_end(&victim);
}

/* How fast it is, for the estimate's sake; and that a copy is within ten times of that. */
static void test_speed(void **state)
{
	(void)state;
	enum { SIZE = 512 };
	struct victim victim = victim_start(victim_writer, SIZE);
	_cleanup_(target_cleanup) struct target *target = NULL;
	struct target_pause pause;
	uint64_t best = UINT64_MAX;

	check_ok(process_open(victim.pid, &target));
	uint64_t region = victim_written_region(target, SIZE * MIB);
	const struct target_extent extent = { region, region + SIZE * MIB };
	for (unsigned i = 0; i < 5; i++) {
		struct target *copy;
		check_ok(stop_patiently(target));
		check_ok(target_copy(target, &extent, 1, 0, &copy));
		target_release(target, &pause);
		best = MIN(best, pause.nanoseconds);
		target_destroy(copy);
	}
	print_message("512 MiB copied in %.0f ms at best, %.1f GB/s; estimated %.0f ms\n",
		      (double)best / 1e6, (double)(SIZE * MIB) / (double)best,
		      (double)target_copy_estimate(SIZE * MIB) / 1e6);
	/* A loaded machine, or one under a sanitizer, takes its time; an endless loop is longer. */
	assert_true(best < 10 * target_copy_estimate(SIZE * MIB));
	victim_end(&victim);
}

int main(int argc, char **argv)
{
	victim_main(argc, argv);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_moment), cmocka_unit_test(test_holes),
		cmocka_unit_test(test_mappings),   cmocka_unit_test(test_limits),
		cmocka_unit_test(test_speed),
	};
	return cmocka_run_group_tests_name("target/copy", tests, NULL, NULL);
}
