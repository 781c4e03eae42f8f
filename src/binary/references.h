/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_BINARY_REFERENCES_H
#define DOWSE_BINARY_REFERENCES_H

#include "binary/variables.h"

/*
 * What the machine code says of words of data that have no name: which functions refer to them,
 * and, where a function hands such a word to the runtime together with a type descriptor, or keeps
 * there what the runtime has allocated of a type, of which type they are.
 *
 * Only instructions count that name the very address of a word; a variable's later words are often
 * reached through its first. Code for plugins reaches other modules' data through tables, which
 * are not followed.
 */
struct references;

enum { REFERENCES_NAMES = 3 };

/*
 * One pass over all code. `addresses` are of the process, rising, each once; they are copied. No
 * code to read is no error. `binary` is borrowed.
 */
struct error *references_find(const struct binary *binary, const uint64_t *addresses, size_t count,
			      struct references **ret) must_use;
void references_destroy(struct references *references);

/*
 * The n-th of the functions that refer to addresses[index], n below REFERENCES_NAMES; NULL when
 * there are no more. A package's own functions come before what initialises it, the runtime's last;
 * among these, the lower address first.
 */
const char *references_name(const struct references *references, size_t index, size_t n);

/*
 * Look through the functions that refer to any of the addresses for types; up to a limit of code, so
 * that it ends in good time. A word about which two places disagree has no type.
 */
struct error *references_find_types(struct references *references) must_use;

/*
 * What is at addresses[index], as variables_part() says it. The second word of an interface is told
 * apart by the first, by whoever reads them.
 */
bool references_part(const struct references *references, size_t index, struct variable_part *ret);

static inline void references_cleanup(struct references **references)
{
	references_destroy(*references);
}

#endif
