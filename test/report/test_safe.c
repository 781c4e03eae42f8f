/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "report/safe.h"
#include "report/wrap.h"

static void strings_are_made_safe(void **state)
{
	(void)state;
	static const struct {
		const char *text, *safe;
	} cases[] = {
		{ "", "" },
		{ "main.(*Cart).watch", "main.(*Cart).watch" },
		{ "grüße/мир.世界", "grüße/мир.世界" },
		{ "\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m" },
		{ "a\nb\tc\rd", "a\\nb\\tc\\rd" },
		{ "\x7f\x01", "\\x7f\\x01" },
		{ "\xc2\x9b"
		  "2J",
		  "\\u009b2J" }, /* a control of 8 bits */
		{ "a\xe2\x80\xae"
		  "gpj.exe",
		  "a\\u202egpj.exe" }, /* text turned around */
		{ "a\xe2\x80\x8b"
		  "b",
		  "a\\u200bb" },
		{ "\xff\xfe", "\\xff\\xfe" },
		{ "\xc3", "\\xc3" },                   /* cut in two */
		{ "\xed\xa0\x80", "\\xed\\xa0\\x80" }, /* a surrogate */
		{ "\xf3\xa0\x81\x81", "\\U000e0041" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(writer_deinit) struct writer writer = WRITER_TO_MEMORY;
		safe_string(&writer, cases[i].text);
		assert_string_equal(writer_text(&writer), cases[i].safe);
	}
}

static void long_strings_lose_their_middle(void **state)
{
	(void)state;
	_cleanup_(writer_deinit) struct writer writer = WRITER_TO_MEMORY;
	size_t columns = 0;
	safe_string_limited(&writer, "0123456789abcdef", 8, &columns);
	assert_string_equal(writer_text(&writer), "0123…cdef");
	assert_int_equal(columns, 9);

	/* Characters of several bytes are not cut in two; 16 of them fit a limit of 16. */
	_cleanup_(writer_deinit) struct writer wide = WRITER_TO_MEMORY;
	safe_string_limited(&wide, "ääääääääää", 4, NULL);
	assert_string_equal(writer_text(&wide), "ää…ää");
	_cleanup_(writer_deinit) struct writer whole = WRITER_TO_MEMORY;
	safe_string_limited(&whole, "ääää", 4, NULL);
	assert_string_equal(writer_text(&whole), "ääää");
}

static void a_megabyte_is_shown_in_a_line(void **state)
{
	(void)state;
	size_t size = 1 << 20;
	_cleanup_(free_pointer) char *text = malloc(size + 1);
	assert_non_null(text);
	const char fills[] = { 'x', '\x1b', '\xff' };
	for (size_t i = 0; i < sizeof(fills); i++) {
		_cleanup_(writer_deinit) struct writer writer = WRITER_TO_MEMORY;
		memset(text, fills[i], size);
		text[size] = '\0';
		safe_string(&writer, text);
		assert_true(writer.length >= SAFE_LIMIT && writer.length <= 4 * SAFE_LIMIT + 4);
	}
}

/* And a word where no line has room for it. */
static void prose_is_broken_at_spaces(void **state)
{
	(void)state;
	struct style style = { .width = 20 };
	_cleanup_(writer_deinit) struct writer writer = WRITER_TO_MEMORY;
	wrap_text(&style, 4, "one two three four abcdefghijklmnopqrstuvwxyz five\x1b six", &writer);
	assert_string_equal(writer_text(&writer), "one two three\n"
						  "    four\n"
						  "    abcdefghijklmnop\n"
						  "    qrstuvwxyz\n"
						  "    five\\x1b six\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strings_are_made_safe),
		cmocka_unit_test(long_strings_lose_their_middle),
		cmocka_unit_test(a_megabyte_is_shown_in_a_line),
		cmocka_unit_test(prose_is_broken_at_spaces),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
