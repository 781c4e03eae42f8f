/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_LEAK_LIVE_PINNED_H
#define DOWSE_LEAK_LIVE_PINNED_H

#include "heap/views.h"
#include "leak/live/live.h"

/*
 * Arrays that one field keeps although it uses less than half of them: bytes of all together, and
 * where they are (heap/views.h).
 */
struct pinned_group {
	uint32_t field; /* index into the views' fields */
	uint64_t arrays;
	uint64_t views;
	uint64_t bytes;
	uint64_t used;
	uint64_t room;    /* of slices beyond their length */
	uint64_t lost;    /* that nothing of Go can reach again */
	uint64_t empty;   /* arrays of which no byte is used */
	uint64_t well;    /* arrays of the field that it uses well */
	bool estimated;   /* not all arrays were looked at */
	uint32_t example; /* the array with most waste */
	uint64_t example_waste;
	uint64_t dropped; /* bytes of objects that only elements that are not in use lead to */
	uint64_t dropped_arrays;
	uint64_t dropped_most; /* by one of them: */
	uint32_t dropped_example;
	/* Of some of the arrays: what lies behind a slice's length. */
	uint32_t written; /* has been written to: the slice was longer once */
	uint32_t blank;   /* has not: room that was asked for and not needed yet */
};

DEFINE_VECTOR(pinned_group_vector, struct pinned_group);

struct pinned {
	const struct heap_views *views;    /* the evidence's */
	struct pinned_group_vector groups; /* by field: as many as the views have */
};

/* What such a group is, as far as its numbers tell. */
struct pinned_verdict {
	enum rule_id rule;
	uint64_t also;
	enum certainty certainty;
};

/*
 * Whether a group is worth to be told. `reachable` are the bytes of the whole heap; `old`: the
 * process has seen two collections.
 */
bool pinned_judge(const struct pinned_group *group, const struct heap_view_field *field,
		  uint64_t reachable, bool old, struct pinned_verdict *ret);

#endif
