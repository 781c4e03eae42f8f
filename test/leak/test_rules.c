/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "leak/finding.h"

#define BIT(rule) (UINT64_C(1) << (rule))

static void every_rule_is_told_in_full(void **state)
{
	(void)state;
	for (int i = 0; i < RULE_COUNT; i++) {
		const struct rule *rule = rules_get((enum rule_id)i);
		assert_int_equal(rule->code[0], 'L');
		assert_true(strlen(rule->summary) && strlen(rule->evidence) &&
			    strlen(rule->leaky) && strlen(rule->fixed) && strlen(rule->wrong));
		size_t next = 0;
		assert_ptr_equal(rules_find(rule->name, &next), rule);
		next = 0;
		assert_non_null(rules_find(rule->code, &next));
	}
}

static void a_list_of_rules_is_a_set(void **state)
{
	(void)state;
	uint64_t set = 0;
	check_ok(rules_parse("L6,unbounded-goroutines", &set));
	assert_int_equal(set, BIT(RULE_NIL_CHANNEL) | BIT(RULE_UNBOUNDED_GOROUTINES));
	check_ok(rules_parse("l7", &set));
	assert_int_equal(set, BIT(RULE_SELECT_WITHOUT_CASES) | BIT(RULE_SELECT_NEVER_READY));
	check_error(rules_parse("L6,,L7", &set), ERROR_USAGE, "no rule ''");
	check_error(rules_parse("L6,L999", &set), ERROR_USAGE, "L999");
	check_error(rules_parse("", &set), ERROR_USAGE, "no rule");
	assert_int_equal(set, BIT(RULE_SELECT_WITHOUT_CASES) | BIT(RULE_SELECT_NEVER_READY));
}

static void certainties_are_in_order(void **state)
{
	(void)state;
	enum certainty certainty = CERTAINTY_SUSPECT;
	assert_true(certainty_parse("proved", &certainty));
	assert_int_equal(certainty, CERTAINTY_PROVED);
	assert_false(certainty_parse("never", &certainty));
	assert_true(CERTAINTY_SUSPECT < CERTAINTY_LIKELY && CERTAINTY_LIKELY < CERTAINTY_PROVED);
}

static void findings_are_sorted_and_selected(void **state)
{
	(void)state;
	_cleanup_(findings_deinit) struct findings findings = { 0 };
	const struct finding list[] = {
		{ .rule = RULE_UNBOUNDED_GOROUTINES, .certainty = CERTAINTY_SUSPECT, .count = 9 },
		{ .rule = RULE_NIL_CHANNEL, .certainty = CERTAINTY_PROVED, .count = 1, .bytes = 8 },
		{ .rule = RULE_NIL_CHANNEL, .certainty = CERTAINTY_PROVED, .count = 5 },
		{ .rule = RULE_NIL_CHANNEL, .certainty = CERTAINTY_LIKELY, .count = 7 },
	};
	for (size_t i = 0; i < ARRAY_SIZE(list); i++)
		check_ok(finding_vector_append(&findings.list, &list[i]));
	findings_sort(&findings);
	const uint64_t counts[] = { 1, 9, 7, 5 };
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++)
		assert_int_equal(findings.list.items[i].count, counts[i]);
	findings_select(&findings, RULES_ALL, CERTAINTY_LIKELY);
	assert_int_equal(findings.list.count, 3);
	findings_select(&findings, BIT(RULE_UNBOUNDED_GOROUTINES), CERTAINTY_SUSPECT);
	assert_int_equal(findings.list.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_rule_is_told_in_full),
		cmocka_unit_test(a_list_of_rules_is_a_set),
		cmocka_unit_test(certainties_are_in_order),
		cmocka_unit_test(findings_are_sorted_and_selected),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
