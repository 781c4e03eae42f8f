/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_LEAK_LIVE_GROWING_PRIVATE_H
#define DOWSE_LEAK_LIVE_GROWING_PRIVATE_H

#include "leak/live/past.h"

#define GROWING_SAMPLES_LEAST 8 /* that fewer are still there says little */

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
	uint64_t samples, kept; /* of what was held before */
	bool alike;             /* the samples are elements that hold no objects */
	bool passing;           /* growing_is_passing() */
	bool endless;           /* growing_never_shrinks(): asked where there is one look */
};

DEFINE_VECTOR(growing_vector, struct growing);

/* growing_words.c: place, title, why, and what would settle it; certainty and numbers are there. */
struct error *growing_words(const struct live_evidence *evidence, const struct growing *growing,
			    struct findings *findings, struct finding *finding) must_use;

/* growing_passing.c: is it held by a goroutine alone that can end, and let go of it? */
struct error *growing_is_passing(const struct live_evidence *evidence,
				 const struct growing *growing, bool *ret) must_use;

/* growing_deletions.c: is there no code that deletes from such a map? False of what is no map. */
struct error *growing_never_shrinks(const struct live_evidence *evidence,
				    const struct growing *growing, struct findings *findings,
				    bool *ret) must_use;

#endif
