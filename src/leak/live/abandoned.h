/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_LEAK_LIVE_ABANDONED_H
#define DOWSE_LEAK_LIVE_ABANDONED_H

#include "base/map.h"
#include "leak/live/crowd.h"

/*
 * Where channels lie that goroutines wait for: in fields of objects, and in variables. For crowds of
 * such goroutines, all at once, in one pass over the heap.
 */
#define ABANDONED_CASES_MAX 8

/* What could wake them, by one of their channels. */
struct abandoned_case {
	uint64_t element; /* of the channel's type: its descriptor */
	unsigned wakes;   /* what somebody would do: see binary/channel_uses.h */
};

struct abandoned_crowd {
	const struct crowd *crowd;
	struct abandoned_case cases[ABANDONED_CASES_MAX];
	size_t case_count;
	size_t channels;           /* different ones */
	bool only_closed;          /* nothing is sent: the element has no bytes */
	struct u64_vector offsets; /* of the fields, from wherever a pointer may lead; no order */
	struct u64_vector globals; /* addresses of words of data that lead to one */
	bool held;                 /* somebody else than themselves holds one */
	bool foreign;              /* somebody does of whom nothing can be said */
};

DEFINE_VECTOR(abandoned_vector, struct abandoned_crowd);

/* `channels`: vertex → index into `list`. */
struct error *abandoned_find_holders(const struct live_evidence *evidence,
				     const struct crowds *crowds, const struct map *channels,
				     struct abandoned_vector *list) must_use;

#endif
