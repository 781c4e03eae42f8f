/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_BINARY_FRAME_VARIABLES_H
#define DOWSE_BINARY_FRAME_VARIABLES_H

#include "base/vector.h"
#include "binary/variables.h"

/*
 * What debug information says of the stack frames of Go functions: which variable lies where while
 * the function is at a place. Those in registers are left out; at a call, everything that is used
 * afterwards is on the stack.
 */
struct frame_variable {
	const char *name; /* NULL: it has none, as in a damaged file */
	uint64_t type;   /* for variables_part() */
	int64_t place;   /* its first byte's, from the canonical frame address: the caller's sp */
	uint64_t size;   /* of what lies there */
	uint64_t offset; /* of that in the variable: large ones may lie in pieces */
	bool stale; /* it is there, if anything is: where a parameter is kept that came in a register */
};

DEFINE_VECTOR(frame_variable_vector, struct frame_variable);

/*
 * Append all of those at pc, inlined functions' too. pc is used as it is: for a return address pass
 * pc-1. A function that is not described has none. It is worth keeping what was found for a pc:
 * all that is said of the function is read for it, and the first call reads what all units have.
 */
struct error *frame_variables_find(struct variables *variables, uint64_t pc,
				   struct frame_variable_vector *ret) must_use;

/*
 * The one that lies over an offset from the canonical frame address; NULL when none does. `stale`:
 * one that is stale counts, too, since something is known to be there.
 */
const struct frame_variable *frame_variables_at(const struct frame_variable_vector *list,
						int64_t offset, bool stale);

#endif
