/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "base/file.h"
#include "binary/pclntab.h"

/* Made by fuzz/seeds.py: main.main in [0, 32), main.outer in [32, 64) with main.inner inlined. */
#define NEW  "fuzz/corpus/pclntab/1.20"
#define OLD  "fuzz/corpus/pclntab/1.19"
#define TEXT 0x401000

static struct pclntab_options options_of(const struct file_bytes *file)
{
	return (struct pclntab_options){
		.bytes = file->bytes,
		.size = file->size,
		.name = "test",
		.text = TEXT,
		.text_end = TEXT + 64,
		.gofunc = file->bytes,
		.gofunc_size = file->size,
		.gofunc_address = 0x500000,
	};
}

static struct file_bytes sample(const char *path)
{
	struct file_bytes file = { 0 };
	check_ok(file_read(path, 1 << 20, &file));
	return file;
}

static void check_line(const struct function_line *line, const char *function, const char *file,
		       int number, int start, bool inlined)
{
	assert_string_equal(line->function, function);
	assert_string_equal(line->file, file);
	assert_int_equal(line->line, number);
	assert_int_equal(line->start_line, start);
	assert_int_equal(line->inlined, inlined);
}

static void check_table(const char *path, bool old)
{
	struct file_bytes file = sample(path);
	struct pclntab_options options = options_of(&file);
	_cleanup_(pclntab_cleanup) struct pclntab *table = NULL;
	struct function function;
	struct function_line lines[FUNCTION_LINES_MAX];
	check_ok(pclntab_open(&options, &table));
	assert_int_equal(pclntab_function_count(table), 2);
	assert_true(pclntab_find(table, TEXT + 31, &function));
	assert_string_equal(function.name, "main.main");
	assert_int_equal(function.entry, TEXT);
	assert_int_equal(function.end, TEXT + 32);
	assert_int_equal(function.start_line, old ? 0 : 3);
	assert_int_equal(function_sp_delta(&function, TEXT + 3), 0);
	assert_int_equal(function_sp_delta(&function, TEXT + 4), 24);
	assert_int_equal(function_sp_delta(&function, TEXT + 32), -1);
	assert_int_equal(function_lines(&function, TEXT + 16, lines), 1);
	check_line(&lines[0], "main.main", "main.go", 11, old ? 0 : 3, false);

	/* Inside of the inlined call: its own position, then that of the call, at pc 7. */
	assert_true(pclntab_find_named(table, "main.outer", &function));
	assert_int_equal(function_pcdata(&function, 2, TEXT + 32 + 8), 0);
	assert_int_equal(function_pcdata(&function, 2, TEXT + 32 + 16), -1);
	assert_int_equal(function_pcdata(&function, 3, TEXT + 32 + 8), -1);
	assert_int_equal(function_lines(&function, TEXT + 32 + 10, lines), 2);
	check_line(&lines[0], "main.inner", "inner.go", 5, old ? 0 : 4, true);
	check_line(&lines[1], "main.outer", "main.go", 20, old ? 0 : 3, false);
	assert_int_equal(function_lines(&function, TEXT + 32 + 16, lines), 1);
	check_line(&lines[0], "main.outer", "main.go", 22, old ? 0 : 3, false);
	assert_int_equal(function_data_address(&function, 3), 0x500000 + 72);
	assert_int_equal(function_data_address(&function, 0), 0);
	assert_int_equal(function_data_address(&function, 4), 0);

	assert_false(pclntab_find(table, TEXT - 1, &function));
	assert_false(pclntab_find(table, TEXT + 64, &function));
	assert_false(pclntab_find_named(table, "main.inner", &function));
	assert_true(pclntab_find_named(table, "main.main", &function));
	file_bytes_deinit(&file);
}

static void lines_are_those_of_the_table(void **state)
{
	(void)state;
	check_table(NEW, false);
	check_table(OLD, true);
}

/* As the linker splits text that is too large: offsets go on, addresses leap. */
static void text_may_be_in_pieces(void **state)
{
	(void)state;
	struct file_bytes file = sample(NEW);
	struct pclntab_options options = options_of(&file);
	const struct pclntab_text_section pieces[] = {
		{ 0, 32, TEXT },
		{ 32, 64, TEXT + 0x100000 },
	};
	options.text_end = TEXT + 0x100000 + 32;
	options.text_sections = pieces;
	options.text_section_count = 2;
	_cleanup_(pclntab_cleanup) struct pclntab *table = NULL;
	struct function function;
	struct function_line lines[FUNCTION_LINES_MAX];
	check_ok(pclntab_open(&options, &table));
	assert_true(pclntab_find(table, TEXT + 0x100000 + 10, &function));
	assert_string_equal(function.name, "main.outer");
	assert_int_equal(function.entry, TEXT + 0x100000);
	assert_int_equal(function.end, TEXT + 0x100000 + 32);
	assert_int_equal(function_lines(&function, TEXT + 0x100000 + 10, lines), 2);
	check_line(&lines[1], "main.outer", "main.go", 20, 3, false);
	assert_false(pclntab_find(table, TEXT + 40, &function));
	assert_false(pclntab_find(table, TEXT + 0x100000 + 32, &function));
	assert_true(pclntab_find(table, TEXT + 31, &function));
	file_bytes_deinit(&file);
}

static void what_is_no_table_is_refused(void **state)
{
	(void)state;
	struct file_bytes file = sample(NEW);
	uint8_t *copy = malloc(file.size);
	assert_non_null(copy);
	memcpy(copy, file.bytes, file.size);
	struct pclntab_options options = options_of(&file);
	options.bytes = copy;
	struct pclntab *table = NULL;
	copy[0] = 0xfa; /* Go 1.16 */
	check_error(pclntab_open(&options, &table), ERROR_UNSUPPORTED, "0xfffffffa");
	copy[0] = 0xf1;
	copy[7] = 4; /* 32 bits */
	check_error(pclntab_open(&options, &table), ERROR_CORRUPT, "damaged");
	copy[7] = 8;
	copy[11] = 1; /* 16 million functions */
	check_error(pclntab_open(&options, &table), ERROR_CORRUPT, "more functions than bytes");
	options.size = 60;
	check_error(pclntab_open(&options, &table), ERROR_CORRUPT, "ends too early");
	free(copy);
	file_bytes_deinit(&file);
}

static size_t survive(const uint8_t *bytes, size_t size)
{
	struct file_bytes file = { .bytes = bytes, .size = size };
	struct pclntab_options options = options_of(&file);
	_cleanup_(pclntab_cleanup) struct pclntab *table = NULL;
	struct function_line lines[FUNCTION_LINES_MAX];
	size_t sum = 0;
	if (!error_ignore(pclntab_open(&options, &table)))
		return 0;
	for (size_t i = 0; i < MIN(pclntab_function_count(table), 100); i++) {
		struct function function;
		if (!pclntab_function_at(table, i, &function))
			continue;
		for (uint64_t pc = TEXT; pc < TEXT + 66; pc++) {
			size_t count = function_lines(&function, pc, lines);
			assert_in_range(count, 1, FUNCTION_LINES_MAX);
			sum += strlen(lines[0].function) + strlen(lines[0].file);
			(void)function_sp_delta(&function, pc);
		}
	}
	return sum;
}

static void damage_is_survived(void **state)
{
	(void)state;
	struct file_bytes file = sample(NEW);
	size_t whole = survive(file.bytes, file.size);
	assert_true(whole > 0);
	for (size_t size = 0; size < file.size; size++) {
		/* A block of its own, so that a sanitizer sees what is read behind it. */
		uint8_t *cut = malloc(size + 1);
		assert_non_null(cut);
		memcpy(cut, file.bytes, size);
		uint8_t *exact = realloc(cut, MAX(size, 1));
		assert_non_null(exact);
		assert_true(survive(exact, size) <= whole * 2);
		free(exact);
	}
	uint8_t *copy = malloc(file.size);
	assert_non_null(copy);
	memcpy(copy, file.bytes, file.size);
	for (size_t bit = 0; bit < file.size * 8; bit++) {
		copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
		survive(copy, file.size);
		copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	free(copy);
	file_bytes_deinit(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_those_of_the_table),
		cmocka_unit_test(text_may_be_in_pieces),
		cmocka_unit_test(what_is_no_table_is_refused),
		cmocka_unit_test(damage_is_survived),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
