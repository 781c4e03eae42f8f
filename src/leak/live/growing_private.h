/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_LEAK_LIVE_GROWING_PRIVATE_H
#define DOWSE_LEAK_LIVE_GROWING_PRIVATE_H

#include "leak/live/past.h"

#define GROWING_SAMPLES_LEAST 8  /* that fewer are still there says little */
#define GROWING_KEPT_PERCENT  99 /* a sample may be gone by chance */

/* Holdings of one kind and type below one root, as one; a global alone. */
struct growing {
	enum holding_kind kind;
	uint32_t type; /* of maps, and of slices' arrays */
	uint32_t top;  /* by number: at the top of the dominator tree */
	uint32_t example;
	uint64_t example_address; /* that it is known by */
	uint64_t example_bytes;
	uint64_t count; /* maps */
	uint64_t entries, bytes;
	uint64_t entries_before, bytes_before;
	uint64_t entries_middle; /* of rounds: between the two */
	uint64_t absent;         /* maps that were not there in the middle */
	uint64_t samples, kept;  /* of what was held before */
	uint64_t reserved;       /* slices that still have the room that was asked for in advance */
	int64_t elapsed_ns;      /* between the two looks; -1 unknown */
	int64_t age_ns;          /* of the program; -1 unknown */
	bool alike;              /* the samples are elements that hold no objects */
	bool passing;            /* growing_is_passing() */
	bool entry;              /* growing_is_entrys() */
	bool endless;            /* growing_never_shrinks() */
	bool partial;            /* of some the entries are not all that it has, or more */
	bool batch;              /* growing_judge(): all is kept, but it may be one */
};

DEFINE_VECTOR(growing_vector, struct growing);

/* Which maps the program's code deletes from; read when it is first asked for. All zeroes: not read. */
struct growing_deletions {
	bool has_maps, has_sync_maps;
	bool from_any;           /* map, whatever its type */
	struct u64_vector types; /* descriptors, rising; and other addresses, which are no type's */
	bool from_sync_maps;
};

/*
 * growing_judge.c: by what it had and what it has, and `endless`. False: nothing is to be said.
 */
bool growing_judge(struct growing *growing, enum certainty *ret);

/* growing_rounds.c: the same, of tests that are run several times over. */
bool growing_judge_rounds(struct growing *growing, const struct live_rounds *rounds,
			  enum certainty *ret);

/* growing_rounds.c: is it what a sync.Pool keeps, or in that; or the runtime's own? */
bool growing_is_none_of_tests(const struct live_evidence *evidence, const struct growing *growing);

/* growing_words.c: place, title, why, and what would settle it; certainty and numbers are there. */
struct error *growing_words(const struct live_evidence *evidence, const struct growing *growing,
			    struct findings *findings, struct finding *finding) must_use;

/* growing_passing.c: is it held by a goroutine alone that can end, and let go of it? */
struct error *growing_is_passing(const struct live_evidence *evidence,
				 const struct growing *growing, bool *ret) must_use;

/* growing_passing.c: does it belong to an entry of a map, which code may delete from? */
struct error *growing_is_entrys(const struct live_evidence *evidence,
				struct growing_deletions *deletions, const struct growing *growing,
				bool *ret) must_use;

/* growing_deletions.c: may some code delete from maps of that type? */
struct error *growing_deletes_from(const struct live_evidence *evidence,
				   struct growing_deletions *deletions, uint32_t type, bool *ret)
	must_use;

/* growing_deletions.c: is there no code that deletes from such a map? False of what is no map. */
struct error *growing_never_shrinks(const struct live_evidence *evidence,
				    struct growing_deletions *deletions,
				    const struct growing *growing, struct findings *findings,
				    bool *ret) must_use;

#endif
