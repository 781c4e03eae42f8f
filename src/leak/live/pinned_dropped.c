/* SPDX-License-Identifier: Apache-2.0 */
#include "heap/edge_names.h"
#include "leak/live/pinned_private.h"

/*
 * L22: what only those elements of an array lead to that no slice has within its length. The array
 * holds it alone, so that it is a child of the array's in the tree of dominators; and no word of an
 * element in use leads there.
 */
struct looking {
	const struct heap *heap;
	struct heap_edge_names names;
	struct u32_vector dropped; /* targets of one array's words, by kind of word */
	struct u32_vector used;
};

static int compare(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
	return a < b ? -1 : a > b;
}

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
	if (looking->dropped.count)
		qsort(looking->dropped.items, looking->dropped.count, sizeof(uint32_t), compare);
	if (looking->used.count)
		qsort(looking->used.items, looking->used.count, sizeof(uint32_t), compare);
	return NULL;
}

static void count_dropped(const struct looking *looking, const struct heap_viewed *viewed,
			  struct pinned_group *group)
{
	const struct dominators *dominators = &looking->heap->dominators;
	uint64_t bytes = 0;
	size_t used = 0;
	for (size_t i = 0; i < looking->dropped.count; i++) {
		uint32_t target = looking->dropped.items[i];
		while (used < looking->used.count && looking->used.items[used] < target)
			used++;
		if ((i && looking->dropped.items[i - 1] == target) ||
		    (used < looking->used.count && looking->used.items[used] == target))
			continue;
		uint64_t retained = dominators->retained[dominators->numbers[target]];
		bytes += retained;
		if (retained <= group->dropped_most)
			continue;
		group->dropped_most = retained;
		group->dropped_example = target;
	}
	group->dropped += bytes * viewed->weight;
	group->dropped_arrays += bytes ? viewed->weight : 0;
}

static struct error *look_at_all(struct looking *looking, struct pinned *pinned)
{
	const struct heap_views *views = &pinned->views;
	const struct dominators *dominators = &looking->heap->dominators;
	for (size_t i = 0; i < views->list.count; i++) {
		const struct heap_viewed *viewed = &views->list.items[i];
		bool some;
		if ((!viewed->low && viewed->high == viewed->size) ||
		    dominators->numbers[viewed->vertex] == VERTEX_NONE)
			continue;
		TRY(has_some(looking, viewed, &some));
		if (!some)
			continue;
		TRY(sort_targets(looking, viewed));
		count_dropped(looking, viewed, &pinned->groups.items[viewed->field]);
	}
	return NULL;
}

struct error *pinned_weigh_dropped(struct heap *heap, struct pinned *pinned)
{
	struct looking looking = { .heap = heap };
	struct error *error = heap_edge_names_init(&looking.names, heap);
	if (!error)
		error = look_at_all(&looking, pinned);
	heap_edge_names_deinit(&looking.names);
	u32_vector_deinit(&looking.dropped);
	u32_vector_deinit(&looking.used);
	return error;
}
