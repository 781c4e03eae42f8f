/* SPDX-License-Identifier: Apache-2.0 */
#include "heap/tops.h"

#include "base/big_array.h"

#define LOOK_AHEAD 24

/* Of so many numbers, all taken together, one may climb one step for less than all tops cost. */
#define NUMBERS_A_STEP 8

struct error *heap_tops_find(const struct dominators *dominators, uint32_t **ret)
{
	uint32_t *tops;
	TRY(big_array_allocate(dominators->count, sizeof(*tops), &tops));
	/* A dominator's number is smaller than those of what it dominates. */
	for (uint32_t number = 1; number < dominators->count; number++) {
		if (number + LOOK_AHEAD < dominators->count)
			__builtin_prefetch(&tops[dominators->parents[number + LOOK_AHEAD]]);
		uint32_t parent = dominators->parents[number];
		tops[number] = parent ? tops[parent] : number;
	}
	*ret = tops;
	return NULL;
}

/*
 * How many could be done before the steps were used up: trees can be deep. One alone may climb all the
 * way: numbers fall on it, so that it meets memory in order.
 */
static size_t climb(const struct dominators *dominators, const uint32_t *numbers, size_t count,
		    uint32_t *ret)
{
	uint32_t left = count == 1 ? dominators->count : dominators->count / NUMBERS_A_STEP;
	for (size_t i = 0; i < count; i++) {
		uint32_t number = numbers[i];
		while (left && dominators->parents[number]) {
			number = dominators->parents[number];
			left--;
		}
		if (!left)
			return i;
		ret[i] = number;
	}
	return count;
}

struct error *heap_tops_of(const struct dominators *dominators, const uint32_t *numbers,
			   size_t count, uint32_t *ret)
{
	uint32_t *tops;
	size_t done = climb(dominators, numbers, count, ret);
	if (done == count)
		return NULL;
	TRY(heap_tops_find(dominators, &tops));
	for (; done < count; done++)
		ret[done] = tops[numbers[done]];
	big_array_free(tops, dominators->count, sizeof(*tops));
	return NULL;
}
