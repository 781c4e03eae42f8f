/* SPDX-License-Identifier: Apache-2.0 */
#include "heap/dominators_private.h"

#include <assert.h>

/* A counting sort by target. Targets are met out of order, but known long before. */
#define LOOK_AHEAD 24

static void count_targets(const struct dominator_work *work)
{
	for (size_t i = 0; i < work->edge_count; i++) {
		if (i + LOOK_AHEAD < work->edge_count)
			__builtin_prefetch(&work->starts[work->edges[i + LOOK_AHEAD].to], 1);
		work->starts[work->edges[i].to]++;
	}
}

/* Counts become ends, which sink to the starts as places are taken. */
static void sum_up(const struct dominator_work *work)
{
	uint32_t sum = 0;
	for (size_t n = 0; n <= work->result.count; n++)
		work->starts[n] = sum += work->starts[n];
}

static void place(const struct dominator_work *work)
{
	for (size_t i = 0; i < work->edge_count; i++) {
		if (i + 2 * LOOK_AHEAD < work->edge_count)
			__builtin_prefetch(&work->starts[work->edges[i + 2 * LOOK_AHEAD].to], 1);
		if (i + LOOK_AHEAD < work->edge_count) {
			uint32_t end = work->starts[work->edges[i + LOOK_AHEAD].to];
			__builtin_prefetch(&work->predecessors[end - 1], 1);
		}
		struct numbered_edge edge = work->edges[i];
		work->predecessors[--work->starts[edge.to]] = edge.from;
	}
}

static_assert(sizeof(struct forest_link) == sizeof(struct numbered_edge), "one becomes the other");

struct error *predecessors_gather(struct dominator_work *work)
{
	TRY(big_array_allocate((size_t)work->result.count + 1, sizeof(*work->starts),
			       &work->starts));
	work->predecessor_count = work->edge_count;
	TRY(big_array_allocate(work->predecessor_count, sizeof(*work->predecessors),
			       &work->predecessors));
	count_targets(work);
	sum_up(work);
	place(work);
	big_array_shrink(work->edges, work->edge_capacity, work->result.count,
			 sizeof(*work->edges));
	work->edge_capacity = work->result.count;
	work->forest = (struct forest_link *)TAKE_PTR(work->edges);
	return NULL;
}
