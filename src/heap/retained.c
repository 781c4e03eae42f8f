/* SPDX-License-Identifier: Apache-2.0 */
#include "heap/dominators_private.h"

#define LOOK_AHEAD 24

/* By vertex, not by number: who weighs looks up the span of each, and these rise. */
static void weigh(struct dominators *result, heap_weight *weight, const void *argument)
{
	result->retained[0] = 0;
	for (uint32_t vertex = 0; vertex < result->vertex_count; vertex++) {
		uint32_t number = result->numbers[vertex];
		if (number && number != VERTEX_NONE)
			result->retained[number] = weight(argument, vertex);
		else
			result->numbers[vertex] = VERTEX_NONE;
	}
}

static void sum_up(struct dominators *result)
{
	for (uint32_t number = result->count - 1; number > 0; number--) {
		if (number > LOOK_AHEAD)
			__builtin_prefetch(&result->retained[result->parents[number - LOOK_AHEAD]],
					   1);
		result->retained[result->parents[number]] += result->retained[number];
	}
}

void retained_sum(struct dominator_work *work, heap_weight *weight, const void *argument)
{
	weigh(&work->result, weight, argument);
	sum_up(&work->result);
}
