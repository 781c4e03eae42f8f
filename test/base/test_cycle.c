/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "base/cycle.h"

/* So many elements before the cycle, and so many in it; 0: there is none, and 100000 elements. */
static uint64_t follow(uint64_t before, uint64_t round)
{
	struct cycle cycle = { 0 };
	for (uint64_t i = 0; i < 100000; i++) {
		uint64_t element = round && i >= before ? before + (i - before) % round : i;
		if (cycle_closes(&cycle, 8 * (element + 1)))
			return i;
	}
	return 0;
}

static void lists_with_an_end_have_one(void **state)
{
	(void)state;
	assert_int_equal(0, follow(0, 0));
}

static void cycles_are_noticed_soon(void **state)
{
	(void)state;
	for (uint64_t before = 0; before < 70; before++) {
		for (uint64_t round = 1; round < 70; round++) {
			uint64_t steps = follow(before, round);
			assert_true(steps >= before + round);
			assert_true(steps <= 4 * (before + round));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_with_an_end_have_one),
		cmocka_unit_test(cycles_are_noticed_soon),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
