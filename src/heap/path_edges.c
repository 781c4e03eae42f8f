/* SPDX-License-Identifier: Apache-2.0 */
#include "heap/paths.h"

#include "base/big_array.h"
#include "heap/spans.h"

/* By vertex: that an edge of a path leads to it; that an edge from outside does; that several do. */
struct entries {
	size_t words;
	uint64_t *targets;
	uint64_t *entered;
	uint64_t *entered_twice;
};

static void entries_deinit(struct entries *entries)
{
	big_array_free(entries->targets, entries->words, sizeof(uint64_t));
	big_array_free(entries->entered, entries->words, sizeof(uint64_t));
	big_array_free(entries->entered_twice, entries->words, sizeof(uint64_t));
}

static struct error *entries_init(struct entries *entries, uint32_t vertex_count)
{
	entries->words = ((size_t)vertex_count + 63) / 64;
	TRY(big_array_allocate(entries->words, sizeof(uint64_t), &entries->targets));
	TRY(big_array_allocate(entries->words, sizeof(uint64_t), &entries->entered));
	return big_array_allocate(entries->words, sizeof(uint64_t), &entries->entered_twice);
}

static void mark_targets(const struct heap_paths *paths, struct entries *entries)
{
	for (uint32_t i = 0; i < paths->count; i++) {
		const struct heap_step_vector *steps = &paths->items[i].steps;
		for (size_t k = 1; k < steps->count; k++)
			heap_bit_set(entries->targets, steps->items[k].vertex);
	}
}

/* An edge from what its target holds keeps nothing: it goes with the target. */
static void note_edge(const struct dominators *dominators, const struct dominator_tree *tree,
		      struct entries *entries, uint32_t number, uint32_t target)
{
	if (heap_bit(entries->entered_twice, target) ||
	    dominators->numbers[target] == VERTEX_NONE ||
	    dominator_tree_holds(tree, dominators->numbers[target], number))
		return;
	if (heap_bit(entries->entered, target))
		heap_bit_set(entries->entered_twice, target);
	heap_bit_set(entries->entered, target);
}

static void note_edges(const struct heap_graph *graph, const struct dominators *dominators,
		       const struct dominator_tree *tree, struct entries *entries)
{
	for (uint32_t vertex = 0; vertex < graph->vertex_count; vertex++) {
		uint32_t number = dominators->numbers[vertex];
		if (number == VERTEX_NONE)
			continue;
		for (uint32_t i = graph->rows[vertex]; i < graph->rows[vertex + 1]; i++) {
			uint32_t edge = graph->edges[i];
			if (edge != EDGE_NONE && heap_bit(entries->targets, edge_target(edge)))
				note_edge(dominators, tree, entries, number, edge_target(edge));
		}
	}
}

static uint64_t freed(const struct heap_graph *graph, const struct dominators *dominators,
		      const struct entries *entries, uint32_t target)
{
	bool stays = target >= graph->object_count || heap_bit(entries->entered_twice, target);
	return stays ? 0 : dominators->retained[dominators->numbers[target]];
}

struct error *heap_paths_weigh(const struct heap_graph *graph, const struct dominators *dominators,
			       const struct dominator_tree *tree, struct heap_paths *paths)
{
	_cleanup_(entries_deinit) struct entries entries = { 0 };
	TRY(entries_init(&entries, graph->vertex_count));
	mark_targets(paths, &entries);
	note_edges(graph, dominators, tree, &entries);
	for (uint32_t i = 0; i < paths->count; i++) {
		const struct heap_step_vector *steps = &paths->items[i].steps;
		for (size_t k = 0; k + 1 < steps->count; k++)
			steps->items[k].freed = freed(graph, dominators, &entries,
						      steps->items[k + 1].vertex);
	}
	return NULL;
}
