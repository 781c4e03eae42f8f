/* SPDX-License-Identifier: Apache-2.0 */
#include "base/big_array.h"
#include "check.h"
#include "heap/dominator_tree.h"
#include "heap/tops.h"
#include "small_graph.h"

#define GROUPS 5

static void compute(const struct small_graph *graph, struct dominators *ret)
{
	check_ok(dominators_compute(&graph->graph, &graph->may_use, small_graph_weight, NULL, ret));
}

/* By going up step by step. */
static bool holds(const struct dominators *dominators, uint32_t above, uint32_t below)
{
	while (below > above)
		below = dominators->parents[below];
	return below == above;
}

static void check_tree(const struct dominators *dominators, const struct dominator_tree *tree)
{
	assert_int_equal(tree->count, dominators->count);
	for (uint32_t above = 0; above < tree->count; above++) {
		assert_int_equal(tree->order[tree->places[above]], above);
		uint32_t held = 0, child = dominator_tree_first(tree, above);
		for (uint32_t below = 0; below < tree->count; below++) {
			held += holds(dominators, above, below);
			assert_int_equal(dominator_tree_holds(tree, above, below),
					 holds(dominators, above, below));
			if (below == 0 || dominators->parents[below] != above)
				continue;
			assert_int_equal(child, below);
			child = dominator_tree_next(tree, above, child);
		}
		assert_int_equal(child, 0);
		assert_int_equal(tree->sizes[above], held);
	}
}

static void a_tree_goes_down_where_dominators_go_up(void **state)
{
	(void)state;
	struct small_graph graph;
	for (uint64_t seed = 0; seed < 2000; seed++) {
		_cleanup_(dominators_deinit) struct dominators dominators = { 0 };
		_cleanup_(dominator_tree_deinit) struct dominator_tree tree = { 0 };
		small_graph_make(seed, &graph);
		compute(&graph, &dominators);
		check_ok(dominator_tree_create(&dominators, &tree));
		check_tree(&dominators, &tree);
	}
}

static uint32_t group_of(const void *argument, uint32_t vertex)
{
	return ((const uint32_t *)argument)[vertex];
}

/* All that some member holds, each vertex counted once. */
static uint64_t sum_naively(const struct dominators *dominators, const uint32_t *groups,
			    uint32_t objects, uint32_t group)
{
	uint64_t held = 0;
	for (uint32_t n = 1; n < dominators->count; n++) {
		uint32_t above = dominators->vertices[n];
		if (above >= objects || groups[above] != group)
			continue;
		for (uint32_t below = n; below < dominators->count; below++)
			if (holds(dominators, n, below))
				held |= UINT64_C(1) << dominators->vertices[below];
	}
	return small_graph_weigh(held);
}

static void groups_count_each_byte_once(void **state)
{
	(void)state;
	struct small_graph graph;
	for (uint64_t seed = 0; seed < 2000; seed++) {
		_cleanup_(dominators_deinit) struct dominators dominators = { 0 };
		_cleanup_(dominator_tree_deinit) struct dominator_tree tree = { 0 };
		small_graph_make(seed, &graph);
		compute(&graph, &dominators);
		check_ok(dominator_tree_create(&dominators, &tree));
		uint32_t groups[SMALL_VERTICES], objects = graph.graph.object_count;
		for (uint32_t v = 0; v < objects; v++) {
			groups[v] = small_graph_random(&graph, GROUPS + 1);
			if (groups[v] == GROUPS)
				groups[v] = DOMINATOR_GROUP_NONE;
		}
		uint64_t sums[GROUPS];
		check_ok(dominator_tree_sum_groups(&tree, &dominators, objects, group_of, groups,
						   groups, GROUPS, sums));
		for (uint32_t group = 0; group < GROUPS; group++)
			assert_int_equal(sums[group],
					 sum_naively(&dominators, groups, objects, group));
	}
}

/* Whether all are asked for, or a few, or too many to be climbed to one by one. */
static void a_top_has_nothing_above_it(void **state)
{
	(void)state;
	struct small_graph graph;
	for (uint64_t seed = 0; seed < 2000; seed++) {
		_cleanup_(dominators_deinit) struct dominators dominators = { 0 };
		uint32_t *tops, numbers[SMALL_VERTICES], some[SMALL_VERTICES];
		small_graph_make(seed, &graph);
		compute(&graph, &dominators);
		check_ok(heap_tops_find(&dominators, &tops));
		for (uint32_t n = 1; n < dominators.count; n++) {
			assert_true(holds(&dominators, tops[n], n));
			assert_int_equal(dominators.parents[tops[n]], 0);
			numbers[n - 1] = n;
		}
		for (uint32_t first = 0; first + 1 < dominators.count; first++) {
			uint32_t count = dominators.count - 1 - first;
			count = MIN(count, 1 + small_graph_random(&graph, count));
			check_ok(heap_tops_of(&dominators, numbers + first, count, some));
			for (uint32_t i = 0; i < count; i++)
				assert_int_equal(some[i], tops[numbers[first + i]]);
		}
		big_array_free(tops, dominators.count, sizeof(*tops));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tree_goes_down_where_dominators_go_up),
		cmocka_unit_test(groups_count_each_byte_once),
		cmocka_unit_test(a_top_has_nothing_above_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
