/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include <fcntl.h>
#include <signal.h>

#include "base/file.h"
#include "base/writer.h"

static void formats_numbers(void **state)
{
	(void)state;
	_cleanup_(writer_deinit) struct writer writer = WRITER_TO_MEMORY;
	writer_unsigned(&writer, 0);
	writer_char(&writer, ' ');
	writer_unsigned(&writer, UINT64_MAX);
	writer_char(&writer, ' ');
	writer_signed(&writer, INT64_MIN);
	writer_char(&writer, ' ');
	writer_hex(&writer, 0xc000012345);
	writer_printf(&writer, " %s%03d", "x", 7);
	assert_string_equal(writer_text(&writer),
			    "0 18446744073709551615 -9223372036854775808 0xc000012345 x007");
}

/* More than any buffer, in pieces of all sizes, through a pipe's worth of files and back. */
static void all_bytes_reach_the_file(void **state)
{
	(void)state;
	FILE *file = tmpfile();
	assert_non_null(file);
	struct writer writer = WRITER_TO_DESCRIPTOR(fileno(file));
	static char piece[200000];
	size_t total = 0;
	for (size_t size = 0; size < sizeof(piece); size += 977) {
		for (size_t i = 0; i < size; i++)
			piece[i] = (char)('a' + (total + i) % 26);
		writer_bytes(&writer, piece, size);
		total += size;
	}
	check_ok(writer_finish(&writer));
	writer_deinit(&writer);

	lseek(fileno(file), 0, SEEK_SET);
	struct file_bytes back = { 0 };
	check_ok(file_read_descriptor(fileno(file), "back", total, &back));
	assert_int_equal(back.size, total);
	for (size_t i = 0; i < total; i++)
		assert_int_equal(back.bytes[i], 'a' + i % 26);
	file_bytes_deinit(&back);
	fclose(file);
}

static void remembers_the_first_failure(void **state)
{
	(void)state;
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
	assert_true(full >= 0);
	struct writer writer = WRITER_TO_DESCRIPTOR(full);
	for (int i = 0; i < 100000; i++)
		writer_string(&writer, "much text ");
	check_error(writer_finish(&writer), ERROR_OS, "cannot write the output: No space left");
	check_error(writer_finish(&writer), ERROR_OS, "No space left");
	writer_deinit(&writer);
	close(full);
}

static void a_closed_pipe_is_a_failure(void **state)
{
	(void)state;
	int ends[2];
	assert_int_equal(pipe(ends), 0);
	close(ends[0]);
	signal(SIGPIPE, SIG_IGN);
	struct writer writer = WRITER_TO_DESCRIPTOR(ends[1]);
	writer_string(&writer, "nobody reads this");
	check_error(writer_finish(&writer), ERROR_OS, "Broken pipe");
	writer_deinit(&writer);
	close(ends[1]);
}

static void files_have_limits(void **state)
{
	(void)state;
	struct file_bytes file = { 0 };
	check_error(file_read("/dev/zero", 100000, &file), ERROR_LIMIT, "more than 100000 bytes");
	check_error(file_read("/no/such/file", 1, &file), ERROR_NOT_FOUND, "/no/such/file");
	check_ok(file_read("/dev/null", 1, &file));
	assert_int_equal(file.size, 0);
	assert_int_equal(file.bytes[0], 0);
	file_bytes_deinit(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(formats_numbers),
		cmocka_unit_test(all_bytes_reach_the_file),
		cmocka_unit_test(remembers_the_first_failure),
		cmocka_unit_test(a_closed_pipe_is_a_failure),
		cmocka_unit_test(files_have_limits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
