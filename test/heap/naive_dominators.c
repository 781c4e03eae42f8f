/* SPDX-License-Identifier: Apache-2.0 */
#include "naive_dominators.h"

#include "heap/dominators.h"

/* The one of all that are on every way to a vertex which itself is behind the others. */
static uint32_t nearest(const uint64_t dominated[], uint32_t count, uint32_t vertex)
{
	uint32_t best = VERTEX_NONE;
	for (uint32_t v = 0; v < count; v++)
		if (v != vertex && dominated[v] >> vertex & 1 &&
		    (best == VERTEX_NONE || dominated[best] >> v & 1))
			best = v;
	return best;
}

static const char *judge_vertex(const struct small_graph *graph, const struct dominators *found,
				const uint64_t dominated[], uint32_t vertex)
{
	uint32_t number = found->numbers[vertex];
	if (number < 1 || number >= found->count || found->vertices[number] != vertex)
		return "numbers and vertices disagree";
	if (found->vertices[found->parents[number]] !=
		    nearest(dominated, graph->graph.vertex_count, vertex) ||
	    found->parents[number] >= number)
		return "a dominator";
	return found->retained[number] == small_graph_weigh(dominated[vertex])
		       ? NULL
		       : "what a vertex retains";
}

static const char *judge(const struct small_graph *graph, const struct dominators *found)
{
	uint32_t count = graph->graph.vertex_count;
	uint64_t reached = small_graph_reach(graph, UINT32_MAX, UINT32_MAX);
	uint64_t dominated[SMALL_VERTICES];
	for (uint32_t v = 0; v < count; v++)
		dominated[v] = reached & ~small_graph_reach(graph, v, UINT32_MAX);
	if (found->count != (uint32_t)__builtin_popcountll(reached) + 1)
		return "how many can be reached";
	if (found->vertices[0] != VERTEX_NONE || found->parents[0] != 0 ||
	    found->retained[0] != small_graph_weigh(reached))
		return "the source";
	for (uint32_t v = 0; v < count; v++) {
		const char *wrong = NULL;
		if (reached >> v & 1)
			wrong = judge_vertex(graph, found, dominated, v);
		else if (found->numbers[v] != VERTEX_NONE)
			wrong = "a number of what cannot be reached";
		if (wrong)
			return wrong;
	}
	return NULL;
}

const char *naive_dominators_judge(const struct small_graph *graph)
{
	struct dominators found = { 0 };
	const uint64_t *may_use = graph->may_use == UINT64_MAX ? NULL : &graph->may_use;
	if (!error_ignore(
		    dominators_compute(&graph->graph, may_use, small_graph_weight, NULL, &found)))
		return "it failed";
	const char *wrong = judge(graph, &found);
	dominators_deinit(&found);
	return wrong;
}
