/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "leak/compare.h"

#include <string.h>

#define MINUTE (INT64_C(60) * 1000000000)

static const struct goroutine somebody = { .id = 18 };

static struct finding leak(const char *function, uint64_t count)
{
	return (struct finding){
		.rule = RULE_RECEIVE_WITHOUT_SENDER,
		.certainty = CERTAINTY_PROVED,
		.count = count,
		.bytes = (int64_t)count * 2048,
		.place = { .function = function, .file = "f.go", .line = 3 },
		.example = &somebody,
		.title = "some goroutines",
	};
}

static void add(struct findings *findings, struct finding finding)
{
	check_ok(finding_vector_append(&findings->list, &finding));
}

static bool knows(const void *build, const char *function)
{
	(void)build;
	return strcmp(function, "main.removed") != 0;
}

/* As long and as much, by another build, with nothing in the way. */
static const struct findings_moments sound = {
	.before = { .uptime_ns = MINUTE, .goroutines = 1000, .allocated = 1 << 20 },
	.now = { .uptime_ns = MINUTE, .goroutines = 1000, .allocated = 1 << 20 },
	.has_function = knows,
	.build_is = BUILD_ANOTHER,
};

static void what_changed_is_told(void **state)
{
	(void)state;
	_cleanup_(findings_deinit) struct findings before = { 0 }, now = { 0 };
	add(&before, leak("main.gone", 9));
	add(&before, leak("main.stays", 7));
	add(&now, leak("main.stays", 70));
	add(&now, leak("main.fresh", 1));
	check_ok(findings_compare(&now, &before, &sound));
	assert_int_equal(now.list.items[0].change, CHANGE_STAYED);
	assert_int_equal(now.list.items[0].count_before, 7);
	assert_int_equal(now.list.items[0].bytes_before, 7 * 2048);
	assert_int_equal(now.list.items[1].change, CHANGE_NEW);
	assert_int_equal(before.list.count, 1);
	assert_int_equal(before.list.items[0].change, CHANGE_GONE);
	assert_true(before.list.items[0].mended);
}

/* One finding that has gone, and nothing now. */
static void check_gone(struct finding finding, struct findings_moments moments, bool mended,
		       const char *part)
{
	_cleanup_(findings_deinit) struct findings before = { 0 }, now = { 0 };
	add(&before, finding);
	check_ok(findings_compare(&now, &before, &moments));
	assert_int_equal(before.list.count, 1);
	if (before.list.items[0].mended != mended || !strstr(before.list.items[0].change_why, part))
		fail_msg("%d: %s", before.list.items[0].mended, before.list.items[0].change_why);
}

static void no_work_mends_nothing(void **state)
{
	(void)state;
	struct findings_moments moments = sound;
	check_gone(leak("main.f", 1), sound, true, "none is left");
	check_gone(leak("main.removed", 1), sound, true, "no function main.removed");
	moments.now.uptime_ns = MINUTE / 10;
	check_gone(leak("main.f", 1), moments, false, "nothing shows that the same work was done");
	/* At fifty times it happened, five of which should have come. */
	struct finding often = leak("main.f", 50);
	often.times = 50;
	check_gone(often, moments, true, "none is left");
	often.times = 49;
	check_gone(often, moments, false, "nothing shows");
	/* One request may leave fifty behind, by chance in the first minute. */
	often.times = 1;
	check_gone(often, moments, false, "nothing shows");
	check_gone(leak("main.f", 50), moments, false, "nothing shows");
	/* Of what is found by how much there is, a tenth of the time says nothing. */
	struct finding crowd = leak("main.f", 10000);
	crowd.certainty = CERTAINTY_LIKELY;
	check_gone(crowd, moments, false, "nothing shows");
	/* Up for as long, and idle. */
	moments = sound;
	moments.now.goroutines = 20;
	moments.now.allocated = 1000;
	check_gone(leak("main.f", 1), moments, false, "20 goroutines started against 1,000");
	/* A fix may allocate less, or start less. */
	moments.now.goroutines = 1000;
	check_gone(leak("main.f", 1), moments, true, "none is left");
	/* A few goroutines are those of the start. */
	moments.before.goroutines = moments.now.goroutines = 20;
	check_gone(leak("main.f", 1), moments, false, "nothing shows");
}

static void what_is_unknown_mends_nothing(void **state)
{
	(void)state;
	struct findings_moments moments = sound;
	moments.now = moments.before = (struct findings_work){ -1, -1, -1 };
	check_gone(leak("main.f", 500), moments, false, "nothing shows");
	/* Cores tell no time, but work. */
	moments = sound;
	moments.before.uptime_ns = -1;
	check_gone(leak("main.f", 1), moments, true, "none is left");
	/* As long, and perhaps idle. */
	moments.before = moments.now = (struct findings_work){ MINUTE, 20, -1 };
	check_gone(leak("main.f", 500), moments, false, "nothing shows");
	moments = sound;
	moments.build_is = BUILD_SAME;
	check_gone(leak("main.f", 1), moments, false, "same build");
	moments.build_is = BUILD_UNKNOWN;
	check_gone(leak("main.f", 1), moments, false, "nothing shows that it is another build");
	moments = sound;
	moments.now_is_blind = "the heap was not looked at";
	check_gone(leak("main.f", 1), moments, false, "the heap was not looked at");
}

static void another_leak_of_the_same_code_is_no_fix(void **state)
{
	(void)state;
	_cleanup_(findings_deinit) struct findings before = { 0 }, now = { 0 };
	struct finding other = leak("main.f", 9);
	other.rule = RULE_NIL_CHANNEL;
	add(&before, leak("main.f", 9));
	add(&now, other);
	check_ok(findings_compare(&now, &before, &sound));
	assert_false(before.list.items[0].mended);
	assert_non_null(strstr(before.list.items[0].change_why, "L6"));
}

static void leaks_that_stayed_say_nothing_of_others(void **state)
{
	(void)state;
	_cleanup_(findings_deinit) struct findings before = { 0 }, now = { 0 };
	struct finding gone = leak("main.handleA", 9), stays = leak("main.handleB", 9);
	gone.created_by.function = stays.created_by.function = "net/http.(*Server).Serve";
	gone.subject = stays.subject = "done";
	add(&before, gone);
	add(&before, stays);
	add(&now, stays);
	/* What is new, and only waits for what has the same name, or has the same server. */
	stays.place.function = "main.handleC";
	add(&now, stays);
	check_ok(findings_compare(&now, &before, &sound));
	assert_int_equal(now.list.items[0].change, CHANGE_STAYED);
	assert_int_equal(now.list.items[1].change, CHANGE_NEW);
	assert_int_equal(before.list.count, 1);
	assert_string_equal(before.list.items[0].place.function, "main.handleA");
	assert_true(before.list.items[0].mended);
}

static void what_one_function_of_the_program_starts_is_its_leak(void **state)
{
	(void)state;
	_cleanup_(findings_deinit) struct findings before = { 0 }, now = { 0 };
	struct finding gone = leak("main.work", 9), other = leak("main.wait", 9);
	gone.created_by.function = other.created_by.function = "main.start";
	add(&before, gone);
	add(&now, other);
	check_ok(findings_compare(&now, &before, &sound));
	assert_false(before.list.items[0].mended);
	assert_non_null(strstr(before.list.items[0].change_why, "another way"));
}

/* Two lines of one function have one fingerprint. */
static void findings_of_one_fingerprint_are_matched_in_order(void **state)
{
	(void)state;
	_cleanup_(findings_deinit) struct findings before = { 0 }, now = { 0 };
	struct finding first = leak("main.f", 9), second = leak("main.f", 7);
	second.place.line = 30;
	add(&before, first);
	add(&before, second);
	/* In another order, since one has grown. */
	second.count = 70;
	add(&now, second);
	add(&now, first);
	check_ok(findings_compare(&now, &before, &sound));
	assert_int_equal(before.list.count, 0);
	assert_int_equal(now.list.items[0].change, CHANGE_STAYED);
	assert_int_equal(now.list.items[0].count_before, 7);
	assert_int_equal(now.list.items[1].change, CHANGE_STAYED);
	assert_int_equal(now.list.items[1].count_before, 9);
}

/* Lines move: then by the function alone, each with another one. */
static void lines_may_move(void **state)
{
	(void)state;
	_cleanup_(findings_deinit) struct findings before = { 0 }, now = { 0 };
	struct finding finding = leak("main.f", 9);
	add(&before, finding);
	finding.place.line = 30;
	add(&before, finding);
	finding.place.line = 4;
	add(&now, finding);
	check_ok(findings_compare(&now, &before, &sound));
	assert_int_equal(now.list.items[0].change, CHANGE_STAYED);
	assert_int_equal(before.list.count, 1);
	assert_int_equal(before.list.items[0].place.line, 30);
	assert_false(before.list.items[0].mended);
}

static void copies_outlive_what_they_are_of(void **state)
{
	(void)state;
	_cleanup_(findings_deinit) struct findings findings = { 0 }, kept = { 0 };
	const char *path[] = { "main.a", "main.b" };
	const uint64_t members[] = { 3, 4 };
	char *name = strdup("main.f");
	struct finding finding = leak(name, 2);
	finding.path = path;
	finding.path_count = 2;
	finding.members = members;
	finding.member_count = 2;
	add(&findings, finding);
	check_ok(findings_keep(&findings, &kept));
	memset(name, 'x', strlen(name));
	free(name);
	path[1] = NULL;
	const struct finding *copy = &kept.list.items[0];
	assert_string_equal(copy->place.function, "main.f");
	assert_string_equal(copy->path[1], "main.b");
	assert_int_equal(copy->members[1], 4);
	assert_int_equal(copy->example->id, 18);
	assert_null(copy->why);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_changed_is_told),
		cmocka_unit_test(no_work_mends_nothing),
		cmocka_unit_test(what_is_unknown_mends_nothing),
		cmocka_unit_test(another_leak_of_the_same_code_is_no_fix),
		cmocka_unit_test(leaks_that_stayed_say_nothing_of_others),
		cmocka_unit_test(what_one_function_of_the_program_starts_is_its_leak),
		cmocka_unit_test(findings_of_one_fingerprint_are_matched_in_order),
		cmocka_unit_test(lines_may_move),
		cmocka_unit_test(copies_outlive_what_they_are_of),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
