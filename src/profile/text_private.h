/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_PROFILE_TEXT_PRIVATE_H
#define DOWSE_PROFILE_TEXT_PRIVATE_H

#include "profile/builder.h"
#include "profile/text.h"

/* A line without its end and without blanks around it. */
struct text_line {
	const char *begin, *end;
};

struct text_reading {
	struct builder builder;
	const char *name; /* of the file */
	const char *begin, *at, *end;
	struct map named; /* address → 1 + location of the last stack that named it */
	struct u32_vector frames;
	struct u64_vector addresses; /* of the sample that is being read */
	struct profile_line_vector lines;
	int64_t values[4];
	struct profile_label size; /* of the objects; key 0: none */
	bool pending;              /* a sample is being read */
};

/* False at the end. */
bool text_next(struct text_reading *reading, struct text_line *ret);

static inline bool text_begins(const struct text_line *line, const char *with)
{
	size_t length = __builtin_strlen(with);
	return (size_t)(line->end - line->begin) >= length &&
	       __builtin_memcmp(line->begin, with, length) == 0;
}

/* Passes over blanks and digits; false when there are none, or too many. */
bool text_number(struct text_line *line, int64_t *ret);
bool text_address(struct text_line *line, uint64_t *ret);
bool text_char(struct text_line *line, char c);

struct error *text_malformed(const struct text_reading *reading, const struct text_line *line,
			     const char *what) must_use;

/* "#  0x47d0a5  main.main+0x25  /src/main.go:12": a name for an address of the sample. */
struct error *text_name(struct text_reading *reading, struct text_line line) must_use;

/* The addresses of a sample, behind its numbers. */
struct error *text_addresses(struct text_reading *reading, struct text_line line) must_use;

/* What was being read is a sample. */
struct error *text_finish(struct text_reading *reading) must_use;

/* "main.main;main.work 12" */
struct error *text_folded(struct text_reading *reading) must_use;

#endif
