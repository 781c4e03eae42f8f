/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_LEAK_FINDING_H
#define DOWSE_LEAK_FINDING_H

#include "leak/rules.h"
#include "model/place.h"
#include "source/excerpt.h"

/* Against another process of the program: see leak/compare.h. */
enum finding_change {
	CHANGE_UNKNOWN, /* nothing was compared */
	CHANGE_NEW,
	CHANGE_STAYED,
	CHANGE_GONE, /* a finding of the other process */
};

const char *finding_change_name(enum finding_change change); /* "new"; NULL: nothing was compared */

/*
 * What dowse has to say: one leak, how sure it is, where, and why. Every kind of evidence yields
 * these, and every face prints only these. Strings live in the arena of `struct findings`, or as
 * long as the evidence does.
 */
struct finding {
	enum rule_id rule;
	uint64_t also; /* rules, a bit each, that the same cause answers to */
	enum certainty certainty;
	uint64_t count;          /* goroutines, objects, entries */
	int64_t bytes;           /* that they hold; -1 unknown */
	int64_t growth_per_hour; /* of `count`; INT64_MIN unknown */
	int64_t bytes_per_hour;  /* INT64_MIN unknown */
	struct place place;
	const char *
		place_word; /* "allocated by", "declared", "may be allocated by"; NULL: stands there */
	const char *subject; /* whose leak it is, as the program calls it: "main.sessions"; NULL */
	struct place created_by; /* function NULL: nobody, or unknown */
	const char *state;       /* of goroutines; NULL otherwise */
	int64_t wait_min_ns;     /* -1 unknown, also of some of them */
	int64_t wait_max_ns;
	const struct goroutine *example; /* NULL for what is no goroutine */
	uint64_t times; /* moments at which its goroutines began to wait; 0: it may have been one */
	const uint64_t *members; /* ids of all, where they stand at several places; NULL */
	size_t member_count;
	const char *const *path; /* who holds it, from a root; steps */
	size_t path_count;
	const char *test;    /* that started it: "TestCheckout/retry"; NULL none, or unknown */
	const char *package; /* whose test it was: "example.com/shop"; NULL none, or unknown */
	uint32_t process;    /* of reports that are gathered: the one that has told it */
	const char *title;   /* a clause that can follow "shop: " */
	const char *why;     /* sentences */
	const char *settle;  /* what would make a suspicion certain; NULL none */
	const char *fix;     /* sentences; NULL until src/fix has seen it */
	const char *diff;    /* NULL: none */
	const struct excerpt *source;         /* of `place`; NULL: not at hand, or not asked for */
	const struct excerpt *created_source; /* of `created_by` */
	enum finding_change change;
	uint64_t count_before; /* of what stayed */
	int64_t bytes_before;
	bool mended;            /* it has gone, and would be there if it still came */
	const char *change_why; /* what shows that of what has gone, or what does not; else NULL */
};

DEFINE_VECTOR(finding_vector, struct finding);

struct findings {
	struct arena arena;
	struct finding_vector list;
	bool no_memory; /* some text is missing */
};

void findings_deinit(struct findings *findings);

/*
 * Text made in the arena. When memory runs out it is "", and findings_check() tells: so a sentence
 * may be put together from parts and checked once.
 */
const char *findings_text(struct findings *findings, const char *format, ...) printf_like(2, 3);

struct error *findings_check(const struct findings *findings) must_use;

/* Those that cost most first: bytes, number, growth; then the more certain. */
void findings_sort(struct findings *findings);

/*
 * What stays the same from one run to another, and when lines move: the rule, the functions, what
 * it is about. As text of 16 digits.
 */
#define FINGERPRINT_SIZE 17

void finding_fingerprint(const struct finding *finding, char ret[static FINGERPRINT_SIZE]);

/* Drop what is less certain, or of another rule. */
void findings_select(struct findings *findings, uint64_t rules, enum certainty at_least);

#endif
