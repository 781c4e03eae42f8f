/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_LEAK_SUPPRESS_H
#define DOWSE_LEAK_SUPPRESS_H

#include "base/vector.h"
#include "leak/finding.h"

/*
 * Findings that somebody has looked at and does not want to see again. A line each:
 *
 *	L17 main.(*Pool).* -- 64 workers by design
 *	map-without-limit main.routes -- as many as there are routes
 *	* github.com/lib/pq.* -- upstream issue 1234
 *
 * A rule, by code or name, or "*"; a pattern in which * stands for anything, for the function where
 * the finding is, the one that started it, what it is about or a step of its path; after " -- " the
 * reason, without which nobody knows a year later. Empty lines and those that begin with # are none.
 */
struct suppression {
	uint64_t rules;
	const char *pattern;
	const char *reason;
	unsigned line; /* of the file */
	uint64_t used; /* findings that it was for */
};

DEFINE_VECTOR(suppression_vector, struct suppression);

struct suppressions {
	struct arena arena;
	const char *name; /* of the file; borrowed */
	struct suppression_vector list;
};

/* ERROR_USAGE tells the line that makes no sense. `name` is the file's, for messages. */
struct error *suppressions_parse(const char *text, const char *name, struct suppressions *ret)
	must_use;
void suppressions_deinit(struct suppressions *suppressions);

/* In a pattern * stands for anything. `text` may be NULL, which no pattern fits. */
bool suppress_matches(const char *pattern, const char *text);

/* Drop those findings; how many there were. */
size_t findings_suppress(struct findings *findings, struct suppressions *suppressions);

/*
 * Drop what a report of an earlier run has: as text, in which every finding's fingerprint stands.
 * What had gone by then, as a comparison of two builds tells, is not known: it would be back.
 */
struct error *findings_drop_known(struct findings *findings, const char *report, size_t *ret_count)
	must_use;

#endif
