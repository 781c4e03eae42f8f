/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_BINARY_LOCK_VALUES_H
#define DOWSE_BINARY_LOCK_VALUES_H

#include "base/map.h"
#include "base/vector.h"

/*
 * What a register or a stack slot holds while a function runs, in terms of what was there at its
 * entry: something that is not known further (its base), and a number added to it. Equal values are
 * equal in one run of the function; which they are in a run at hand is told by a slot that holds one.
 */
struct lock_value {
	uint32_t base;
	int64_t offset;
};

enum lock_base_kind {
	LOCK_BASE_UNKNOWN, /* any */
	LOCK_BASE_ZERO,    /* the offset is the value: an address of data or code, a number */
	LOCK_BASE_FRAME,   /* the frame's end: the caller's stack pointer */
	LOCK_BASE_ENTRY,   /* what register `a` held at entry */
	LOCK_BASE_PASSED,  /* what lay at frame's end + `offset` at entry */
	LOCK_BASE_MADE,    /* what step `a` left in register `b` */
	LOCK_BASE_MERGED, /* what was in a place, `offset`, where several ways meet, at block `a` */
	LOCK_BASE_LOADED, /* what is in memory at the value (a, offset) */
	LOCK_BASE_TAKEN,  /* whether step `a` took a lock: 0 or 1 */
};

struct lock_base {
	enum lock_base_kind kind;
	uint32_t a;
	uint32_t b;
	int64_t offset;
};

DEFINE_VECTOR(lock_base_vector, struct lock_base);

#define LOCK_UNKNOWN 0u
#define LOCK_ZERO    1u
#define LOCK_FRAME   2u

struct lock_values {
	struct lock_base_vector list; /* by number: of a struct lock_value */
	struct map by_hash;
};

struct error *lock_values_init(struct lock_values *values) must_use;
void lock_values_deinit(struct lock_values *values);

/* The number of a base, LOCK_UNKNOWN where there are too many. */
struct error *lock_values_base(struct lock_values *values, const struct lock_base *base,
			       uint32_t *ret) must_use;

static inline bool lock_value_equal(struct lock_value left, struct lock_value right)
{
	return left.base == right.base && left.offset == right.offset;
}

static inline struct lock_value lock_value_add(struct lock_value value, int64_t number)
{
	value.offset = value.base == LOCK_UNKNOWN
			       ? 0
			       : (int64_t)((uint64_t)value.offset + (uint64_t)number);
	return value;
}

#endif
