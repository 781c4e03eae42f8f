/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_LEAK_DUMP_TOLD_H
#define DOWSE_LEAK_DUMP_TOLD_H

#include "dump/dump.h"
#include "leak/finding.h"

/*
 * What a dump tells of leaks: where goroutines stand, in which state, for how many minutes. It does
 * not say who could wake them, so that little is certain; what would be, each finding tells.
 */
struct told_evidence {
	struct dump *dump;
	const struct goroutine_group_vector *groups; /* of all but the runtime's own */
	struct place_rule places;
	uint8_t *claimed; /* by goroutine: whether a finding speaks of it already */
	/* An earlier dump of the same process; NULL: this is the only one. */
	const struct dump *earlier;
	struct map earlier_ids;       /* id → hash of where it stood */
	struct map earlier_creations; /* hash of a go statement → number of goroutines */
	int64_t elapsed_ns;           /* -1 unknown */
	bool minutes_apart;           /* what waits in both has waited for longer, by minutes */
};

/* A detector, one a file. In the order in which they are asked: who comes first claims a goroutine. */
typedef struct error *told_detector(const struct told_evidence *evidence, struct findings *ret);

#define TOLD_DETECTORS(DETECTOR)                                                                   \
	DETECTOR(without_wakers) /* L6, and L7 without cases */                                    \
	DETECTOR(said_leaked)    /* what the runtime itself takes for leaked: L1, L3, L7 ... */    \
	DETECTOR(lock_cycles)    /* L15 */                                                         \
	DETECTOR(locks)          /* L12 */                                                         \
	DETECTOR(crowds)         /* L1, L3, L7, L17 */

#define DETECTOR(name)                                                                             \
	struct error *told_##name(const struct told_evidence *evidence, struct findings *ret)      \
		must_use;
TOLD_DETECTORS(DETECTOR)
#undef DETECTOR

/* A judged dump. */
struct told {
	struct told_evidence evidence;
	struct goroutine_group_vector groups;
	struct findings findings;
};

/*
 * `earlier` may be NULL. *ret_same: whether both are of one process, as far as goroutines tell that
 * both have; else nothing is concluded from the earlier one.
 */
struct error *told_judge(struct dump *dump, const struct dump *earlier,
			 const struct place_rule *places, struct told *ret, bool *ret_same)
	must_use;
void told_deinit(struct told *told);

/*
 * May a finding be of it? Not of the runtime's own, of goroutine 1, whose program is its own business,
 * or of a test's bubble, which ends when none of it can go on.
 */
bool told_may_tell(const struct goroutine *goroutine);

/* Was this goroutine there, at the same place? */
bool told_was_there(const struct told_evidence *evidence, const struct goroutine *goroutine);

/* How many that go statement had started. */
uint64_t told_count_before(const struct told_evidence *evidence, const struct place *creation);

#endif
