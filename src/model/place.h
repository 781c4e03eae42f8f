/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_MODEL_PLACE_H
#define DOWSE_MODEL_PLACE_H

#include "model/goroutine.h"

/* A position in the source that a person can go to. */
struct place {
	const char *function; /* NULL: unknown */
	const char *file;     /* NULL or "?": unknown */
	int32_t line;         /* 0: unknown */
};

/*
 * What tells a program's own code from the standard library. A package whose path begins with a
 * domain ("example.com/shop") is never the library's; one without is the program's own when it is
 * `main` or belongs to one of these modules ("shop").
 */
struct place_rule {
	const char *const *modules; /* paths of the modules that were linked; borrowed */
	size_t module_count;
};

/* True for a function that is neither the runtime's nor the standard library's. */
bool place_is_users(const struct place_rule *rule, const char *function);

/* The innermost shown frame outside the standard library; NULL when there is none. */
const struct frame *stack_place(const struct stack *stack, const struct place_rule *rule);

/*
 * Where a goroutine stands: the innermost shown frame outside the standard library, else its
 * creator, else its innermost shown frame.
 */
struct place goroutine_place(const struct goroutine *goroutine, const struct place_rule *rule);

struct place goroutine_creation(const struct goroutine *goroutine);

#endif
