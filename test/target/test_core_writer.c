/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "patience.h"
#include "target/core.h"
#include "target/core_writer.h"
#include "target/extents.h"
#include "target/process.h"
#include "victim.h"

/*
 * Cores of a fork of a program, opened again as any core is. What other people's debuggers make of
 * them is tested with Go programs, where cores come from the verb.
 */
#define CHUNK ((size_t)1 << 16)

struct moment {
	struct victim victim;
	struct target *process;
	struct target *fork;
	struct target_extent_vector wanted;
};

static struct moment moment_make(void (*body)(struct victim_report *, long), long argument)
{
	struct moment moment = { .victim = victim_start(body, argument) };
	check_ok(process_open(moment.victim.pid, &moment.process));
	for (unsigned i = 0;; i++) {
		struct process_fork_options options = { .register_sets = true };
		struct error *error = process_fork(moment.process, &options, &moment.fork, NULL);
		if (!error)
			return moment;
		if (i == 100)
			fail_msg("%s", error->message);
		error_destroy(error);
	}
}

/* What is larger is no memory, but a sanitizer's shadow of it. */
#define MAPPING_MAX ((uint64_t)1 << 30)

/* All that is the program's own and can be read: no files' pages. */
static void moment_want_private(struct moment *moment)
{
	const struct target_mapping *mappings;
	size_t count;
	check_ok(target_mappings(moment->fork, &mappings, &count));
	for (size_t i = 0; i < count; i++) {
		struct target_extent extent = { mappings[i].start, mappings[i].end };
		if (mappings[i].readable && mappings[i].writable && !mappings[i].shared &&
		    extent.end - extent.start <= MAPPING_MAX)
			check_ok(target_extent_vector_append(&moment->wanted, &extent));
	}
	assert_true(moment->wanted.count > 0);
}

static void moment_end(struct moment *moment)
{
	target_destroy(moment->fork);
	target_destroy(moment->process);
	assert_null(victim_trouble(&moment->victim));
	victim_end(&moment->victim);
	target_extent_vector_deinit(&moment->wanted);
}

static struct core_source moment_source(const struct moment *moment)
{
	return (struct core_source){
		.target = moment->fork,
		.pid = moment->victim.pid,
		.extents = moment->wanted.items,
		.extent_count = moment->wanted.count,
	};
}

static struct error *write_file(const struct core_source *source, int descriptor,
				struct core_written *ret)
{
	struct core_sink sink = { .name = "a core", .descriptor = descriptor };
	return core_write(source, &sink, ret);
}

static int temporary(void)
{
	int descriptor = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	assert_true(descriptor >= 0);
	return descriptor;
}

static void check_equal(struct target *one, struct target *other, uint64_t start, uint64_t end)
{
	static uint8_t ours[CHUNK], theirs[CHUNK];
	for (uint64_t at = start; at < end;) {
		size_t size = MIN(CHUNK, (size_t)(end - at));
		check_ok(target_read(one, at, ours, size));
		check_ok(target_read(other, at, theirs, size));
		assert_memory_equal(ours, theirs, size);
		at += size;
	}
}

static void check_threads(const struct moment *moment, const struct target *core, size_t apart)
{
	size_t expected, count;
	const struct target_thread *threads = target_threads(moment->fork, &expected);
	const struct target_thread *found = target_threads(core, &count);
	size_t next = 0;
	for (size_t i = 0; i < expected; i++) {
		if (!threads[i].stopped)
			continue;
		assert_true(next < count);
		assert_int_equal(found[next].namespace_id, threads[i].namespace_id);
		assert_memory_equal(&found[next].registers, &threads[i].registers,
				    sizeof(threads[i].registers));
		next++;
	}
	assert_int_equal(next, count);
	assert_int_equal(next + apart, expected);
}

/* Written while it goes on writing to all of it: every byte is of the fork's moment. */
static void test_memory_and_threads(void **state)
{
	(void)state;
	struct moment moment = moment_make(victim_writer, 20);
	moment_want_private(&moment);
	struct core_source source = moment_source(&moment);
	struct core_written written = { 0 };
	_cleanup_(close_descriptor) int file = temporary();
	check_ok(write_file(&source, file, &written));
	assert_int_equal(written.missing, 0);
	assert_true(written.bytes >= (uint64_t)20 << 20);
	struct stat status;
	assert_int_equal(fstat(file, &status), 0);
	assert_int_equal(status.st_size, written.size);

	struct core_options options = { 0 };
	_cleanup_(target_cleanup) struct target *core = NULL;
	check_ok(core_open(file, "a core", &options, &core));
	for (size_t i = 0; i < moment.wanted.count; i++)
		check_equal(moment.fork, core, moment.wanted.items[i].start,
			    moment.wanted.items[i].end);
	check_threads(&moment, core, written.threads_apart);
	const struct core_facts *facts = core_facts(core);
	assert_int_equal(facts->pid, moment.victim.pid);
	assert_int_equal(facts->signal, 0);
	assert_int_equal(facts->cut, 0);
	assert_true(facts->executable_found);
	moment_end(&moment);
}

/* What nobody wants is not in it: neither as bytes nor as blocks of the file. */
static void test_only_what_is_wanted(void **state)
{
	(void)state;
	struct moment moment = moment_make(victim_writer, 20);
	moment_want_private(&moment);
	/* The mapping that is written to: a number at the head of each page of its middle. */
	size_t written_to = moment.wanted.count;
	for (size_t i = 0; i < moment.wanted.count; i++) {
		const struct target_extent *items = moment.wanted.items;
		uint64_t word = 0;
		if (items[i].end - items[i].start >= (uint64_t)20 << 20)
			check_ok(target_read(moment.fork, items[i].start + ((uint64_t)8 << 20),
					     &word, sizeof(word)));
		if (word)
			written_to = i;
	}
	assert_true(written_to < moment.wanted.count);
	/* Of the memory that is written to, one piece in the middle, at no page's bounds. */
	struct target_extent *big = &moment.wanted.items[written_to], whole = *big;
	*big = (struct target_extent){ whole.start + (8 << 20) + 8, whole.start + (9 << 20) - 40 };

	struct core_source source = moment_source(&moment);
	struct core_written written = { 0 };
	_cleanup_(close_descriptor) int file = temporary();
	check_ok(write_file(&source, file, &written));
	struct stat status;
	assert_int_equal(fstat(file, &status), 0);
	/* Notes, headers and heads of files take some pages, too. */
	assert_true((uint64_t)status.st_blocks * 512 <
		    target_extents_bytes(&moment.wanted) + ((uint64_t)2 << 20));

	struct core_options options = { 0 };
	_cleanup_(target_cleanup) struct target *core = NULL;
	check_ok(core_open(file, "a core", &options, &core));
	check_equal(moment.fork, core, big->start, big->end);
	uint64_t word = 1;
	check_ok(target_read(core, big->start - 8, &word, sizeof(word)));
	assert_int_equal(word, 0);

	/* What lies behind is missing, unless it is said to be zeroes. */
	uint64_t behind = big->end + ((uint64_t)1 << 20);
	assert_false(error_ignore(target_read(core, behind, &word, sizeof(word))));
	const struct target_extent claimed = { big->start, behind + sizeof(word) };
	source.claimed = &claimed;
	source.claimed_count = 1;
	_cleanup_(close_descriptor) int longer = temporary();
	_cleanup_(target_cleanup) struct target *second = NULL;
	check_ok(write_file(&source, longer, &written));
	check_ok(core_open(longer, "a core", &options, &second));
	word = 1;
	check_ok(target_read(second, behind, &word, sizeof(word)));
	assert_int_equal(word, 0);
	moment_end(&moment);
}

static struct error *append(void *argument, const void *bytes, size_t size)
{
	return write(*(int *)argument, bytes, size) == (ssize_t)size
		       ? NULL
		       : error_os(errno, "cannot append");
}

/* Where there can be no holes it is the same file. */
static void test_without_holes(void **state)
{
	(void)state;
	struct moment moment = moment_make(victim_idle, 3);
	moment_want_private(&moment);
	struct core_source source = moment_source(&moment);
	struct core_written written = { 0 };
	_cleanup_(close_descriptor) int file = temporary();
	_cleanup_(close_descriptor) int piped = temporary();
	check_ok(write_file(&source, file, &written));

	struct core_sink sink = {
		.name = "a pipe",
		.descriptor = -1,
		.write = append,
		.argument = &piped,
	};
	check_ok(core_write(&source, &sink, &written));

	static uint8_t ours[CHUNK], theirs[CHUNK];
	for (uint64_t at = 0; at < written.size; at += CHUNK) {
		ssize_t size = pread(file, ours, CHUNK, (off_t)at);
		assert_true(size > 0);
		assert_int_equal(pread(piped, theirs, CHUNK, (off_t)at), size);
		assert_memory_equal(ours, theirs, (size_t)size);
	}
	assert_int_equal(lseek(piped, 0, SEEK_END), written.size);
	moment_end(&moment);
}

static struct error *refuse(void *argument)
{
	unsigned *left = argument;
	return (*left)-- ? NULL : error_new(ERROR_LIMIT, "no more");
}

/* Whoever is asked meanwhile can end it; so does a file that takes no more. */
static void test_ends_early(void **state)
{
	(void)state;
	struct moment moment = moment_make(victim_writer, 20);
	moment_want_private(&moment);
	struct core_source source = moment_source(&moment);
	struct core_written written = { .size = 42 };
	unsigned left = 3;
	source.check = refuse;
	source.argument = &left;
	_cleanup_(close_descriptor) int file = temporary();
	check_error(write_file(&source, file, &written), ERROR_LIMIT, "no more");
	assert_int_equal(written.size, 42);

	struct rlimit before, small = { 1 << 20, 1 << 20 };
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small.rlim_max = before.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	signal(SIGXFSZ, SIG_IGN);
	source.check = NULL;
	_cleanup_(close_descriptor) int other = temporary();
	struct error *error = write_file(&source, other, &written);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	check_error(error, ERROR_OS, "cannot write to a core");
	moment_end(&moment);
}

/* Without register sets there would be no threads in it. */
static void test_needs_registers(void **state)
{
	(void)state;
	struct victim victim = victim_start(victim_idle, 2);
	struct target *process, *fork;
	check_ok(process_open(victim.pid, &process));
	check_ok(fork_patiently(process, &fork, NULL));
	struct core_source source = { .target = fork, .pid = victim.pid };
	struct core_written written;
	_cleanup_(close_descriptor) int file = temporary();
	check_error(write_file(&source, file, &written), ERROR_UNSUPPORTED, "registers");
	target_destroy(fork);
	target_destroy(process);
	victim_end(&victim);
}

int main(int argc, char **argv)
{
	victim_main(argc, argv);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memory_and_threads),
		cmocka_unit_test(test_only_what_is_wanted),
		cmocka_unit_test(test_without_holes),
		cmocka_unit_test(test_ends_early),
		cmocka_unit_test(test_needs_registers),
	};
	return cmocka_run_group_tests_name("target/core_writer", tests, NULL, NULL);
}
