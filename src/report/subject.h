/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_REPORT_SUBJECT_H
#define DOWSE_REPORT_SUBJECT_H

#include "base/json.h"
#include "model/place.h"
#include "report/style.h"

/* What a report is about. Strings are borrowed; NULL is unknown. */
struct subject {
	const char *kind;  /* "process", "core" */
	const char *name;  /* "shop (pid 4242)", "core.4242 (core of shop, pid 4242)" */
	const char *path;  /* of a file */
	const char *saved; /* the file that this moment was saved in; NULL: none */
	int32_t pid;       /* 0: none, or unknown */
	const char *executable;
	const char *release; /* "go1.26.8" */
	const char *build;   /* id of the build: Go's, else GNU's */
	int64_t uptime_ns;   /* -1: unknown */
	struct place_rule places;
	const char *const *warnings; /* what to know before trusting the rest */
	size_t warning_count;
};

/* "shop (pid 4242, go1.26.8, up 3 h 12 min)" */
void subject_text(const struct subject *subject, const struct style *style, struct writer *writer);

/* False for a core and its like, which nothing runs. */
bool subject_runs(const struct subject *subject);

/*
 * What to type to look at it again: "4242", or the path as a shell takes it. False, and nothing
 * is written, when no shell should be given that.
 */
bool subject_operand(const struct subject *subject, struct writer *writer);

/* The lines that a text face ends with: one a warning. */
void subject_warnings_text(const struct subject *subject, const struct style *style,
			   struct writer *writer);

/* The member "target". */
void subject_target_json(const struct subject *subject, struct json *json);

/* The members "dowse", "target" and "warnings", which every document begins with. */
void subject_json(const struct subject *subject, struct json *json);

/*
 * The members "pause_ms", "goroutine_count", "torn", "complete" and "unreadable". The count is of
 * all goroutines, whatever is shown of them; those of the runtime only when they were asked for.
 */
void subject_goroutines_json(const struct goroutines *goroutines, bool system, struct json *json);

/* The same members where there can be none: all unknown. */
void subject_no_goroutines_json(struct json *json);

#endif
