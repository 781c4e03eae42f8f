/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_BASE_CYCLE_H
#define DOWSE_BASE_CYCLE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * A linked list in bytes that somebody else made may lead back into itself. All zeroes is the state
 * before the first element. An element is remembered now and then, at distances that double, and
 * when it is met again the list has no end: that is known before it was walked four times.
 */
struct cycle {
	uint64_t remembered;
	uint64_t steps; /* since then */
	uint64_t limit;
};

/* To be told the address of each element, which is not 0, as it is reached: true in a cycle. */
static inline bool cycle_closes(struct cycle *cycle, uint64_t address)
{
	if (cycle->limit && address == cycle->remembered)
		return true;
	if (cycle->steps++ == cycle->limit) {
		cycle->remembered = address;
		cycle->limit = cycle->limit ? cycle->limit * 2 : 1;
		cycle->steps = 0;
	}
	return false;
}

#endif
