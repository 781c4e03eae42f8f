/* SPDX-License-Identifier: Apache-2.0 */
#include "heap/dominators_private.h"

/*
 * The algorithm is Georgiadis' SemiNCA, in four steps, each with a file of its own:
 *
 * 1. A depth-first search gives numbers and a tree (depth_first.c).
 * 2. The edges that are not of the tree are turned around (predecessors.c).
 * 3. From the last number to the first, semidominators, and from the first to the last, immediate
 *    dominators: the nearest one above the parent whose number is not larger than the
 *    semidominator's (semidominators.c). As it is usually written, that second walk goes up one
 *    by one, which is quadratic where two lists share their elements; here it jumps.
 * 4. Sums from the last number to the first (retained.c).
 *
 * What takes time is waiting for memory. So each step reads what it can in order, and what it cannot
 * it asks for early; and every array goes as soon as the next step can do without it, or becomes another: fresh memory has to be cleared first.
 */

static void work_deinit(struct dominator_work *work)
{
	big_array_free(work->edges, work->edge_capacity, sizeof(*work->edges));
	big_array_free(work->predecessors, work->predecessor_count, sizeof(*work->predecessors));
	big_array_free(work->starts, (size_t)work->result.count + 1, sizeof(*work->starts));
	big_array_free(work->forest, work->result.count, sizeof(*work->forest));
	dominators_deinit(&work->result);
}

struct error *dominators_compute(const struct heap_graph *graph, const uint64_t *may_use,
				 heap_weight *weight, const void *argument, struct dominators *ret)
{
	_cleanup_(work_deinit) struct dominator_work work = { .graph = graph };
	TRY(depth_first_number(&work, may_use));
	TRY(predecessors_gather(&work));
	semidominators_find(&work);
	retained_sum(&work, weight, argument);
	*ret = work.result;
	work.result = (struct dominators){ 0 };
	return NULL;
}

void dominators_deinit(struct dominators *dominators)
{
	size_t count = dominators->count;
	big_array_free(dominators->vertices, count, sizeof(uint32_t));
	big_array_free(dominators->parents, count, sizeof(uint32_t));
	big_array_free(dominators->retained, count, sizeof(uint64_t));
	big_array_free(dominators->numbers, dominators->vertex_count, sizeof(uint32_t));
	*dominators = (struct dominators){ 0 };
}
