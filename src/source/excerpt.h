/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_SOURCE_EXCERPT_H
#define DOWSE_SOURCE_EXCERPT_H

#include "source/candidates.h"

/* The lines of a place, as they are on this machine now. */

/* Whether that is what the program was built from. */
enum excerpt_state {
	EXCERPT_SAME,    /* nothing speaks against it */
	EXCERPT_UNSURE,  /* changed since, or nobody knows when: the line may stand elsewhere now */
	EXCERPT_CHANGED, /* what stands there cannot be what was built: no lines are given */
};

const char *excerpt_state_name(enum excerpt_state state); /* "same" */

struct excerpt {
	const char *file; /* where it was found */
	enum excerpt_state state;
	size_t line;  /* the place's */
	size_t first; /* of `lines` */
	const char *const *lines;
	size_t count;
};

/* Lines before and behind the place's that an excerpt has. */
#define EXCERPT_AROUND ((size_t)2)
/* Bytes of a line that it has. */
#define EXCERPT_LINE_MAX ((size_t)400)

struct excerpts;

/*
 * `built_before_ns`: a moment, since 1970, by which the program was built; 0: not known. The roots'
 * strings are borrowed.
 */
struct error *excerpts_create(const struct source_roots *roots, int64_t built_before_ns,
			      struct excerpts **ret) must_use;

/*
 * The lines around a place; *ret is NULL when its file is not at hand, and lives as long as the
 * excerpts. For want of memory alone it is an error. Files, bytes and places are limited: what a
 * stranger's program names without end is not looked for without end.
 */
struct error *excerpts_find(struct excerpts *excerpts, const char *function, const char *file,
			    int32_t line, const struct excerpt **ret) must_use;

/* NULL is accepted. */
void excerpts_destroy(struct excerpts *excerpts);

#endif
