/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "heap/dominators.h"

#include <time.h>

#include "../../bench/graphs.h"
#include "mappings.h"
#include "naive_dominators.h"
#include "small_graph.h"

static void compute(const struct small_graph *graph, struct dominators *ret)
{
	const uint64_t *may_use = graph->may_use == UINT64_MAX ? NULL : &graph->may_use;
	check_ok(dominators_compute(&graph->graph, may_use, small_graph_weight, NULL, ret));
}

static void equal_to_removing_each_vertex(void **state)
{
	(void)state;
	struct small_graph graph;
	for (uint64_t seed = 0; seed < 10000; seed++) {
		small_graph_make(seed, &graph);
		const char *wrong = naive_dominators_judge(&graph);
		if (wrong)
			fail_msg("seed %lu: %s", seed, wrong);
	}
	assert_int_equal(mappings_bytes, 0);
}

/* Immediate dominators, one character a vertex: '*' is the source, '.' cannot be reached. */
static void check_parents(const char *words, const char *expected)
{
	struct small_graph graph;
	_cleanup_(dominators_deinit) struct dominators found = { 0 };
	small_graph_parse(words, &graph);
	compute(&graph, &found);
	char names[SMALL_VERTICES + 1] = { 0 };
	for (uint32_t v = 0; v < graph.graph.vertex_count; v++) {
		uint32_t number = found.numbers[v];
		uint32_t parent = number == VERTEX_NONE ? 0 : found.parents[number];
		names[v] = number == VERTEX_NONE ? '.' : '*';
		if (parent)
			names[v] = "0123456789abcdefghij"[found.vertices[parent]];
	}
	assert_string_equal(names, expected);
}

static void known_answers(void **state)
{
	(void)state;
	check_parents("|-", "*");
	check_parents("- |0", "1*");
	check_parents("- - |0", "2.*");
	check_parents("1 2 - |0", "301*");        /* a list */
	check_parents("12 3 3 - |0", "4000*");    /* a diamond */
	check_parents("1 2 0 |0", "301*");        /* a ring */
	check_parents("1 2 0 |0 1", "**1**");     /* a ring with two ways in */
	check_parents("1 0 |.0.1", "22*");        /* two ways from one root */
	check_parents("00.0 |000", "1*");         /* the same edge again and again */
	check_parents("1 3 |0 -", "20**");        /* a root that an object points to */
	check_parents("12 3 3 4 1 |0", "50003*"); /* a loop that can be entered twice */
	check_parents("- - - 04 15 2 07 18 2 |3 6", "***934a67**");  /* lists that share elements */
	check_parents("- - - 04 15 2 07 18 2 36 |9", "999934967a*"); /* from one object */
}

static void free_slots_are_not_gone_through(void **state)
{
	(void)state;
	struct small_graph graph;
	_cleanup_(dominators_deinit) struct dominators found = { 0 };
	small_graph_parse("1 2 - |02", &graph);
	graph.may_use = ~UINT64_C(2);
	compute(&graph, &found);
	assert_int_equal(found.count, 4);
	assert_int_equal(found.numbers[1], VERTEX_NONE);
	assert_int_equal(found.vertices[found.parents[found.numbers[2]]], 3);
}

static void nothing_at_all(void **state)
{
	(void)state;
	struct small_graph graph = { 0 };
	graph.graph.rows = graph.rows;
	graph.graph.edges = graph.edges;
	_cleanup_(dominators_deinit) struct dominators found = { 0 };
	compute(&graph, &found);
	assert_int_equal(found.count, 1);
	assert_int_equal(found.retained[0], 0);
}

static void no_memory_is_an_error(void **state)
{
	(void)state;
	struct bench_graph made;
	check_ok(bench_graph_create("random", 300000, &made));
	size_t before = mappings_bytes, refused = 0;
	for (bool done = false; !done; refused++) {
		struct dominators found = { 0 };
		mappings_left = refused;
		struct error *error = dominators_compute(&made.graph, NULL, small_graph_weight,
							 NULL, &found);
		mappings_left = SIZE_MAX;
		done = !error;
		if (error) {
			assert_int_equal(error->code, ERROR_NO_MEMORY);
			assert_null(found.vertices);
		}
		error_destroy(error);
		dominators_deinit(&found);
		assert_int_equal(mappings_bytes, before);
	}
	/* More than a handful of arrays have been refused, or nothing was. */
	assert_in_range(refused, 6, 20);
	bench_graph_deinit(&made);
	assert_int_equal(mappings_bytes, 0);
}

static double seconds_of(const char *name, uint32_t count)
{
	struct bench_graph made;
	check_ok(bench_graph_create(name, count, &made));
	double best = 1e9;
	for (int i = 0; i < 3; i++) {
		struct dominators found;
		struct timespec begin, end;
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begin);
		check_ok(dominators_compute(&made.graph, NULL, small_graph_weight, NULL, &found));
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
		dominators_deinit(&found);
		best = MIN(best, (double)(end.tv_sec - begin.tv_sec) +
					 (double)(end.tv_nsec - begin.tv_nsec) / 1e9);
	}
	bench_graph_deinit(&made);
	return best;
}

/*
 * Sixteen times as much takes sixteen times as long, and up to six times that where the smaller one
 * fits into a cache that is nobody else's and the larger one does not; a quadratic step would make
 * it 256 times.
 */
static void no_shape_is_quadratic(void **state)
{
	(void)state;
	static const char *const names[] = {
#define GRAPH(name, what) #name,
		GRAPHS(GRAPH)
#undef GRAPH
	};
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		double small = seconds_of(names[i], 60000), large = seconds_of(names[i], 960000);
		if (large > 6 * 16 * small)
			fail_msg("%s: %.3f s, then %.3f s", names[i], small, large);
	}
}

static void large_lists_that_share_their_elements(void **state)
{
	(void)state;
	const uint32_t length = 100000, top = 3 * length;
	struct bench_graph made;
	check_ok(bench_graph_create("shared", 3 * length + 1, &made));
	_cleanup_(dominators_deinit) struct dominators found = { 0 };
	check_ok(dominators_compute(&made.graph, NULL, small_graph_weight, NULL, &found));
	assert_int_equal(found.count, 3 * length + 3);
	for (uint32_t v = 0; v < 3 * length; v++) {
		/* An element's is who has both lists; a node's is the node before it. */
		uint32_t expected = v < length || v % length == 0 ? top : v - 1;
		assert_int_equal(found.vertices[found.parents[found.numbers[v]]], expected);
	}
	bench_graph_deinit(&made);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_to_removing_each_vertex),
		cmocka_unit_test(known_answers),
		cmocka_unit_test(free_slots_are_not_gone_through),
		cmocka_unit_test(nothing_at_all),
		cmocka_unit_test(no_memory_is_an_error),
		cmocka_unit_test(no_shape_is_quadratic),
		cmocka_unit_test(large_lists_that_share_their_elements),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
