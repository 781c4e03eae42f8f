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

static void mark_targets(const struct heap_paths *paths, struct weighing *weighing)
{
	for (uint32_t i = 0; i < paths->count; i++) {
		const struct heap_step_vector *steps = &paths->items[i].steps;
		for (size_t k = 1; k < steps->count; k++)
			heap_bit_set(weighing->targets, steps->items[k].vertex);
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

static struct error *count_edges(struct weighing *weighing, bool from_outside)
{
	const struct heap_graph *graph = weighing->graph;
	for (uint32_t vertex = 0; vertex < graph->vertex_count; vertex++) {
		uint32_t number = weighing->dominators->numbers[vertex];
		if (number == VERTEX_NONE)
			continue;
		for (uint32_t i = graph->rows[vertex]; i < graph->rows[vertex + 1]; i++) {
			uint32_t target = edge_target(graph->edges[i]);
			if (graph->edges[i] == EDGE_NONE || !heap_bit(weighing->targets, target))
				continue;
			if (from_outside)
				TRY(enter_from_outside(weighing, number, target));
			else
				enter(weighing, target);
		}
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
			       struct heap_paths *paths)
{
	_cleanup_(weighing_deinit) struct weighing weighing = {
		.graph = graph,
		.dominators = dominators,
	};
	TRY(weighing_init(&weighing));
	mark_targets(paths, &weighing);
	TRY(count_edges(&weighing, false));
	if (take_doubtful(&weighing))
		TRY(count_edges(&weighing, true));
	for (uint32_t i = 0; i < paths->count; i++) {
		const struct heap_step_vector *steps = &paths->items[i].steps;
		for (size_t k = 0; k + 1 < steps->count; k++) {
			uint32_t target = steps->items[k + 1].vertex;
			steps->items[k].only = target < graph->object_count &&
					       !heap_bit(weighing.entered_twice, target);
		}
	}
	return NULL;
}
