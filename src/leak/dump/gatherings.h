/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_LEAK_DUMP_GATHERINGS_H
#define DOWSE_LEAK_DUMP_GATHERINGS_H

#include "leak/dump/told.h"

/*
 * Goroutines that a finding speaks of as one: at one place of the program's own code, in one state,
 * started by one statement.
 */
struct gathering {
	const struct goroutine *example; /* the one that waits longest */
	struct place place;
	struct place creation;
	uint64_t count;      /* of goroutines */
	int64_t wait_min_ns; /* -1 unknown */
	int64_t wait_max_ns;
	struct u64_vector members; /* indices into the dump's goroutines */
};

DEFINE_VECTOR(gathering_vector, struct gathering);

typedef bool gathering_wanted(const struct told_evidence *evidence,
			      const struct goroutine *goroutine);

/* Of those that are wanted and that no finding speaks of yet, largest first. */
struct error *gatherings_collect(const struct told_evidence *evidence, gathering_wanted *wanted,
				 struct gathering_vector *ret) must_use;
void gatherings_deinit(struct gathering_vector *gatherings);

/* A finding with what all such findings have in common. */
struct finding gathering_finding(const struct gathering *gathering, enum rule_id rule);

/* Report it: no other finding will speak of its members. */
struct error *gathering_report(const struct told_evidence *evidence,
			       const struct gathering *gathering, const struct finding *finding,
			       struct findings *ret) must_use;

#endif
