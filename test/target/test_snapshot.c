/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include <sys/mman.h>
#include <unistd.h>

#include "base/writer.h"
#include "target/operations.h"
#include "target/snapshot.h"
#include "target/snapshot_facts.h"
#include "target/snapshot_filter.h"
#include "target/snapshot_writer.h"

#define PAGE  ((uint64_t)4096)
#define BASE  ((uint64_t)0xc000000000)
#define PAGES ((size_t)1500)

/* An address space of 1,500 pages: words like those of objects, pages of zeroes, and holes. */
struct fake {
	struct target target;
	uint8_t *bytes;
};

static bool is_hole(uint64_t page)
{
	return page % 97 == 13;
}

static bool is_zero_page(uint64_t page)
{
	return page % 11 == 3;
}

static bool was_touched(uint64_t page)
{
	return page % 23 != 7;
}

static struct error *fake_read(struct target *target, struct target_range *ranges, size_t count)
{
	const struct fake *fake = (const struct fake *)target;
	for (size_t i = 0; i < count; i++) {
		uint64_t from = ranges[i].address - BASE, to = from + ranges[i].length;
		ranges[i].done = from <= to && to <= PAGES * PAGE;
		for (uint64_t page = from / PAGE; ranges[i].done && page * PAGE < to; page++)
			ranges[i].done = !is_hole(page);
		if (ranges[i].done)
			memcpy(ranges[i].into, fake->bytes + from, ranges[i].length);
	}
	return NULL;
}

static struct error *fake_present(struct target *target, uint64_t page, size_t count, bool *ret)
{
	(void)target;
	for (size_t i = 0; i < count; i++)
		ret[i] = was_touched((page - BASE) / PAGE + i);
	return NULL;
}

static const struct target_operations operations = {
	.read_ranges = fake_read,
	.present = fake_present,
};

static char fake_name[] = "fake";

static void fake_init(struct fake *fake)
{
	*fake = (struct fake){ .target = { .operations = &operations, .name = fake_name } };
	fake->bytes = calloc(PAGES, PAGE);
	assert_non_null(fake->bytes);
	uint64_t state = 1;
	for (uint64_t page = 0; page < PAGES; page++) {
		if (is_zero_page(page) || !was_touched(page))
			continue;
		uint64_t *words = (uint64_t *)(void *)(fake->bytes + page * PAGE);
		for (size_t i = 0; i < PAGE / 8; i++) {
			state = state * 6364136223846793005u + 1442695040888963407u;
			words[i] = i % 10 < 3 ? BASE + (page * PAGE + i) * 8
					      : state >> (i % 10 * 6);
		}
	}
}

static struct error *into_writer(void *argument, const void *bytes, size_t size)
{
	writer_bytes(argument, bytes, size);
	return NULL;
}

static struct error *flush(void *argument, enum snapshot_kind kind, const void *bytes, size_t size)
{
	return snapshot_writer_section(argument, kind, bytes, size);
}

/* Odd ends, a gap within a page, and all that follows. */
static const struct target_extent extents[] = {
	{ BASE + 5, BASE + 3 * PAGE + 100 },
	{ BASE + 3 * PAGE + 300, BASE + 3 * PAGE + 301 },
	{ BASE + 3 * PAGE + 301, BASE + 40 * PAGE },
	{ BASE + 20 * PAGE, BASE + 60 * PAGE }, /* overlaps */
	{ BASE + 200 * PAGE + 8, BASE + PAGES *PAGE },
};

static bool is_wanted(uint64_t address)
{
	for (size_t i = 0; i < ARRAY_SIZE(extents); i++) {
		if (address >= extents[i].start && address < extents[i].end)
			return true;
	}
	return false;
}

static void write_facts(struct snapshot_writer *writer)
{
	struct snapshot_section section = {
		.kind = SNAPSHOT_FACTS,
		.flush = flush,
		.argument = writer,
		.bytes = WRITER_TO_MEMORY,
	};
	check_ok(snapshot_section_text(&section, "process.name", "fake"));
	check_ok(snapshot_section_number(&section, "process.pid", 42));
	check_ok(snapshot_section_number(&section, "now_ns", 1234567890123));
	check_ok(snapshot_section_text(&section, "not known", NULL));
	check_ok(snapshot_section_end(&section));
}

static void write_snapshot(struct fake *fake, struct writer *into, struct snapshot_memory *ret)
{
	const struct snapshot_writer_options options = { .write = into_writer, .argument = into };
	_cleanup_(snapshot_writer_cleanup) struct snapshot_writer *writer = NULL;
	uint64_t size;
	check_ok(snapshot_writer_create(&options, &writer));
	write_facts(writer);
	check_ok(snapshot_writer_memory(writer, &fake->target, extents, 2, NULL, NULL));
	check_ok(snapshot_writer_memory(writer, &fake->target, extents + 2, ARRAY_SIZE(extents) - 2,
					NULL, NULL));
	check_ok(snapshot_writer_memory_end(writer, &fake->target, ret));
	check_ok(snapshot_writer_finish(writer, &size));
	check_ok(writer_finish(into));
	assert_int_equal(size, into->length);
}

static struct error *open_bytes(const void *bytes, size_t size, struct target **ret)
{
	_cleanup_(close_descriptor) int file = memfd_create("snapshot", MFD_CLOEXEC);
	assert_true(file >= 0);
	assert_int_equal(write(file, bytes, size), (ssize_t)size);
	return snapshot_open(file, "it", ret);
}

/* Every byte is what it was, or cannot be read where it was not wanted or could not be. */
static void check_memory(struct target *snapshot, const struct fake *fake, uint64_t until)
{
	for (uint64_t offset = 0; offset < until; offset += 61) {
		uint64_t page = offset / PAGE;
		uint8_t byte = 0xaa;
		struct target_range range = { .address = BASE + offset,
					      .length = 1,
					      .into = &byte };
		check_ok(target_read_ranges(snapshot, &range, 1));
		bool there = is_wanted(BASE + offset) && (!is_hole(page) || !was_touched(page));
		if (range.done != there || (there && byte != fake->bytes[offset]))
			fail_msg("offset 0x%llx: done %d, 0x%x instead of 0x%x",
				 (unsigned long long)offset, range.done, byte, fake->bytes[offset]);
	}
}

struct fixture {
	struct fake fake;
	struct writer file;
	struct snapshot_memory memory;
};

static int set_up(void **state)
{
	static struct fixture fixture;
	fake_init(&fixture.fake);
	fixture.file = WRITER_TO_MEMORY;
	write_snapshot(&fixture.fake, &fixture.file, &fixture.memory);
	*state = &fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;
	free(fixture->fake.bytes);
	writer_deinit(&fixture->file);
	return 0;
}

static void test_round_trip(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(target_cleanup) struct target *snapshot = NULL;
	check_ok(open_bytes(fixture->file.bytes, fixture->file.length, &snapshot));
	assert_true(snapshot_is(fixture->file.bytes, fixture->file.length));
	assert_true(snapshot_is_target(snapshot));
	assert_null(snapshot_gap(snapshot));
	assert_string_equal(target_name(snapshot), "fake (pid 42, snapshot)");
	assert_int_equal(target_now(snapshot), 1234567890123);
	assert_int_equal(target_pid(snapshot), 0);
	assert_null(snapshot_text(snapshot, "not known"));
	check_memory(snapshot, &fixture->fake, PAGES * PAGE);
	assert_true(fixture->memory.missing > 0);
	assert_true(fixture->memory.zeroes > 10 * PAGE);
	/* It is not only stored. */
	assert_true(fixture->file.length < PAGES * PAGE / 2);
}

static void test_batches(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(target_cleanup) struct target *snapshot = NULL;
	check_ok(open_bytes(fixture->file.bytes, fixture->file.length, &snapshot));
	/* In no order, across blocks, and over a hole. */
	static uint8_t bytes[4][1 << 20];
	struct target_range ranges[] = {
		{ .address = BASE + 900 * PAGE, .length = 3, .into = bytes[0] },
		{ .address = BASE + 209 * PAGE, .length = 90 * PAGE, .into = bytes[1] },
		{ .address = BASE + 6, .length = 100, .into = bytes[2] },
		{ .address = UINT64_MAX - 2, .length = 8, .into = bytes[3] },
	};
	check_ok(target_read_ranges(snapshot, ranges, ARRAY_SIZE(ranges)));
	assert_true(ranges[0].done);
	assert_true(ranges[2].done);
	assert_false(ranges[3].done);
	assert_memory_equal(bytes[0], fixture->fake.bytes + 900 * PAGE, 3);
	assert_memory_equal(bytes[2], fixture->fake.bytes + 6, 100);
	/* 207 = 2 * 97 + 13 is a hole, and 304 the next. */
	assert_true(ranges[1].done);
	assert_memory_equal(bytes[1], fixture->fake.bytes + 209 * PAGE, 90 * PAGE);
	ranges[1].length = 96 * PAGE;
	check_ok(target_read_ranges(snapshot, ranges + 1, 1));
	assert_false(ranges[1].done);
}

/* Cut anywhere: an error with file and offset, or what is left, and a gap that says so. */
static void test_cut(void **state)
{
	struct fixture *fixture = *state;
	size_t opened = 0;
	for (size_t size = 0; size < fixture->file.length; size += size < 4096 ? 61 : 4096) {
		struct target *snapshot = NULL;
		struct error *error = open_bytes(fixture->file.bytes, size, &snapshot);
		if (error) {
			assert_true(error->code == ERROR_CORRUPT);
			assert_non_null(strstr(error->message, "it: "));
			assert_non_null(strstr(error->message, " at offset 0x"));
			error_destroy(error);
			continue;
		}
		opened++;
		assert_non_null(strstr(snapshot_gap(snapshot), "has no end"));
		uint8_t byte;
		/* The first block of memory is whole, or it is not there. */
		if (error_ignore(target_read(snapshot, BASE + 5, &byte, 1)))
			assert_int_equal(byte, fixture->fake.bytes[5]);
		target_destroy(snapshot);
	}
	assert_true(opened > 10);
}

/* A flipped bit is found by a checksum, wherever it is: nothing wrong is ever handed out. */
static void test_flipped(void **state)
{
	struct fixture *fixture = *state;
	size_t size = fixture->file.length, refused = 0;
	char *bytes = fixture->file.bytes;
	uint64_t random = 1;
	for (int i = 0; i < 300; i++) {
		random = random * 6364136223846793005u + 1442695040888963407u;
		size_t at = (size_t)((random >> 20) % size);
		char bit = (char)(1 << (random >> 17 & 7));
		struct target *snapshot = NULL;
		bytes[at] = (char)(bytes[at] ^ bit);
		if (error_ignore(open_bytes(bytes, size, &snapshot))) {
			static uint8_t page[PAGE];
			for (uint64_t at_page = 210; at_page < PAGES; at_page += 37) {
				if (error_ignore(target_read(snapshot, BASE + at_page * PAGE, page,
							     PAGE)))
					assert_memory_equal(
						page, fixture->fake.bytes + at_page * PAGE, PAGE);
				else
					refused++;
			}
			target_destroy(snapshot);
		} else {
			refused++;
		}
		bytes[at] = (char)(bytes[at] ^ bit);
	}
	assert_true(refused > 300);
}

static struct error *fail_write(void *argument, const void *bytes, size_t size)
{
	size_t *left = argument;
	(void)bytes;
	if (*left < size)
		return error_os(28, "cannot write it");
	*left -= size;
	return NULL;
}

/* Whenever writing fails, that is told once, and nothing hangs. */
static void test_failing_writes(void **state)
{
	struct fixture *fixture = *state;
	for (size_t most = 0; most < fixture->file.length; most += 300001) {
		size_t left = most;
		const struct snapshot_writer_options options = { .write = fail_write,
								 .argument = &left };
		struct snapshot_writer *writer = NULL;
		struct snapshot_memory memory;
		uint64_t size;
		struct error *error = snapshot_writer_create(&options, &writer);
		if (!error)
			error = snapshot_writer_memory(writer, &fixture->fake.target, extents,
						       ARRAY_SIZE(extents), NULL, NULL);
		if (!error)
			error = snapshot_writer_memory_end(writer, &fixture->fake.target, &memory);
		if (!error)
			error = snapshot_writer_finish(writer, &size);
		check_error(error, ERROR_OS, "cannot write it");
		snapshot_writer_destroy(writer);
	}
}

static struct error *stop_reading(void *argument)
{
	return ++*(int *)argument > 1 ? error_new(ERROR_LIMIT, "enough") : NULL;
}

/* Reading is broken off: what was read until then is a snapshot all the same. */
static void test_broken_off(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(writer_deinit) struct writer file = WRITER_TO_MEMORY;
	_cleanup_(target_cleanup) struct target *snapshot = NULL;
	const struct snapshot_writer_options options = { .write = into_writer, .argument = &file };
	struct snapshot_writer *writer = NULL;
	struct snapshot_memory memory;
	uint64_t size;
	int asked = 1;
	check_ok(snapshot_writer_create(&options, &writer));
	check_ok(snapshot_writer_memory(writer, &fixture->fake.target, extents, 1, NULL, NULL));
	check_error(snapshot_writer_memory(writer, &fixture->fake.target, extents + 1, 4,
					   stop_reading, &asked),
		    ERROR_LIMIT, "enough");
	check_ok(snapshot_writer_memory_end(writer, NULL, &memory));
	check_ok(snapshot_writer_finish(writer, &size));
	snapshot_writer_destroy(writer);
	check_ok(writer_finish(&file));
	check_ok(open_bytes(file.bytes, file.length, &snapshot));
}

static void test_filter(void **state)
{
	(void)state;
	for (size_t size = 0; size < 3 * SNAPSHOT_CHUNK; size = size * 3 / 2 + 1) {
		uint8_t *bytes = malloc(size + 1), *same = malloc(size + 1), strides[4];
		assert_true(bytes && same);
		for (size_t i = 0; i < size; i++)
			bytes[i] = same[i] = (uint8_t)(i % 80 * 7 + (i % 8 == 0) * (i / 80));
		snapshot_filter(bytes, size, strides);
		if (size > 4096)
			assert_true(strides[0] != 0 && memcmp(bytes, same, size));
		snapshot_filter_undo(bytes, size, strides);
		assert_memory_equal(bytes, same, size);
		free(bytes);
		free(same);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_batches),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_flipped),
		cmocka_unit_test(test_failing_writes),
		cmocka_unit_test(test_broken_off),
		cmocka_unit_test(test_filter),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
