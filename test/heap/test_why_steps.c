/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "heap/why.h"

#define OBJECTS 400
#define PIECE   2 /* the type that maps consist of */

/* Object 0 points at object 1 and so on; the root at object 0. Types and positions change now and then. */
struct line {
	uint32_t rows[OBJECTS + 2];
	uint32_t edges[3 * OBJECTS];
	uint32_t types[OBJECTS];
	uint64_t random;
};

static uint32_t below(struct line *line, uint32_t limit)
{
	line->random = line->random * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (uint32_t)(line->random >> 33) % limit;
}

static uint64_t weight(const void *argument, uint32_t vertex)
{
	(void)argument;
	return 1 + vertex;
}

static void make(struct line *line, uint32_t objects, uint32_t changes, struct heap *heap,
		 bool pieces[])
{
	uint32_t type = 1, position = 0, count = 0;
	for (uint32_t vertex = 0; vertex < objects; vertex++) {
		if (!below(line, changes))
			type = below(line, 4);
		if (!below(line, changes))
			position = below(line, 2);
		line->types[vertex] = heap_type_mark(type, TYPE_RANK_EXACT);
		line->rows[vertex] = count;
		for (uint32_t i = 0; i < position && vertex + 1 < objects; i++)
			line->edges[count++] = EDGE_NONE;
		if (vertex + 1 < objects)
			line->edges[count++] = edge_make(vertex + 1, false);
	}
	line->rows[objects] = count;
	line->edges[count++] = edge_make(0, false);
	line->rows[objects + 1] = count;
	heap->scan.graph = (struct heap_graph){
		.object_count = objects,
		.vertex_count = objects + 1,
		.rows = line->rows,
		.edges = line->edges,
	};
	heap->scan.types = line->types;
	pieces[PIECE] = true;
	check_ok(dominators_compute(&heap->scan.graph, NULL, weight, NULL, &heap->dominators));
}

/* The next step that is shown, if nothing is left out because it is like others. */
static size_t next_of(const struct heap_why *why, size_t index, bool all)
{
	const struct heap_steps *steps = &why->paths.items[0].steps;
	for (index++; index + 1 < steps->count; index++) {
		if (all || !why->pieces[heap_object_type(why->heap, steps->items[index].vertex)])
			break;
	}
	return index;
}

static bool alike(const struct heap_why *why, size_t one, size_t other)
{
	const struct heap_step *a = &why->paths.items[0].steps.items[one - 1];
	const struct heap_step *b = &why->paths.items[0].steps.items[other - 1];
	uint32_t objects = why->heap->scan.graph.object_count;
	return a->vertex < objects && b->vertex < objects && a->position == b->position &&
	       heap_object_type(why->heap, a->vertex) == heap_object_type(why->heap, b->vertex) &&
	       heap_object_type(why->heap, a[1].vertex) == heap_object_type(why->heap, b[1].vertex);
}

/* All of them, in a list that has room. */
static size_t list_all(const struct heap_why *why, const struct heap_path_cut *cut,
		       struct heap_shown_step list[])
{
	size_t count = 0, before = 0, next, left_out = 0;
	const size_t end = why->paths.items[0].steps.count;
	for (size_t i = next_of(why, 0, !cut); i < end; before = i, i = next) {
		next = next_of(why, i, !cut);
		if (cut && cut->alike && before && next < end && alike(why, before, i) &&
		    alike(why, i, next)) {
			left_out++;
			continue;
		}
		list[count++] = (struct heap_shown_step){ i, left_out };
		left_out = 0;
	}
	return count;
}

static void check_shown(const struct heap_why *why, const struct heap_path_cut *cut)
{
	struct heap_shown_step list[OBJECTS];
	const struct heap_shown_path *shown = &why->shown[0];
	size_t count = list_all(why, cut, list);
	bool whole = !cut || count <= cut->most;
	assert_int_equal(shown->left_out, whole ? 0 : count - cut->head - cut->tail);
	assert_int_equal(shown->steps.count + shown->left_out, count);
	for (size_t i = 0; i < shown->steps.count; i++) {
		size_t place = whole || i < cut->head ? i : i + shown->left_out;
		assert_int_equal(shown->steps.items[i].index, list[place].index);
		assert_int_equal(shown->steps.items[i].alike, list[place].alike);
		/* On a line, what is behind an edge goes with it. */
		uint32_t vertex = why->paths.items[0].steps.items[list[place].index].vertex;
		assert_int_equal(
			heap_path_freed(&why->heap->dominators, &why->paths.items[0],
					list[place].index),
			why->heap->dominators.retained[why->heap->dominators.numbers[vertex]]);
	}
}

static void show(struct line *line, const struct heap_path_cut *cut)
{
	struct heap heap = { 0 };
	bool pieces[4] = { false };
	uint32_t objects = 1 + below(line, OBJECTS - 1);
	make(line, objects, 1 + below(line, 40), &heap, pieces);
	struct heap_why why = { .heap = &heap, .pieces = pieces };
	check_ok(heap_paths_find_one(&heap.scan.graph, NULL, &heap.dominators,
				     &(const uint8_t){ 0 }, objects - 1, &why.paths));
	assert_int_equal(why.paths.count, 1);
	assert_int_equal(why.paths.items[0].steps.count, objects + 1);
	check_ok(heap_why_show(&why, cut));
	check_shown(&why, cut);
	heap_shown_step_vector_deinit(&why.shown[0].steps);
	heap_paths_deinit(&why.paths);
	dominators_deinit(&heap.dominators);
}

static void as_by_listing_all(void **state)
{
	(void)state;
	static const struct heap_path_cut cuts[] = {
		{ .most = 27, .head = 20, .tail = 6, .alike = true },
		{ .most = 100, .head = 50, .tail = 50 },
		{ .most = 3, .head = 1, .tail = 1, .alike = true },
	};
	struct line line = { .random = 1 };
	for (size_t i = 0; i < 3000; i++)
		show(&line, i % 4 < ARRAY_SIZE(cuts) ? &cuts[i % 4] : NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_by_listing_all),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
