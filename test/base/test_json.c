/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "base/json.h"
#include "base/utf8.h"

static void writes_nested_values(void **state)
{
	(void)state;
	_cleanup_(writer_deinit) struct writer writer = WRITER_TO_MEMORY;
	struct json json = JSON_INTO(&writer);
	json_object_begin(&json);
	json_member_unsigned(&json, "count", UINT64_MAX);
	json_member_signed(&json, "least", INT64_MIN);
	json_key(&json, "list");
	json_array_begin(&json);
	json_string(&json, "a");
	json_null(&json);
	json_bool(&json, true);
	json_array_begin(&json);
	json_array_end(&json);
	json_object_begin(&json);
	json_object_end(&json);
	json_array_end(&json);
	json_member_string(&json, "none", NULL);
	json_key(&json, "ms");
	json_number(&json, 1.5);
	json_key(&json, "nan");
	json_number(&json, 0.0 / 0.0);
	json_object_end(&json);
	assert_string_equal(writer_text(&writer),
			    "{\"count\":18446744073709551615,\"least\":-9223372036854775808,"
			    "\"list\":[\"a\",null,true,[],{}],\"none\":null,\"ms\":1.500,"
			    "\"nan\":null}");
}

static void escapes_what_is_foreign(void **state)
{
	(void)state;
	static const struct {
		const char *in;
		const char *out;
	} cases[] = {
		{ "plain", "\"plain\"" },
		{ "q\"b\\n\nt\t", "\"q\\\"b\\\\n\\nt\\t\"" },
		{ "\x1b[31m", "\"\\u001b[31m\"" },
		{ "\x7f", "\"\\u007f\"" },
		{ "caf\xc3\xa9", "\"caf\xc3\xa9\"" },
		{ "bad\xff\xc3", "\"bad\\ufffd\\ufffd\"" },
		{ "\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\"" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(writer_deinit) struct writer writer = WRITER_TO_MEMORY;
		struct json json = JSON_INTO(&writer);
		json_string(&json, cases[i].in);
		assert_string_equal(writer_text(&writer), cases[i].out);
	}
}

static void knows_well_formed_utf8(void **state)
{
	(void)state;
	assert_int_equal(utf8_character("", 0), 0);
	assert_int_equal(utf8_character("a", 1), 1);
	assert_int_equal(utf8_character("\xc3\xa9", 2), 2);
	assert_int_equal(utf8_character("\xc3", 1), 0);
	assert_int_equal(utf8_character("\xc0\x80", 2), 0); /* long form */
	assert_int_equal(utf8_character("\xe2\x82\xac", 3), 3);
	assert_int_equal(utf8_character("\xed\xbf\xbf", 3), 0); /* surrogate */
	assert_int_equal(utf8_character("\xf0\x9f\x90\xb9", 4), 4);
	assert_int_equal(utf8_character("\xf4\x90\x80\x80", 4), 0); /* above U+10FFFF */
	assert_int_equal(utf8_character("\xe2\x82"
					"a",
					3),
			 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_nested_values),
		cmocka_unit_test(escapes_what_is_foreign),
		cmocka_unit_test(knows_well_formed_utf8),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
