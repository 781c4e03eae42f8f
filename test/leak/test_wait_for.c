/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "leak/live/wait_for.h"

#define CYCLE_MAX 8
#define MANY      200000

static void add(struct wait_for *graph, uint32_t from, uint32_t to)
{
	assert_null(wait_for_add(graph, from, to, WAIT_FOR_NONE));
}

/* Each edge begins where the one before it ends, and the last one leads back. */
static void check_cycle(struct wait_for *graph, uint32_t through, size_t length)
{
	struct wait_edge edges[CYCLE_MAX];
	assert_int_equal(wait_for_cycle(graph, through, edges, CYCLE_MAX), length);
	for (size_t i = 0; i < length; i++)
		assert_int_equal(edges[i].to, edges[(i + 1) % length].from);
	if (length)
		assert_int_equal(edges[0].from, through);
}

static void a_cycle_is_the_shortest_one_through_each(void **state)
{
	_cleanup_(wait_for_deinit) struct wait_for graph = { 0 };
	(void)state;
	/* 0 → 1 → 2 → 3 → 0, and 1 → 0 beside; 4 waits for 2; 5 waits for itself. */
	const uint32_t edges[][2] = { { 0, 1 }, { 1, 2 }, { 2, 3 }, { 3, 0 },
				      { 1, 0 }, { 4, 2 }, { 5, 5 } };
	for (size_t i = 0; i < ARRAY_SIZE(edges); i++)
		add(&graph, edges[i][0], edges[i][1]);
	assert_null(wait_for_solve(&graph, 6));
	assert_int_equal(graph.component_count, 2);
	assert_int_equal(graph.component[4], WAIT_FOR_NONE);
	assert_int_equal(graph.leads_to[4], graph.component[2]);
	/* Whichever was asked before. */
	for (int round = 0; round < 3; round++) {
		check_cycle(&graph, 0, 2);
		check_cycle(&graph, 1, 2);
		check_cycle(&graph, 2, 4);
		check_cycle(&graph, 3, 4);
		check_cycle(&graph, 5, 1);
	}
}

static void a_cycle_that_is_too_long_is_none(void **state)
{
	_cleanup_(wait_for_deinit) struct wait_for graph = { 0 };
	(void)state;
	for (uint32_t i = 0; i < CYCLE_MAX + 1; i++)
		add(&graph, i, (i + 1) % (CYCLE_MAX + 1));
	for (uint32_t i = 0; i < CYCLE_MAX; i++)
		add(&graph, 100 + i, 100 + (i + 1) % CYCLE_MAX);
	assert_null(wait_for_solve(&graph, 200));
	check_cycle(&graph, 3, 0);
	check_cycle(&graph, 103, CYCLE_MAX);
}

/* Each of which used to cost as much as there are goroutines: 300 GB in all. */
static void many_short_cycles_take_no_longer_than_they_are(void **state)
{
	_cleanup_(wait_for_deinit) struct wait_for graph = { 0 };
	(void)state;
	for (uint32_t i = 0; i < MANY; i += 2) {
		add(&graph, i, i + 1);
		add(&graph, i + 1, i);
	}
	assert_null(wait_for_solve(&graph, MANY));
	assert_int_equal(graph.component_count, MANY / 2);
	for (uint32_t i = 0; i < MANY; i++)
		check_cycle(&graph, i, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cycle_is_the_shortest_one_through_each),
		cmocka_unit_test(a_cycle_that_is_too_long_is_none),
		cmocka_unit_test(many_short_cycles_take_no_longer_than_they_are),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
