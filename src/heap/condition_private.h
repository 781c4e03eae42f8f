/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_HEAP_CONDITION_PRIVATE_H
#define DOWSE_HEAP_CONDITION_PRIVATE_H

#include "base/vector.h"
#include "heap/condition.h"

#define CONDITION_HOPS_MAX 16

/* What can be compared with what. */
enum condition_class {
	CONDITION_NUMBER,
	CONDITION_BOOL,
	CONDITION_POINTER, /* with nil alone */
};

/* A number, or where to find it: from the object by pointers, each with the offset behind it. */
struct condition_operand {
	enum condition_class class;
	bool constant;
	__int128 number;
	uint64_t hops[CONDITION_HOPS_MAX];
	size_t hop_count;
	unsigned width; /* bytes */
	bool is_signed;
	bool nil_is_empty; /* the length of a nil map is 0 */
	__int128 factor;
};

enum condition_operator {
	CONDITION_EQUAL,
	CONDITION_UNEQUAL,
	CONDITION_LESS,
	CONDITION_LESS_EQUAL,
	CONDITION_GREATER,
	CONDITION_GREATER_EQUAL,
};

struct condition_comparison {
	struct condition_operand left, right;
	enum condition_operator operator;
};

DEFINE_VECTOR(condition_comparison_vector, struct condition_comparison);

struct heap_condition {
	const struct heap *heap; /* borrowed */
	struct condition_comparison_vector comparisons;
};

#endif
