/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_LEAK_LIVE_ABANDONED_H
#define DOWSE_LEAK_LIVE_ABANDONED_H

#include "base/map.h"
#include "leak/live/crowd.h"

/* What abandoned.c and the files beside it share: crowds of goroutines that wait for channels. */
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
	size_t channels;  /* different ones */
	bool only_closed; /* nothing is sent: the element has no bytes */
	bool held;    /* somebody else than themselves holds one */
	bool foreign; /* somebody does of whom nothing can be said; or some code may wake them */
};

DEFINE_VECTOR(abandoned_vector, struct abandoned_crowd);

/* An idle pool receives from one channel. */
static inline bool abandoned_is_judged(const struct abandoned_crowd *abandoned)
{
	return !abandoned->foreign && abandoned->held &&
	       (!abandoned->only_closed || abandoned->channels > 1);
}

/* Who holds the channels, in one pass over the heap. `channels`: vertex → index into `list`. */
struct error *abandoned_find_holders(const struct live_evidence *evidence,
				     const struct crowds *crowds, const struct map *channels,
				     struct abandoned_vector *list) must_use;

/*
 * The types of channels' elements that variables lead to, by the address of the word; as long as
 * there is the process's memory.
 */
struct error *abandoned_read_globals(const struct live_evidence *evidence, struct map *ret)
	must_use;

/* All code of the program: those that some of it may wake become foreign. */
struct error *abandoned_drop_woken(const struct live_evidence *evidence, const struct map *globals,
				   struct abandoned_vector *list) must_use;

#endif
