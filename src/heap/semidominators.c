/* SPDX-License-Identifier: Apache-2.0 */
#include "heap/dominators_private.h"

#include <assert.h>

#define LOOK_AHEAD 16

/*
 * The smallest semidominator on the way up from `number` to the first vertex that is not larger than
 * `limit`, that one excluded. Only what is larger than `limit` has a semidominator so far. On the
 * way every second vertex is tied to the one above its ancestor; this keeps ways logarithmic on
 * average (Tarjan and van Leeuwen's path halving), and needs no second pass, hence no stack.
 */
static inline uint32_t least_above(struct forest_link *forest, uint32_t number, uint32_t limit)
{
	uint32_t least = UINT32_MAX;
	while (number > limit) {
		struct forest_link *link = &forest[number];
		const struct forest_link *above = &forest[link->ancestor];
		if (link->ancestor > limit) {
			link->least = MIN(link->least, above->least);
			link->ancestor = above->ancestor;
		}
		least = MIN(least, link->least);
		number = link->ancestor;
	}
	return least;
}

/*
 * Ask for what least_above() will read of predecessors that come later. Links that are not made yet
 * are read here, too; what is in their place, edges, has numbers for ancestors as well.
 */
static force_inline void warm(const struct dominator_work *work, size_t i)
{
	const uint32_t *predecessors = work->predecessors;
	const struct forest_link *forest = work->forest;
	if (i < 3 * LOOK_AHEAD)
		return;
	__builtin_prefetch(&forest[predecessors[i - 3 * LOOK_AHEAD]], 1);
	uint32_t second = forest[predecessors[i - 2 * LOOK_AHEAD]].ancestor;
	__builtin_prefetch(&forest[second], 1);
	uint32_t third = forest[forest[predecessors[i - LOOK_AHEAD]].ancestor].ancestor;
	__builtin_prefetch(&forest[third], 1);
}

static uint32_t semidominator(const struct dominator_work *work, uint32_t number, size_t end)
{
	uint32_t least = work->result.parents[number];
	/* The source leads to every root, even to one that was found by way of another. */
	if (work->result.vertices[number] >= work->graph->object_count)
		return 0;
	for (size_t i = end; i-- > work->starts[number];) {
		warm(work, i);
		uint32_t from = work->predecessors[i];
		uint32_t found = from > number ? least_above(work->forest, from, number) : from;
		least = MIN(least, found);
	}
	return least;
}

/* `starts` become semidominators from the end on, where nobody needs them as starts any more. */
static void find_semidominators(struct dominator_work *work)
{
	size_t end = work->predecessor_count;
	for (uint32_t number = work->result.count - 1; number > 0; number--) {
		uint32_t least = semidominator(work, number, end);
		end = work->starts[number];
		work->starts[number] = least;
		work->forest[number].ancestor = work->result.parents[number];
		work->forest[number].least = least;
	}
}

/*
 * A dominator's jump leads to itself or far up, by Myers' rule: as far as two jumps of equal length
 * in a row would. Going up, a jump that would lead too far is left out; either way the number of
 * steps is logarithmic.
 */
static inline void set_jump(struct forest_link *forest, uint32_t number, uint32_t dominator)
{
	const struct forest_link *link = &forest[dominator];
	const struct forest_link *next = &forest[link->jump];
	if (link->steps == next->steps)
		forest[number] = (struct forest_link){ .jump = next->jump,
						       .steps = link->steps + next->steps + 1 };
	else
		forest[number] = (struct forest_link){ .jump = dominator, .steps = 1 };
}

/* The nearest dominator of `number`, itself included, that is not larger than `limit`. */
static inline uint32_t climb(const struct dominator_work *work, uint32_t number, uint32_t limit)
{
	while (number > limit) {
		uint32_t jump = work->forest[number].jump;
		number = jump > limit ? jump : work->result.parents[number];
	}
	return number;
}

static void find_dominators(struct dominator_work *work)
{
	uint32_t *parents = work->result.parents;
	work->forest[0] = (struct forest_link){ 0 };
	for (uint32_t number = 1; number < work->result.count; number++) {
		if (number + LOOK_AHEAD < work->result.count)
			__builtin_prefetch(&work->forest[parents[number + LOOK_AHEAD]]);
		parents[number] = climb(work, parents[number], work->starts[number]);
		set_jump(work->forest, number, parents[number]);
	}
}

static_assert(sizeof(struct forest_link) == sizeof(uint64_t), "one becomes the other");

void semidominators_find(struct dominator_work *work)
{
	find_semidominators(work);
	big_array_free(work->predecessors, work->predecessor_count, sizeof(*work->predecessors));
	work->predecessors = NULL;
	find_dominators(work);
	big_array_free(work->starts, (size_t)work->result.count + 1, sizeof(*work->starts));
	work->starts = NULL;
	work->result.retained = (uint64_t *)TAKE_PTR(work->forest);
}
