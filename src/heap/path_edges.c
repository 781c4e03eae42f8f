/* SPDX-License-Identifier: Apache-2.0 */
#include "heap/paths.h"

#include "base/big_array.h"
#include "heap/dominator_tree.h"
#include "heap/spans.h"

/* So much of all numbers may be climbed before a tree of them is made. */
#define CLIMB_SHARE 8

/*
 * `targets`, `entered` and `entered_twice` are by vertex: that an edge of a path leads to it; that an
 * edge does; that several do. At first every edge counts; and where there were several, only those
 * from outside are counted then, for which more has to be known of both ends.
 */
struct weighing {
	const struct heap_graph *graph;
	const struct dominators *dominators;
	struct dominator_tree tree; /* made when it is needed */
	uint32_t steps_left;        /* up the dominators, until then */
	size_t words;
	uint64_t *targets;
	uint64_t *entered;
	uint64_t *entered_twice;
};

static void weighing_deinit(struct weighing *weighing)
{
	dominator_tree_deinit(&weighing->tree);
	big_array_free(weighing->targets, weighing->words, sizeof(uint64_t));
	big_array_free(weighing->entered, weighing->words, sizeof(uint64_t));
	big_array_free(weighing->entered_twice, weighing->words, sizeof(uint64_t));
}

static struct error *weighing_init(struct weighing *weighing)
{
	weighing->steps_left = weighing->dominators->count / CLIMB_SHARE;
	weighing->words = ((size_t)weighing->graph->vertex_count + 63) / 64;
	TRY(big_array_allocate(weighing->words, sizeof(uint64_t), &weighing->targets));
	TRY(big_array_allocate(weighing->words, sizeof(uint64_t), &weighing->entered));
	return big_array_allocate(weighing->words, sizeof(uint64_t), &weighing->entered_twice);
}

static size_t asked_count(const struct u64_vector *asked, const struct heap_path *path)
{
	return asked ? asked->count : path->steps.count - 1;
}

static size_t asked_place(const struct u64_vector *asked, size_t index)
{
	return asked ? asked->items[index] : index + 1;
}

static void mark_targets(const struct heap_paths *paths, const struct u64_vector *asked,
			 struct weighing *weighing)
{
	for (uint32_t i = 0; i < paths->count; i++) {
		const struct heap_path *path = &paths->items[i];
		const struct u64_vector *places = asked ? &asked[i] : NULL;
		for (size_t k = 0; k < asked_count(places, path); k++)
			heap_bit_set(weighing->targets,
				     path->steps.items[asked_place(places, k)].vertex);
	}
}

/*
 * Does `above` dominate `below`? Few edges are asked about, so looking at the dominators one by one
 * is quicker than making a tree of all, unless there are many of them.
 */
static struct error *holds(struct weighing *weighing, uint32_t above, uint32_t below, bool *ret)
{
	const uint32_t *parents = weighing->dominators->parents;
	while (below > above && weighing->steps_left) {
		below = parents[below];
		weighing->steps_left--;
	}
	*ret = below == above;
	if (below <= above)
		return NULL;
	if (!weighing->tree.count)
		TRY(dominator_tree_create(weighing->dominators, &weighing->tree));
	*ret = dominator_tree_holds(&weighing->tree, above, below);
	return NULL;
}

static void enter(struct weighing *weighing, uint32_t target)
{
	if (heap_bit(weighing->entered, target))
		heap_bit_set(weighing->entered_twice, target);
	heap_bit_set(weighing->entered, target);
}

/* An edge from what its target holds keeps nothing: it goes with the target. */
static struct error *enter_from_outside(struct weighing *weighing, uint32_t number, uint32_t target)
{
	uint32_t target_number = weighing->dominators->numbers[target];
	bool held;
	if (heap_bit(weighing->entered_twice, target) || target_number == VERTEX_NONE)
		return NULL;
	TRY(holds(weighing, target_number, number, &held));
	if (!held)
		enter(weighing, target);
	return NULL;
}

/*
 * Whose edge that is, a vertex not before `vertex`, in whose row it does not lie. Edges that are asked
 * about may be far from each other, or one behind the other.
 */
static uint32_t owner(const struct heap_graph *graph, uint32_t vertex, uint32_t edge)
{
	uint32_t step = 1;
	while (step < graph->vertex_count - vertex && graph->rows[vertex + step] <= edge)
		step *= 2;
	uint32_t low = vertex + step / 2, high = MIN(vertex + step, graph->vertex_count);
	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;
		if (graph->rows[middle] <= edge)
			low = middle;
		else
			high = middle;
	}
	return low;
}

static struct error *count_edges(struct weighing *weighing, bool from_outside)
{
	const struct heap_graph *graph = weighing->graph;
	const uint32_t edge_count = graph->rows[graph->vertex_count];
	uint32_t vertex = 0;
	for (uint32_t i = 0; i < edge_count; i++) {
		uint32_t target = edge_target(graph->edges[i]);
		if (graph->edges[i] == EDGE_NONE || !heap_bit(weighing->targets, target))
			continue;
		if (graph->rows[vertex + 1] <= i)
			vertex = owner(graph, vertex, i);
		uint32_t number = weighing->dominators->numbers[vertex];
		if (number == VERTEX_NONE)
			continue;
		if (from_outside)
			TRY(enter_from_outside(weighing, number, target));
		else
			enter(weighing, target);
	}
	return NULL;
}

/* What several edges lead to is looked at once more. */
static bool take_doubtful(struct weighing *weighing)
{
	uint64_t any = 0;
	for (size_t i = 0; i < weighing->words; i++) {
		any |= weighing->targets[i] = weighing->entered_twice[i];
		weighing->entered[i] = weighing->entered_twice[i] = 0;
	}
	return any;
}

struct error *heap_paths_weigh(const struct heap_graph *graph, const struct dominators *dominators,
			       const struct u64_vector *asked, struct heap_paths *paths)
{
	_cleanup_(weighing_deinit) struct weighing weighing = {
		.graph = graph,
		.dominators = dominators,
	};
	TRY(weighing_init(&weighing));
	mark_targets(paths, asked, &weighing);
	TRY(count_edges(&weighing, false));
	if (take_doubtful(&weighing))
		TRY(count_edges(&weighing, true));
	for (uint32_t i = 0; i < paths->count; i++) {
		const struct u64_vector *places = asked ? &asked[i] : NULL;
		struct heap_step *steps = paths->items[i].steps.items;
		for (size_t k = 0; k < asked_count(places, &paths->items[i]); k++) {
			size_t place = asked_place(places, k);
			uint32_t target = steps[place].vertex;
			steps[place - 1].only = target < graph->object_count &&
						!heap_bit(weighing.entered_twice, target);
		}
	}
	return NULL;
}
