/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_LEAK_PROFILE_LOOK_H
#define DOWSE_LEAK_PROFILE_LOOK_H

#include "base/map.h"
#include "leak/finding.h"
#include "profile/sites.h"
#include "profile/top.h"

/* What a profile is of, by the types of its values. */
#define PROFILE_SUBJECTS(SUBJECT)                                                                  \
	SUBJECT(HEAP, "heap")                                                                      \
	SUBJECT(GOROUTINE, "goroutine")                                                            \
	SUBJECT(LEAK, "goroutineleak")                                                             \
	SUBJECT(BLOCK, "block")                                                                    \
	SUBJECT(MUTEX, "mutex")                                                                    \
	SUBJECT(CPU, "cpu")                                                                        \
	SUBJECT(THREADS, "threadcreate")                                                           \
	SUBJECT(OTHER, "other")

enum profile_subject {
#define SUBJECT(id, text) PROFILE_OF_##id,
	PROFILE_SUBJECTS(SUBJECT)
#undef SUBJECT
};

const char *profile_subject_name(enum profile_subject subject);
enum profile_subject profile_subject_of(const struct profile *profile);

/* What detectors read of one profile, or of two of the same program. */
struct profile_evidence {
	struct profile *now;
	struct profile *before; /* NULL: there is one alone */
	enum profile_subject subject;
	struct profile_sites sites, sites_before;
	struct map index_before; /* of `sites_before` */
	int64_t elapsed_ns;      /* between them; -1 unknown */
	/* Types of a heap's values; -1: they are not there. */
	int inuse_bytes, inuse_objects, alloc_bytes, alloc_objects;
};

/* A detector, one a file. */
struct profile_detector {
	struct error *(*find)(const struct profile_evidence *evidence,
			      struct findings *ret)must_use;
};

#define PROFILE_DETECTORS(DETECTOR)                                                                \
	DETECTOR(growing) /* L26: a site's memory, between two */                                  \
	DETECTOR(kept)    /* L26: a site that frees nothing */                                     \
	DETECTOR(leaked)  /* L1, L3, L7, L12, L39, L41: the runtime's own search */                \
	DETECTOR(crowds)  /* L17 */

#define DETECTOR(name) extern const struct profile_detector profile_##name;
PROFILE_DETECTORS(DETECTOR)
#undef DETECTOR

/* A look at a profile, and what comes of it. */
struct profile_look {
	struct profile_evidence evidence;
	struct findings findings;
	struct profile_top flat, cumulative; /* of what is shown */
	uint32_t shown;                      /* type */
};

/*
 * The profiles stay the caller's. `before` may be NULL; of other types, it is ERROR_USAGE. Which of
 * the two is the older is settled before: see profile_is_older().
 */
struct error *profile_look(struct profile *now, struct profile *before, struct profile_look *ret)
	must_use;
void profile_look_deinit(struct profile_look *look);

/* The value of the same site in the earlier profile, 0 where it has none. */
int64_t profile_evidence_before(const struct profile_evidence *evidence, uint32_t site,
				uint32_t type);

/* A finding at a site, with what all of them have in common. */
struct finding profile_finding(const struct profile_site *site, enum rule_id rule);

/* In an hour, at that pace; INT64_MIN where the time is not known. */
int64_t profile_evidence_pace(const struct profile_evidence *evidence, int64_t growth);

/*
 * Rules that goroutines may be of that wait so: where they stand does not tell who was to wake them, nor
 * why nobody does.
 */
uint64_t profile_also(enum profile_wait wait);

#endif
