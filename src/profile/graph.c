/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/graph.h"

#include "base/map.h"
#include "base/vector.h"
#include "profile/nodes.h"

DEFINE_VECTOR(graph_edge_vector, struct profile_graph_edge);
DEFINE_VECTOR(graph_seen_vector, uint32_t);

struct making {
	struct profile *profile;
	uint32_t type;
	struct profile_nodes names;
	struct profile_graph graph;
	uint32_t *seen;      /* by node: 1 + sample that has counted for it */
	struct map edges_of; /* caller and callee -> edge */
	struct graph_edge_vector edges;
	struct graph_seen_vector edges_seen;
};

static void making_deinit(struct making *making)
{
	profile_nodes_deinit(&making->names);
	profile_graph_deinit(&making->graph);
	free(making->seen);
	map_deinit(&making->edges_of);
	graph_edge_vector_deinit(&making->edges);
	graph_seen_vector_deinit(&making->edges_seen);
}

static int64_t add(int64_t left, int64_t right)
{
	return (int64_t)((uint64_t)left + (uint64_t)right);
}

static uint64_t size_of(int64_t value)
{
	return value < 0 ? -(uint64_t)value : (uint64_t)value;
}

static struct error *count_edge(struct making *making, uint32_t caller, uint32_t callee,
				bool indirect, uint32_t sample, int64_t value)
{
	struct map_slot *slot;
	TRY(map_insert(&making->edges_of, (uint64_t)caller << 32 | callee, making->edges.count,
		       &slot));
	if (slot->value == making->edges.count) {
		const struct profile_graph_edge edge = { .caller = caller, .callee = callee };
		const uint32_t none = 0;
		TRY(graph_edge_vector_append(&making->edges, &edge));
		TRY(graph_seen_vector_append(&making->edges_seen, &none));
	}
	if (making->edges_seen.items[slot->value] == sample + 1)
		return NULL;
	making->edges_seen.items[slot->value] = sample + 1;
	struct profile_graph_edge *edge = &making->edges.items[slot->value];
	edge->value = add(edge->value, value);
	edge->indirect |= indirect;
	return NULL;
}

/* What a walk along a stack, from the outermost function on, has come by. */
struct walk {
	uint32_t sample, caller;
	int64_t value;
	bool indirect;
};

static struct error *walk_to(struct making *making, struct walk *walk, uint32_t node, bool edges)
{
	struct profile_graph_node *at = &making->graph.nodes[node];
	if (!edges) {
		if (making->seen[node] != walk->sample + 1)
			at->cum = add(at->cum, walk->value);
		making->seen[node] = walk->sample + 1;
	} else if (!at->kept) {
		walk->indirect = true;
		return NULL;
	} else if (walk->caller != PROFILE_NONE && walk->caller != node) {
		TRY(count_edge(making, walk->caller, node, walk->indirect, walk->sample,
			       walk->value));
	}
	walk->caller = node;
	walk->indirect = false;
	return NULL;
}

/* Twice: for what each function has; then, as those are known that are kept, for the calls. */
static struct error *walk_stack(struct making *making, uint32_t sample, bool edges)
{
	const struct profile *profile = making->profile;
	struct walk walk = {
		.sample = sample,
		.caller = PROFILE_NONE,
		.value = profile->values[(size_t)sample * profile->type_count + making->type],
	};
	if (!edges)
		making->graph.total = add(making->graph.total, walk.value);
	if (!walk.value)
		return NULL;
	for (uint32_t at = profile->stack_begins[sample + 1];
	     at-- > profile->stack_begins[sample];) {
		uint32_t single, count;
		const uint32_t *nodes = profile_nodes_of(&making->names, profile->frames[at],
							 &single, &count);
		while (count-- > 0)
			TRY(walk_to(making, &walk, nodes[count], edges));
	}
	if (!edges && walk.caller != PROFILE_NONE) {
		struct profile_graph_node *leaf = &making->graph.nodes[walk.caller];
		leaf->flat = add(leaf->flat, walk.value);
	}
	return NULL;
}

static struct error *walk_all(struct making *making, bool edges)
{
	for (uint32_t i = 0; i < making->profile->sample_count; i++)
		TRY(walk_stack(making, i, edges));
	return NULL;
}

struct ranked {
	uint64_t size;
	uint32_t node;
};

static int compare_ranked(const void *left, const void *right)
{
	const struct ranked *a = left, *b = right;
	if (a->size != b->size)
		return a->size > b->size ? -1 : 1;
	return a->node < b->node ? -1 : a->node > b->node;
}

static struct error *choose(struct profile_graph *graph, uint32_t most)
{
	_cleanup_(free_pointer) struct ranked *ranked = calloc(graph->count + 1u, sizeof(*ranked));
	if (!ranked)
		return error_no_memory();
	uint32_t count = 0;
	for (uint32_t i = 0; i < graph->count; i++) {
		uint64_t size = MAX(size_of(graph->nodes[i].cum), size_of(graph->nodes[i].flat));
		if (size)
			ranked[count++] = (struct ranked){ size, i };
	}
	qsort(ranked, count, sizeof(*ranked), compare_ranked);
	graph->kept = MIN(count, most);
	for (uint32_t i = 0; i < graph->kept; i++)
		graph->nodes[ranked[i].node].kept = true;
	return NULL;
}

static int compare_edges(const void *left, const void *right)
{
	const struct profile_graph_edge *a = left, *b = right;
	if (size_of(a->value) != size_of(b->value))
		return size_of(a->value) > size_of(b->value) ? -1 : 1;
	if (a->caller != b->caller)
		return a->caller < b->caller ? -1 : 1;
	return a->callee < b->callee ? -1 : a->callee > b->callee;
}

static struct error *make(struct making *making, uint32_t most)
{
	struct profile_graph *graph = &making->graph;
	TRY(profile_nodes_make(making->profile, &making->names));
	graph->count = making->names.count;
	graph->nodes = calloc(graph->count + 1u, sizeof(*graph->nodes));
	making->seen = calloc(graph->count + 1u, sizeof(*making->seen));
	if (!graph->nodes || !making->seen)
		return error_no_memory();
	for (uint32_t i = 0; i < graph->count; i++)
		graph->nodes[i].name = making->names.texts[i];
	TRY(walk_all(making, false));
	TRY(choose(graph, most));
	TRY(walk_all(making, true));
	if (making->edges.count)
		qsort(making->edges.items, making->edges.count, sizeof(*making->edges.items),
		      compare_edges);
	graph->edge_count = making->edges.count;
	graph->edges = TAKE_PTR(making->edges.items);
	return NULL;
}

struct error *profile_graph_make(struct profile *profile, uint32_t type, uint32_t most,
				 struct profile_graph *ret)
{
	_cleanup_(making_deinit) struct making making = { .profile = profile, .type = type };
	TRY(make(&making, most));
	*ret = making.graph;
	making.graph = (struct profile_graph){ 0 };
	return NULL;
}

void profile_graph_deinit(struct profile_graph *graph)
{
	free(graph->nodes);
	free(graph->edges);
	*graph = (struct profile_graph){ 0 };
}
