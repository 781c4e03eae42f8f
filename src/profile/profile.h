/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_PROFILE_PROFILE_H
#define DOWSE_PROFILE_PROFILE_H

#include "base/arena.h"
#include "profile/bytes.h"

/*
 * A profile: samples, each of which is a stack with some values. All of it lies in arrays, and what
 * refers to something has its index: there is no object for each of a hundred million fields. Text
 * is an index into `texts`, of which the first is empty. PROFILE_NONE refers to nothing.
 */
#define PROFILE_NONE UINT32_MAX

struct profile_text {
	const char *bytes; /* not NUL-terminated */
	uint32_t length;
};

struct profile_type {
	uint32_t type, unit; /* "inuse_space", "bytes" */
};

struct profile_mapping {
	uint64_t id;
	uint64_t start, limit, offset;
	uint32_t file, build_id;
	bool has_functions, has_files, has_lines, has_inlined;
};

struct profile_function {
	uint64_t id;
	int64_t start_line;
	uint32_t name, system_name, file;
};

struct profile_line {
	uint32_t function; /* PROFILE_NONE: unknown */
	int64_t line, column;
};

struct profile_location {
	uint64_t id;
	uint64_t address;
	uint32_t mapping;    /* PROFILE_NONE: unknown */
	uint32_t first_line; /* innermost inlined call first */
	uint32_t line_count;
	bool folded;
};

struct profile_label {
	uint32_t key;
	uint32_t text; /* 0: it is a number */
	uint32_t unit;
	int64_t number;
};

struct profile {
	const char *name; /* of the file; borrowed */
	struct profile_bytes bytes;
	struct arena arena; /* text that is in no file */

	struct profile_text *texts;
	struct profile_type *types; /* of the values */
	struct profile_mapping *mappings;
	struct profile_function *functions;
	struct profile_location *locations;
	struct profile_line *lines;
	uint32_t text_count, type_count, mapping_count, function_count, location_count, line_count;

	/* The stack of sample i: frames[stack_begins[i]] to frames[stack_begins[i + 1]], leaf first. */
	uint32_t sample_count;
	uint32_t *stack_begins;
	uint32_t *frames; /* locations */
	int64_t *values;  /* of sample i: type_count from values[i * type_count] on */
	uint32_t *label_begins;
	struct profile_label *labels;

	struct profile_type period_type;
	int64_t period;
	int64_t time_ns; /* since 1970; 0 unknown */
	int64_t duration_ns;
	uint32_t drop_frames, keep_frames; /* patterns */
	uint32_t default_type;             /* name of the type that is meant to be shown; 0: none */
	uint32_t doc_url;
	uint32_t *comments;
	uint32_t comment_count;
};

static inline struct profile_text profile_text(const struct profile *profile, uint32_t text)
{
	return profile->texts[text];
}

bool profile_text_is(const struct profile *profile, uint32_t text, const char *like);

/* A NUL-terminated copy in the profile's arena; NULL when memory is out. */
const char *profile_text_copy(struct profile *profile, uint32_t text) must_use;

/* The index of the value of that name, or -1. */
int profile_type_find(const struct profile *profile, const char *type);

/* The one that is shown unless another one is asked for: its default, else the last. */
uint32_t profile_type_shown(const struct profile *profile);

/* Empty profiles hold nothing that has to be freed before profile_destroy(). */
struct profile *profile_new(const char *name) must_use;
void profile_destroy(struct profile *profile);

static inline void profile_cleanup(struct profile **profile)
{
	profile_destroy(*profile);
}

#endif
