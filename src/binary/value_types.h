/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_BINARY_VALUE_TYPES_H
#define DOWSE_BINARY_VALUE_TYPES_H

#include "binary/lock_flow.h"

/*
 * The type of a value that machine code works with, by where it comes from:
 *
 *	what a method's receiver points to	by the method's name
 *	what a closure has captured		by the struct that the compiler made for it
 *	what was allocated			by the descriptor that the allocator is handed
 *	a field, or what it points to		by the type that it is in
 *	a parameter				by what all callers that can be seen hand in
 *	a result				by what all returns leave
 *
 * A place has one type, whatever runs there, but for two kinds of places: a generic function's, and
 * an interface's second word. So nothing is said of what a generic function is handed, and of a
 * parameter or a result only where it cannot be such a word. Conversions by package unsafe are not
 * seen.
 */
struct value_types;

/* `flow` is borrowed. */
struct error *value_types_open(const struct binary *binary, struct lock_flow *flow,
			       struct value_types **ret) must_use;
void value_types_close(struct value_types *types);

struct value_type {
	uint64_t descriptor; /* of the value; 0: not known */
	bool pointer;        /* it is a pointer to a value of `descriptor`, */
	int64_t offset;      /* or into one, so far from its beginning */
};

/* Of a value at a place in a function: as lock_flow_at() has it. */
struct error *value_types_find(struct value_types *types, const struct function *function,
			       const struct lock_values *values, struct lock_value value,
			       struct value_type *ret) must_use;

#endif
