/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_HEAP_VALUE_FIELD_H
#define DOWSE_HEAP_VALUE_FIELD_H

#include "heap/values.h"

/* A field of a type, inside its values. */
struct value_field {
	enum heap_value_kind kind;
	uint64_t type_size; /* of the whole value */
	uint64_t offset;
	unsigned width;
	const char *name; /* in the text that was asked for: "inner.shard" */
};

/*
 * "main.Session.inner.shard": the type is as much of it as is one. ERROR_USAGE tells what it could be,
 * or why it cannot be grouped by. `ret_query` is the caller's to let go.
 */
struct error *value_field_find(struct heap *heap, const char *text, struct value_field *ret,
			       struct heap_query *ret_query) must_use;

/* Out of a value's bytes: a number, extended to 64 bits; of a string its address and length. */
void value_field_take(const struct value_field *field, const uint8_t *bytes, uint64_t *ret,
		      uint64_t *ret_length);

#endif
