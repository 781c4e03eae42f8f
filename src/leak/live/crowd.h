/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_LEAK_LIVE_CROWD_H
#define DOWSE_LEAK_LIVE_CROWD_H

#include "leak/live/live.h"

/*
 * Goroutines that a finding speaks of as one: they stand at the same place in the program's own
 * code, in the same state, started by the same statement, however they got there; and by the same
 * owner, where goroutines have one.
 */
struct crowd {
	const struct goroutine *example; /* the one that waits longest */
	struct place place;
	struct place creation;
	uint64_t count;
	int64_t wait_min_ns; /* -1 unknown of some, which have come since the last collection */
	int64_t wait_max_ns;
	uint64_t stack_bytes;
	uint32_t first; /* member, an index into the goroutines; more by `next` */
};

DEFINE_VECTOR(crowd_vector, struct crowd);

struct crowds {
	struct crowd_vector list;
	uint32_t *next; /* by goroutine: another one of the same crowd; CROWD_END ends it */
};

#define CROWD_END UINT32_MAX

typedef bool crowd_wanted(const struct live_evidence *evidence, const struct goroutine *goroutine);

/* The crowds of those that are wanted and that no finding speaks of yet, largest first. */
struct error *crowds_gather(const struct live_evidence *evidence, crowd_wanted *wanted,
			    struct crowds *ret) must_use;
void crowds_deinit(struct crowds *crowds);

/* The same of those whose flag is set, by goroutine. */
struct error *crowds_gather_flagged(const struct live_evidence *evidence, const bool *wanted,
				    struct crowds *ret) must_use;

/* A finding of the crowd, with what all such findings have in common. */
struct finding crowd_finding(const struct crowd *crowd, enum rule_id rule);

/* Report it: no other finding will speak of its members. */
struct error *crowd_report(const struct live_evidence *evidence, const struct crowds *crowds,
			   const struct crowd *crowd, const struct finding *finding,
			   struct findings *ret) must_use;

#endif
