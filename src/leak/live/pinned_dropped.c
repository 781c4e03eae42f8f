/* SPDX-License-Identifier: Apache-2.0 */
#include "heap/edge_names.h"
#include "leak/live/pinned_private.h"

/*
 * L22: what only those elements of an array lead to that no slice has within its length. The array
 * holds it alone, so that all of it is below the array in the tree of dominators; and the elements in
 * use do not lead there, not by any detour either: elements may be linked to each other.
 */
#define VISITS_MAX 4 /* of each object, on average: arrays are in arrays */

struct looking {
	struct heap *heap;
	const struct dominator_tree *tree;
	struct heap_edge_names names;
	struct u32_vector
		dropped; /* targets of one array's words, by kind of word; held by it alone */
	struct u32_vector used;
	uint64_t *visited; /* by number, for one array at a time */
	struct u32_vector pending;
	uint64_t visits_left;
};

static bool is_outside(const struct heap_viewed *viewed, uint64_t offset)
{
	return offset < viewed->low || offset >= viewed->high;
}

/* Most arrays have nothing behind their slices: then the last word that leads anywhere is in use. */
static struct error *has_some(struct looking *looking, const struct heap_viewed *viewed, bool *ret)
{
	const uint32_t *row = &looking->heap->scan.graph.rows[viewed->vertex];
	uint64_t offset;
	bool known;
	*ret = false;
	if (row[1] == row[0])
		return NULL;
	TRY(heap_edge_offset(&looking->names, viewed->vertex, row[1] - row[0] - 1, &offset,
			     &known));
	*ret = known && (viewed->low || is_outside(viewed, offset));
	return NULL;
}

static struct error *sort_targets(struct looking *looking, const struct heap_viewed *viewed)
{
	const struct heap_graph *graph = &looking->heap->scan.graph;
	const struct dominators *dominators = &looking->heap->dominators;
	uint32_t first = graph->rows[viewed->vertex], end = graph->rows[viewed->vertex + 1];
	looking->dropped.count = looking->used.count = 0;
	for (uint32_t i = first; i < end; i++) {
		uint64_t offset;
		bool known;
		if (graph->edges[i] == EDGE_NONE)
			continue;
		uint32_t target = edge_target(graph->edges[i]);
		uint32_t number = dominators->numbers[target];
		if (number == VERTEX_NONE ||
		    dominators->parents[number] != dominators->numbers[viewed->vertex])
			continue;
		TRY(heap_edge_offset(&looking->names, viewed->vertex, i - first, &offset, &known));
		TRY(u32_vector_append(known && is_outside(viewed, offset) ? &looking->dropped
									  : &looking->used,
				      &target));
	}
	return NULL;
}

static struct error *visit(struct looking *looking, uint32_t number)
{
	if (heap_bit(looking->visited, number))
		return NULL;
	heap_bit_set(looking->visited, number);
	return u32_vector_append(&looking->pending, &number);
}

/* What the elements in use lead to, of what the array holds alone; `pending` has all of it then. */
static struct error *visit_used(struct looking *looking, uint32_t array, bool *ret_done)
{
	const struct heap *heap = looking->heap;
	const struct heap_graph *graph = &heap->scan.graph;
	const struct dominators *dominators = &heap->dominators;
	looking->pending.count = 0;
	for (size_t i = 0; i < looking->used.count; i++)
		TRY(visit(looking, dominators->numbers[looking->used.items[i]]));
	for (size_t done = 0; done < looking->pending.count && looking->visits_left; done++) {
		uint32_t vertex = dominators->vertices[looking->pending.items[done]];
		looking->visits_left--;
		for (uint32_t i = graph->rows[vertex]; i < graph->rows[vertex + 1]; i++) {
			uint32_t number =
				graph->edges[i] == EDGE_NONE
					? VERTEX_NONE
					: dominators->numbers[edge_target(graph->edges[i])];
			/* The array itself is below itself: it must not be gone through. */
			if (number != VERTEX_NONE && number != array &&
			    dominator_tree_holds(looking->tree, array, number))
				TRY(visit(looking, number));
		}
	}
	*ret_done = looking->visits_left != 0;
	return NULL;
}

static void count_dropped(const struct looking *looking, const struct heap_viewed *viewed,
			  struct pinned_group *group)
{
	const struct heap *heap = looking->heap;
	const struct dominators *dominators = &heap->dominators;
	uint32_t array = dominators->numbers[viewed->vertex];
	uint64_t bytes = dominators->retained[array] - heap_object_size(heap, viewed->vertex);
	for (size_t i = 0; i < looking->pending.count; i++)
		bytes -= heap_object_size(heap, dominators->vertices[looking->pending.items[i]]);
	group->dropped += bytes * viewed->weight;
	group->dropped_arrays += bytes ? viewed->weight : 0;
	for (size_t i = 0; i < looking->dropped.count; i++) {
		uint32_t number = dominators->numbers[looking->dropped.items[i]];
		if (heap_bit(looking->visited, number) ||
		    dominators->retained[number] <= group->dropped_most)
			continue;
		group->dropped_most = dominators->retained[number];
		group->dropped_example = looking->dropped.items[i];
	}
}

static struct error *look_at(struct looking *looking, const struct heap_viewed *viewed,
			     struct pinned_group *group)
{
	bool some, done = false;
	TRY(has_some(looking, viewed, &some));
	if (!some)
		return NULL;
	TRY(sort_targets(looking, viewed));
	if (!looking->dropped.count)
		return NULL;
	TRY(visit_used(looking, looking->heap->dominators.numbers[viewed->vertex], &done));
	if (done)
		count_dropped(looking, viewed, group);
	for (size_t i = 0; i < looking->pending.count; i++) {
		uint32_t number = looking->pending.items[i];
		looking->visited[number / 64] &= ~(UINT64_C(1) << number % 64);
	}
	return NULL;
}

static struct error *look_at_all(struct looking *looking, struct pinned *pinned)
{
	const struct heap_views *views = pinned->views;
	const struct dominators *dominators = &looking->heap->dominators;
	looking->visits_left = (uint64_t)VISITS_MAX * dominators->count;
	looking->visited = calloc(dominators->count / 64 + 1, sizeof(*looking->visited));
	if (!looking->visited)
		return error_no_memory();
	for (size_t i = 0; i < views->list.count; i++) {
		const struct heap_viewed *viewed = &views->list.items[i];
		if ((viewed->low || viewed->high < viewed->size) &&
		    dominators->numbers[viewed->vertex] != VERTEX_NONE)
			TRY(look_at(looking, viewed, &pinned->groups.items[viewed->field]));
	}
	return NULL;
}

struct error *pinned_weigh_dropped(const struct live_evidence *evidence, struct pinned *pinned)
{
	struct looking looking = { .heap = evidence->heap, .tree = evidence->tree };
	struct error *error = heap_edge_names_init(&looking.names, evidence->heap);
	if (!error)
		error = look_at_all(&looking, pinned);
	heap_edge_names_deinit(&looking.names);
	u32_vector_deinit(&looking.dropped);
	u32_vector_deinit(&looking.used);
	u32_vector_deinit(&looking.pending);
	free(looking.visited);
	return error;
}
