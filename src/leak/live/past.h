/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_LEAK_LIVE_PAST_H
#define DOWSE_LEAK_LIVE_PAST_H

#include "leak/live/holdings.h"

/*
 * The tests of a package are run several times over, and the earlier moment is when all had run once.
 * There is one between that and now, too: what grows by each round has grown at both.
 */
struct live_rounds {
	uint32_t first;  /* rounds from the earlier moment to the one between */
	uint32_t second; /* and from there to now */
	struct live_holdings middle;
};

/*
 * What an earlier moment of the same process leaves behind, to tell what grew since: goroutines by
 * their ids, and what held how much, by address.
 */
struct live_past {
	int64_t elapsed_ns;    /* from that moment to the one that is judged; -1 unknown */
	struct map goroutines; /* id → hash of where it stood; the lowest bit: it did not wait */
	struct map creations;  /* hash of a go statement → number of goroutines */
	struct live_holdings holdings; /* empty, if there was no heap */
	bool has_heap;
	const struct live_rounds *rounds; /* borrowed; NULL: it is told by time */
};

/* Takes the holdings over. After live_look_weigh(), if there is a heap. */
struct error *live_past_make(struct live_evidence *evidence, struct live_past **ret) must_use;

/* NULL is accepted. */
void live_past_destroy(struct live_past *past);

/* Was this goroutine there, in the same function of the program's own code? */
bool live_past_has(const struct live_evidence *evidence, const struct goroutine *goroutine);

/* Was it, and did it run then rather than wait? */
bool live_past_ran(const struct live_evidence *evidence, const struct goroutine *goroutine);

#define LIVE_ROUNDS_MORE 4 /* to be likely: in two or three rounds one may come by chance */

/* Has it grown by as much in both parts? `ret_even`: about; else it was ever faster. */
bool live_rounds_grow(const struct live_rounds *rounds, uint64_t before, uint64_t middle,
		      uint64_t now, bool *ret_even);

/* How many that go statement had started then. */
uint64_t live_past_count(const struct live_past *past, const struct place *creation);

/* A number's growth in an hour; INT64_MIN where the time is not known. */
int64_t live_per_hour(const struct live_past *past, int64_t growth);

/* "in 30 s", "in 4 more runs of the tests", or "since that moment". */
const char *live_past_since(const struct live_past *past, struct findings *findings);

#endif
