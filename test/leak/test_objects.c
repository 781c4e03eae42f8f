/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "leak/live/live.h"

#define MIB (INT64_C(1) << 20)

/* What is alive, against what there may be: by the accounts alone, without a heap. */
struct accounts {
	struct runtime_counters counters;
	struct runtime_memory memory;
};

static struct accounts accounts_of(int64_t live, int64_t own_limit, int64_t group_limit)
{
	struct accounts accounts = {
		.counters = {
			.gc_count = 9,
			.gc_percent = 100,
			.memory_limit = own_limit ? own_limit : INT64_MAX,
			.heap_marked = live,
			.processors = 2,
		},
		.memory.cgroup = { .limit = group_limit ? group_limit : -1, .used = live },
	};
	accounts.memory.parts[MEMORY_LIVE] = live;
	return accounts;
}

/* The certainty of the finding; -1 for none. */
static int judge(const struct accounts *accounts)
{
	struct goroutines goroutines = { 0 };
	struct goroutine_group_vector groups = { 0 };
	struct findings findings = { 0 };
	const struct live_evidence evidence = {
		.goroutines = &goroutines,
		.groups = &groups,
		.counters = &accounts->counters,
		.memory = &accounts->memory,
	};
	int certainty = -1;
	check_ok(live_exhaustion.find(&evidence, NULL, &findings));
	assert_true(findings.list.count <= 1);
	if (findings.list.count) {
		assert_int_equal(findings.list.items[0].rule, RULE_OUT_OF_MEMORY_AHEAD);
		assert_int_equal(findings.list.items[0].bytes, accounts->counters.heap_marked);
		certainty = (int)findings.list.items[0].certainty;
	}
	findings_deinit(&findings);
	return certainty;
}

static void nearness_to_a_limit_decides(void **state)
{
	(void)state;
	const struct {
		int64_t live, own, group;
		int certainty;
	} cases[] = {
		{ 950 * MIB, 0, 0, -1 }, /* no limit at all */
		{ 950 * MIB, 1000 * MIB, 0, CERTAINTY_LIKELY },
		{ 901 * MIB, 1000 * MIB, 0, CERTAINTY_LIKELY },
		{ 800 * MIB, 1000 * MIB, 0, CERTAINTY_SUSPECT },
		{ 740 * MIB, 1000 * MIB, 0, -1 },
		{ 31 * MIB, 32 * MIB, 0, -1 }, /* too little to be worth a word */
		{ 600 * MIB, 0, 1000 * MIB,
		  CERTAINTY_LIKELY }, /* grows to 1,200 before it is collected */
		{ 490 * MIB, 0, 1000 * MIB, -1 },
		{ 600 * MIB, 900 * MIB, 1000 * MIB, -1 }, /* its own limit collects in time */
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct accounts accounts = accounts_of(cases[i].live, cases[i].own, cases[i].group);
		if (judge(&accounts) != cases[i].certainty)
			fail_msg("case %zu: %d", i, judge(&accounts));
	}
}

static void what_lives_is_known_after_two_collections(void **state)
{
	(void)state;
	struct accounts accounts = accounts_of(950 * MIB, 1000 * MIB, 0);
	accounts.counters.gc_count = 1;
	assert_int_equal(judge(&accounts), -1);
	accounts.counters.gc_count = 2;
	assert_int_equal(judge(&accounts), CERTAINTY_LIKELY);
}

/* What Go needs beside the heap counts as well, and what the group has beside Go. */
static void what_is_needed_besides_counts(void **state)
{
	(void)state;
	struct accounts accounts = accounts_of(700 * MIB, 1000 * MIB, 0);
	assert_int_equal(judge(&accounts), -1);
	accounts.counters.stacks = 250 * MIB;
	assert_int_equal(judge(&accounts), CERTAINTY_LIKELY);
	accounts = accounts_of(450 * MIB, 0, 1000 * MIB);
	assert_int_equal(judge(&accounts), -1);
	accounts.memory.cgroup.used += 200 * MIB;
	assert_int_equal(judge(&accounts), CERTAINTY_LIKELY);
	accounts.memory.cgroup.page_cache = 200 * MIB;
	assert_int_equal(judge(&accounts), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nearness_to_a_limit_decides),
		cmocka_unit_test(what_lives_is_known_after_two_collections),
		cmocka_unit_test(what_is_needed_besides_counts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
