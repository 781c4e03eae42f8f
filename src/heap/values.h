/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_HEAP_VALUES_H
#define DOWSE_HEAP_VALUES_H

#include "base/arena.h"
#include "heap/query.h"

/*
 * Objects of one type, grouped by what one of their fields holds: which tenant holds how much.
 */
enum heap_value_kind {
	HEAP_VALUE_SIGNED,
	HEAP_VALUE_UNSIGNED,
	HEAP_VALUE_BOOL,
	HEAP_VALUE_STRING,
};

struct heap_value_group {
	uint64_t number;  /* of a signed one extended to 64 bits; of a bool 0 or 1 */
	const char *text; /* of a string; NULL: its bytes are not there */
	size_t length;    /* of `text`, which is cut */
	bool cut;
	uint64_t count;
	uint64_t bytes;
	uint64_t retained; /* freed if all of them went; after heap_values_retain() */
};

DEFINE_VECTOR(heap_value_group_vector, struct heap_value_group);

struct heap_values {
	struct arena arena;
	struct heap_query query; /* the type */
	const char *field;       /* "inner.shard" */
	enum heap_value_kind kind;
	struct heap_value_group_vector list;
	struct heap_value_member_vector *members; /* who is in which group */
	uint64_t unreadable;
};

/*
 * `field` is a type and a field of it, "main.Session.tenant", which may be in a struct inside. What is
 * in strings is read only with `data`, else that is ERROR_USAGE. Memory is read: the target must
 * stand still.
 */
struct error *heap_values_read(struct heap *heap, const char *field, bool data,
			       struct heap_values *ret) must_use;

/* What each group retains, and the order: those that retain most first. After heap_dominate(). */
struct error *heap_values_retain(struct heap_values *values) must_use;
void heap_values_deinit(struct heap_values *values);

#endif
