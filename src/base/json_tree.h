/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_BASE_JSON_TREE_H
#define DOWSE_BASE_JSON_TREE_H

#include "base/arena.h"

/*
 * A JSON document, read whole. It may come from anybody: nothing in it is believed but by its grammar
 * (RFC 8259), values nest JSON_DEPTH_MAX deep and there are JSON_VALUES_MAX of them at most, and what
 * reads it needs no more stack for a deep one than for a flat one.
 */
#define JSON_DEPTH_MAX  64
#define JSON_VALUES_MAX ((size_t)1 << 21)

enum json_kind {
	JSON_KIND_NULL,
	JSON_KIND_BOOL,
	JSON_KIND_NUMBER,
	JSON_KIND_STRING,
	JSON_KIND_ARRAY,
	JSON_KIND_OBJECT,
};

struct json_value {
	enum json_kind kind;
	const char *key;  /* of an object's member; else NULL */
	const char *text; /* of a string; what it has of NUL is U+FFFD */
	double number;    /* of a number; of a bool 0 or 1 */
	int64_t whole;    /* the same, where is_whole */
	bool is_whole;    /* it is written without a fraction, and an int64_t has room for it */
	struct json_value *first; /* of an array's or object's values, in their order; NULL: none */
	struct json_value *next;  /* beside this one */
};

/* Values live in the arena, and strings do. `name` is the document's, for errors. */
struct error *json_tree_read(const void *bytes, size_t size, const char *name, struct arena *arena,
			     const struct json_value **ret) must_use;

/*
 * A member of an object, the first of that name. NULL where there is none, or no object: NULL may be
 * handed on to all of these.
 */
const struct json_value *json_value_member(const struct json_value *object, const char *key);

/* The first value of an array; NULL: none, or it is no array. */
const struct json_value *json_value_first(const struct json_value *array);

/* What a member is, where it is of that kind: else NULL, or what is to be taken otherwise. */
const char *json_value_text(const struct json_value *object, const char *key);
int64_t json_value_whole(const struct json_value *object, const char *key, int64_t otherwise);
bool json_value_true(const struct json_value *object, const char *key);

#endif
