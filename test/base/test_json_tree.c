/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "base/json.h"
#include "base/json_tree.h"

static struct error *read_text(struct arena *arena, const char *text, const struct json_value **ret)
{
	return json_tree_read(text, strlen(text), "it", arena, ret);
}

static void reads_values(void **state)
{
	(void)state;
	_cleanup_(arena_deinit) struct arena arena = { 0 };
	const struct json_value *root = NULL;
	check_ok(read_text(&arena,
			   " { \"a\" : [1, -2.5e1, [], {}, null, true, false],\r\n\t\"b\":\"x\", "
			   "\"a\": 3, \"big\": 18446744073709551615, \"o\":{\"deep\":\"y\"} } ",
			   &root));
	assert_int_equal(root->kind, JSON_KIND_OBJECT);
	const struct json_value *list = json_value_member(root, "a");
	const struct json_value *at = json_value_first(list);
	assert_true(at->is_whole && at->whole == 1 && at->number == 1);
	at = at->next;
	assert_true(!at->is_whole && at->number == -25);
	at = at->next;
	assert_true(at->kind == JSON_KIND_ARRAY && !at->first);
	at = at->next;
	assert_true(at->kind == JSON_KIND_OBJECT && !at->first);
	at = at->next;
	assert_int_equal(at->kind, JSON_KIND_NULL);
	at = at->next;
	assert_true(at->kind == JSON_KIND_BOOL && at->number == 1);
	assert_true(at->next->kind == JSON_KIND_BOOL && at->next->number == 0 && !at->next->next);
	assert_string_equal(json_value_text(root, "b"), "x");
	assert_null(json_value_text(root, "a"));
	assert_null(json_value_text(root, "none"));
	assert_int_equal(json_value_whole(root, "big", -7), -7); /* no int64_t has room for it */
	assert_string_equal(json_value_text(json_value_member(root, "o"), "deep"), "y");
	assert_null(json_value_member(NULL, "a"));
	assert_null(json_value_first(root));
	assert_true(json_value_whole(list, "a", 5) == 5);
}

static void takes_strings_apart(void **state)
{
	(void)state;
	static const struct {
		const char *in;
		const char *out;
	} cases[] = {
		{ "\"\"", "" },
		{ "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t" },
		{ "\"\\u0041\\u00e9\\u20ac\"", "A\xc3\xa9\xe2\x82\xac" },
		{ "\"\\ud83d\\ude00!\"", "\xf0\x9f\x98\x80!" },
		{ "\"\\ud83d\\u0041\"", "\xef\xbf\xbd"
					"A" },
		{ "\"\\ude00\\ud83d\"", "\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\"\\u0000\"", "\xef\xbf\xbd" },
		{ "\"caf\xc3\xa9 \x7f\"", "caf\xc3\xa9 \x7f" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(arena_deinit) struct arena arena = { 0 };
		const struct json_value *root = NULL;
		check_ok(read_text(&arena, cases[i].in, &root));
		assert_string_equal(root->text, cases[i].out);
	}
}

static void refuses_what_is_none(void **state)
{
	(void)state;
	static const char *const cases[] = {
		"",
		" ",
		"{",
		"[",
		"[1",
		"[1,",
		"[1,]",
		"[,1]",
		"{\"a\"}",
		"{\"a\":}",
		"{\"a\":1,}",
		"{a:1}",
		"{1:2}",
		"[1 2]",
		"[1}",
		"{\"a\":1]",
		"01",
		"-",
		"1.",
		".5",
		"1e",
		"+1",
		"nul",
		"truely",
		"\"a",
		"\"\\",
		"\"\\x\"",
		"\"\\u12\"",
		"\"\\u12g4\"",
		"\"\n\"",
		"\"\xff\"",
		"\"\xed\xa0\x80\"",
		"1 1",
		"{} {}",
		"'a'",
		"]",
		"\"a\"\"b\"",
		"\x01",
		"\"\\ud83d\\u12\"",
		"NaN",
		"[1]]",
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(arena_deinit) struct arena arena = { 0 };
		const struct json_value *root = NULL;
		struct error *error = read_text(&arena, cases[i], &root);
		if (!error)
			fail_msg("%s was taken", cases[i]);
		assert_null(root);
		assert_int_equal(error->code, ERROR_CORRUPT);
		assert_non_null(strstr(error->message, "it: "));
		error_destroy(error);
	}
}

/* No piece of a document is a document: whatever it is cut to is told. */
static void refuses_what_is_cut(void **state)
{
	(void)state;
	static const char text[] = "{\"a\":[1,-2.5e1,{\"b\":\"\\u00e9x\"},true],\"c\":null}";
	for (size_t size = 0; size < strlen(text); size++) {
		_cleanup_(arena_deinit) struct arena arena = { 0 };
		const struct json_value *root = NULL;
		_cleanup_(free_pointer) char *piece =
			malloc(size + 1); /* so that its end is seen */
		assert_non_null(piece);
		memcpy(piece, text, size);
		check_error(json_tree_read(piece, size, "it", &arena, &root), ERROR_CORRUPT,
			    "it: ");
	}
}

static void has_limits(void **state)
{
	(void)state;
	char text[2 * JSON_DEPTH_MAX + 8];
	for (size_t depth = JSON_DEPTH_MAX; depth <= JSON_DEPTH_MAX + 1; depth++) {
		_cleanup_(arena_deinit) struct arena arena = { 0 };
		const struct json_value *root = NULL;
		memset(text, '[', depth);
		memset(text + depth, ']', depth);
		text[2 * depth] = '\0';
		if (depth == JSON_DEPTH_MAX)
			check_ok(read_text(&arena, text, &root));
		else
			check_error(read_text(&arena, text, &root), ERROR_CORRUPT, "too deep");
	}
	/* The list itself is one of them. */
	for (size_t count = JSON_VALUES_MAX - 1; count <= JSON_VALUES_MAX; count++) {
		_cleanup_(arena_deinit) struct arena arena = { 0 };
		const struct json_value *root = NULL;
		_cleanup_(free_pointer) char *many = malloc(2 * count + 1);
		assert_non_null(many);
		for (size_t i = 0; i < count; i++)
			memcpy(many + 2 * i, ",0", 2);
		many[0] = '[';
		many[2 * count] = ']';
		struct error *error = json_tree_read(many, 2 * count + 1, "it", &arena, &root);
		assert_int_equal(error != NULL, count == JSON_VALUES_MAX);
		assert_true(!error || error->code == ERROR_LIMIT);
		error_destroy(error);
	}
}

/* What json.h writes is read as it was. */
static void reads_what_is_written(void **state)
{
	(void)state;
	_cleanup_(writer_deinit) struct writer writer = WRITER_TO_MEMORY;
	_cleanup_(arena_deinit) struct arena arena = { 0 };
	const struct json_value *root = NULL;
	struct json json = JSON_INTO(&writer);
	static const char text[] = "q\"b\\n\n\t\x1b\x7f caf\xc3\xa9 \xf0\x9f\x98\x80 </script>";
	json_object_begin(&json);
	json_member_string(&json, text, text);
	json_member_signed(&json, "least", INT64_MIN);
	json_member_bool(&json, "yes", true);
	json_member_null(&json, "no");
	json_object_end(&json);
	check_ok(json_tree_read(writer.bytes, writer.length, "it", &arena, &root));
	assert_string_equal(json_value_text(root, text), text);
	assert_true(json_value_whole(root, "least", 0) == INT64_MIN);
	assert_true(json_value_true(root, "yes"));
	assert_false(json_value_true(root, "no"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_values),         cmocka_unit_test(takes_strings_apart),
		cmocka_unit_test(refuses_what_is_none), cmocka_unit_test(refuses_what_is_cut),
		cmocka_unit_test(has_limits),           cmocka_unit_test(reads_what_is_written),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
