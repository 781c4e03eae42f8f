/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_BINARY_PARAMETERS_H
#define DOWSE_BINARY_PARAMETERS_H

#include "base/vector.h"
#include "binary/variables.h"

/*
 * What a function is called with: the names and types of debug information, and the places that the
 * compiler has set aside for them.
 */
struct parameter {
	const char *name;
	uint64_t type; /* for variables_part() */
	/* On the stack, from the canonical frame address: the caller's sp. Also of one that comes in
	 * registers: the function may keep it there. */
	int64_t place;
};

#define PARAMETER_NOWHERE INT64_MIN

DEFINE_VECTOR(parameter_vector, struct parameter);

struct variables_code;

/*
 * Append them, in order, the receiver first; results are none. Those without a name are left out, and
 * then, or where there are more than the compiler tells of, no place is known.
 */
struct error *parameters_find(struct variables *variables, const struct variables_code *code,
			      struct parameter_vector *ret) must_use;

/* The same, of the function that begins at an address; nothing where none that is described does. */
struct error *parameters_of(struct variables *variables, uint64_t entry,
			    struct parameter_vector *ret) must_use;

#endif
