/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "heap/paths.h"
#include "mappings.h"
#include "small_graph.h"

#define FAR 1000

/* Steps from the roots of a kind to each vertex, by trying every edge until nothing changes. */
static void measure(const struct small_graph *graph, const uint8_t *kinds, uint8_t kind,
		    uint32_t distances[])
{
	const struct heap_graph *g = &graph->graph;
	for (uint32_t v = 0; v < g->vertex_count; v++)
		distances[v] = v >= g->object_count && kinds[v - g->object_count] == kind ? 0 : FAR;
	for (bool changed = true; changed;) {
		changed = false;
		for (uint32_t v = 0; v < g->vertex_count; v++) {
			for (uint32_t i = graph->rows[v]; i < graph->rows[v + 1]; i++) {
				uint32_t to = edge_target(graph->edges[i]);
				if (graph->edges[i] == EDGE_NONE || !(graph->may_use >> to & 1) ||
				    distances[to] <= distances[v] + 1)
					continue;
				distances[to] = distances[v] + 1;
				changed = true;
			}
		}
	}
}

static uint32_t nearest(const uint32_t distances[], uint64_t wanted)
{
	uint32_t best = FAR;
	for (; wanted; wanted &= wanted - 1)
		best = MIN(best, distances[__builtin_ctzll(wanted)]);
	return best;
}

static void check_path(const struct small_graph *graph, const struct dominators *dominators,
		       const struct heap_path *path, const uint8_t *kinds, uint64_t wanted)
{
	uint64_t all = small_graph_reach(graph, UINT32_MAX, UINT32_MAX);
	const struct heap_step *steps = path->steps.items;
	size_t last = path->steps.count - 1;
	assert_true(steps[0].vertex >= graph->graph.object_count);
	assert_int_equal(kinds[steps[0].vertex - graph->graph.object_count], path->kind);
	assert_true(wanted >> steps[last].vertex & 1);
	assert_int_equal(steps[last].position, HEAP_PATH_END);
	for (size_t i = 0; i < last; i++) {
		uint32_t edge = graph->rows[steps[i].vertex] + steps[i].position;
		assert_true(edge < graph->rows[steps[i].vertex + 1]);
		assert_int_equal(edge_target(graph->edges[edge]), steps[i + 1].vertex);
		uint64_t left = small_graph_reach(graph, UINT32_MAX, edge);
		assert_int_equal(heap_path_freed(dominators, path, i + 1),
				 small_graph_weigh(all & ~left));
	}
}

/* One of each kind that leads there, and no other. */
static void check_paths(const struct small_graph *graph, const struct dominators *dominators,
			const uint8_t *kinds, uint64_t wanted, struct heap_paths *paths)
{
	uint32_t next = 0;
	check_ok(heap_paths_weigh(&graph->graph, dominators, NULL, paths));
	for (uint8_t kind = 0; kind < HEAP_PATH_KINDS; kind++) {
		uint32_t distances[SMALL_VERTICES];
		measure(graph, kinds, kind, distances);
		uint32_t best = nearest(distances, wanted);
		if (best == FAR)
			continue;
		assert_true(next < paths->count);
		const struct heap_path *path = &paths->items[next++];
		assert_int_equal(path->kind, kind);
		assert_int_equal(path->steps.count, best + 1);
		check_path(graph, dominators, path, kinds, wanted);
	}
	assert_int_equal(next, paths->count);
}

/* Of a few edges only what was found out of them among all others. */
static void check_asked(struct small_graph *graph, const struct dominators *dominators,
			struct heap_paths *paths)
{
	bool only[HEAP_PATH_KINDS][SMALL_VERTICES];
	struct u64_vector asked[HEAP_PATH_KINDS] = { 0 };
	for (uint32_t i = 0; i < paths->count; i++) {
		struct heap_steps *steps = &paths->items[i].steps;
		for (size_t k = 1; k < steps->count; k++) {
			only[i][k] = false;
			if (small_graph_random(graph, 2)) {
				only[i][k] = steps->items[k - 1].only;
				check_ok(u64_vector_append(&asked[i], &(uint64_t){ k }));
			}
			steps->items[k - 1].only = false;
		}
	}
	check_ok(heap_paths_weigh(&graph->graph, dominators, asked, paths));
	for (uint32_t i = 0; i < paths->count; i++) {
		for (size_t k = 1; k < paths->items[i].steps.count; k++)
			assert_int_equal(paths->items[i].steps.items[k - 1].only, only[i][k]);
		u64_vector_deinit(&asked[i]);
	}
}

static void check_graph(struct small_graph *graph)
{
	uint8_t kinds[SMALL_VERTICES];
	const uint32_t count = graph->graph.vertex_count, objects = graph->graph.object_count;
	for (uint32_t i = 0; i < count - objects; i++) {
		uint32_t kind = small_graph_random(graph, 4) * 7;
		kinds[i] = kind < HEAP_PATH_KINDS ? (uint8_t)kind : HEAP_PATH_NO_KIND;
	}
	uint64_t wanted = 0;
	for (uint32_t left = small_graph_random(graph, 4); count && left; left--)
		wanted |= UINT64_C(1) << small_graph_random(graph, count);

	_cleanup_(dominators_deinit) struct dominators dominators = { 0 };
	_cleanup_(heap_paths_deinit) struct heap_paths paths = { 0 };
	check_ok(dominators_compute(&graph->graph, &graph->may_use, small_graph_weight, NULL,
				    &dominators));
	check_ok(heap_paths_find(&graph->graph, &graph->may_use, kinds, &wanted, &paths));
	check_paths(graph, &dominators, kinds, wanted, &paths);
	check_asked(graph, &dominators, &paths);

	if (!count)
		return;
	_cleanup_(heap_paths_deinit) struct heap_paths to_one = { 0 };
	uint32_t one = small_graph_random(graph, count);
	check_ok(heap_paths_find_one(&graph->graph, &graph->may_use, &dominators, kinds, one,
				     &to_one));
	check_paths(graph, &dominators, kinds, UINT64_C(1) << one, &to_one);
}

static void shortest_and_weighed(void **state)
{
	(void)state;
	struct small_graph graph;
	for (uint64_t seed = 0; seed < 10000; seed++) {
		small_graph_make(seed, &graph);
		check_graph(&graph);
	}
}

static void a_known_path(void **state)
{
	(void)state;
	struct small_graph graph;
	/* 5 and 6 are roots; 4 is wanted: 5 > 0 > 4, 6 > 1 > 2 > 3 > 4, by second edges. */
	small_graph_parse(".4 .2 .3 .4 - |.0 .1", &graph);
	const uint8_t kinds[] = { 2, 9 };
	const uint64_t wanted = 1 << 4;
	_cleanup_(heap_paths_deinit) struct heap_paths paths = { 0 };
	check_ok(heap_paths_find(&graph.graph, NULL, kinds, &wanted, &paths));
	assert_int_equal(paths.count, 2);
	assert_int_equal(paths.items[0].kind, 2);
	assert_int_equal(paths.items[0].steps.count, 3);
	assert_int_equal(paths.items[1].kind, 9);
	assert_int_equal(paths.items[1].steps.count, 5);
	const uint32_t expected[] = { 6, 1, 2, 3, 4 };
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		assert_int_equal(paths.items[1].steps.items[i].vertex, expected[i]);
		assert_int_equal(paths.items[1].steps.items[i].position, i < 4 ? 1 : HEAP_PATH_END);
	}
}

/*
 * Every array is refused in turn; then all of it works. The last edge leads back from what 0 holds: to
 * find that out takes more steps than are allowed without a tree of the dominators.
 */
static void no_memory_is_an_error(void **state)
{
	(void)state;
	struct small_graph graph;
	small_graph_parse("1 2 3 0 - |0 4", &graph);
	const uint8_t kinds[] = { 2, 9 };
	const uint64_t wanted = 1 << 3;
	_cleanup_(dominators_deinit) struct dominators dominators = { 0 };
	check_ok(dominators_compute(&graph.graph, NULL, small_graph_weight, NULL, &dominators));
	size_t before = mappings_bytes, refused = 0;
	for (bool done = false; !done; refused++) {
		struct heap_paths paths = { 0 };
		mappings_left = refused;
		struct error *error = heap_paths_find(&graph.graph, NULL, kinds, &wanted, &paths);
		if (!error)
			error = heap_paths_weigh(&graph.graph, &dominators, NULL, &paths);
		mappings_left = SIZE_MAX;
		done = !error;
		if (error)
			assert_int_equal(error->code, ERROR_NO_MEMORY);
		error_destroy(error);
		heap_paths_deinit(&paths);
		assert_int_equal(mappings_bytes, before);
	}
	assert_int_equal(refused, 3 + 1 + 3 + 3 + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shortest_and_weighed),
		cmocka_unit_test(a_known_path),
		cmocka_unit_test(no_memory_is_an_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
