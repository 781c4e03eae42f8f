/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "leak/suppress.h"

static void add(struct findings *findings, enum rule_id rule, const char *function,
		const char *subject)
{
	const struct finding finding = {
		.rule = rule,
		.place = { .function = function, .file = "cart.go", .line = 57 },
		.subject = subject,
	};
	check_ok(finding_vector_append(&findings->list, &finding));
}

static void lines_leave_findings_out(void **state)
{
	(void)state;
	_cleanup_(findings_deinit) struct findings findings = { 0 };
	_cleanup_(suppressions_deinit) struct suppressions suppressions = { 0 };
	add(&findings, RULE_UNBOUNDED_GOROUTINES, "main.(*Pool).work", NULL);
	add(&findings, RULE_NIL_CHANNEL, "main.(*Pool).work", NULL);
	add(&findings, RULE_MAP_WITHOUT_LIMIT, "main.route", "main.routes");
	add(&findings, RULE_MAP_WITHOUT_LIMIT, "main.login", "main.sessions");
	check_ok(suppressions_parse("# ours\n\n"
				    "L17 main.(*Pool).* -- 64 workers by design\r\n"
				    "  * main.routes -- as many as there are\n"
				    "map-without-limit *nowhere* -- old",
				    "ours", &suppressions));
	assert_int_equal(suppressions.list.count, 3);
	assert_string_equal(suppressions.list.items[0].reason, "64 workers by design");
	assert_int_equal(findings_suppress(&findings, &suppressions), 2);
	assert_int_equal(findings.list.count, 2);
	assert_int_equal(findings.list.items[0].rule, RULE_NIL_CHANNEL);
	assert_string_equal(findings.list.items[1].subject, "main.sessions");
	assert_int_equal(suppressions.list.items[0].used, 1);
	assert_int_equal(suppressions.list.items[1].used, 1);
	assert_int_equal(suppressions.list.items[2].used, 0);
	assert_int_equal(suppressions.list.items[2].line, 5);
}

static void what_makes_no_sense_is_told(void **state)
{
	(void)state;
	static const struct {
		const char *text, *part;
	} wrong[] = {
		{ "L17 main.f", "ours:1: it has no reason" },
		{ "\nL17 main.f -- ", "ours:2: it has no reason" },
		{ "L17 -- why", "takes a rule and a pattern" },
		{ "L999 main.f -- why", "no rule 'L999'" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		_cleanup_(suppressions_deinit) struct suppressions suppressions = { 0 };
		check_error(suppressions_parse(wrong[i].text, "ours", &suppressions), ERROR_USAGE,
			    wrong[i].part);
	}
}

static void a_star_stands_for_anything(void **state)
{
	(void)state;
	static const struct {
		const char *pattern;
		bool matches;
	} cases[] = {
		{ "main.(*Pool).work", true },
		{ "*", true },
		{ "main.*work", true },
		{ "*.work", true },
		{ "*Pool*", true },
		{ "main.", false },
		{ "*.works", false },
		{ "**.w*o*k*", true },
		{ "work", false },
		{ "main.(*Pool).work?", false },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char line[80];
		_cleanup_(findings_deinit) struct findings findings = { 0 };
		_cleanup_(suppressions_deinit) struct suppressions suppressions = { 0 };
		add(&findings, RULE_NIL_CHANNEL, "main.(*Pool).work", NULL);
		snprintf(line, sizeof(line), "* %s -- x", cases[i].pattern);
		check_ok(suppressions_parse(line, "ours", &suppressions));
		assert_int_equal(findings_suppress(&findings, &suppressions), cases[i].matches);
	}
}

static void what_a_report_has_is_known(void **state)
{
	(void)state;
	_cleanup_(findings_deinit) struct findings findings = { 0 };
	char report[256], first[FINGERPRINT_SIZE];
	add(&findings, RULE_MAP_WITHOUT_LIMIT, "main.login", "main.sessions");
	add(&findings, RULE_MAP_WITHOUT_LIMIT, "main.login", "main.users");
	finding_fingerprint(&findings.list.items[0], first);
	snprintf(report, sizeof(report), "{\"findings\":[{\"fingerprint\":\"%s\"}]}", first);
	/* Where memory comes from may be known another time, and lines move. */
	findings.list.items[0].place.function = NULL;
	findings.list.items[0].place.line = 99;
	size_t known = 0;
	check_ok(findings_drop_known(&findings, report, &known));
	assert_int_equal(known, 1);
	assert_int_equal(findings.list.count, 1);
	assert_string_equal(findings.list.items[0].subject, "main.users");
}

/* A finding that a comparison says is gone is news when it comes again. */
static void what_has_gone_is_not_known(void **state)
{
	(void)state;
	_cleanup_(findings_deinit) struct findings findings = { 0 };
	char report[256], first[FINGERPRINT_SIZE];
	size_t known = 9;
	add(&findings, RULE_MAP_WITHOUT_LIMIT, "main.login", "main.sessions");
	finding_fingerprint(&findings.list.items[0], first);
	snprintf(report, sizeof(report), "{\"findings\":[],\"gone\":[{\"fingerprint\":\"%s\"}]}",
		 first);
	check_ok(findings_drop_known(&findings, report, &known));
	assert_int_equal(known, 0);
	/* As somebody's own tool may have laid it out; and digits alone are no fingerprint. */
	snprintf(report, sizeof(report), "\"0%s\" %s \"%.15s", first, first, first);
	check_ok(findings_drop_known(&findings, report, &known));
	assert_int_equal(known, 0);
	snprintf(report, sizeof(report), "\"dowse/v1\" :\n\t\"%s\"", first);
	check_ok(findings_drop_known(&findings, report, &known));
	assert_int_equal(known, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_leave_findings_out),
		cmocka_unit_test(what_makes_no_sense_is_told),
		cmocka_unit_test(a_star_stands_for_anything),
		cmocka_unit_test(what_a_report_has_is_known),
		cmocka_unit_test(what_has_gone_is_not_known),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
