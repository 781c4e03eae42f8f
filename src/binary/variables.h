/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_BINARY_VARIABLES_H
#define DOWSE_BINARY_VARIABLES_H

#include "binary/module.h"

/*
 * The program's global variables: their names and types from debug information, or names alone from
 * the symbol table; a stripped program has none.
 */
struct variables;

struct variable {
	/*
	 * "main.sessions", with the package's whole path; belongs to the list. What the compiler has
	 * made for a variable's initial value, in data beside it, has that variable's name, too.
	 */
	const char *name;
	uint64_t address; /* in the process */
	uint64_t size;
	uint64_t type; /* for variables_part(); 0: not known */
};

/* One pass over symbols and debug information; `binary` is borrowed. No names are no error. */
struct error *variables_open(const struct binary *binary, struct variables **ret) must_use;
void variables_destroy(struct variables *variables);

/* Why there may be fewer names than there could be; NULL when nothing was wrong. */
const char *variables_problem(const struct variables *variables);

size_t variables_count(const struct variables *variables);

/* By rising addresses. */
const struct variable *variables_at(const struct variables *variables, size_t index);

/* The variable that lies over an address; NULL when none does. */
const struct variable *variables_find(const struct variables *variables, uint64_t address);

/*
 * What is at a place inside a variable, in the terms of the program's own type descriptors: the
 * outermost part of it for whose type there is one.
 */
struct variable_part {
	uint64_t descriptor; /* of that part's type, or of what is pointed to (below) */
	uint64_t offset;     /* of the place in that part */
	bool pointer;        /* the place is a pointer to a value of `descriptor`, */
	bool array;          /* or to several, one behind the other: a slice's */
};

/* False where nothing is known of it. */
bool variables_part(struct variables *variables, uint64_t type, uint64_t offset,
		    struct variable_part *ret);

/* Of a value of the type, bytes; 0: not known. */
uint64_t variables_size(struct variables *variables, uint64_t type);

/* Whether it stands for several types, in the code of generic functions that they share. */
bool variables_is_shape(struct variables *variables, uint64_t type);

static inline void variables_cleanup(struct variables **variables)
{
	variables_destroy(*variables);
}

#endif
