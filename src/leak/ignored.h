/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_LEAK_IGNORED_H
#define DOWSE_LEAK_IGNORED_H

#include "leak/finding.h"

/* Functions whose goroutines are not to be told, by patterns in which * stands for anything. */
struct ignored {
	const char *const *top; /* the innermost one that a dump shows; borrowed */
	size_t top_count;
	const char *const *any; /* any of the stack */
	size_t any_count;
};

bool ignored_has(const struct ignored *ignored, const struct goroutine *goroutine);

/* Drop the findings of which an example is among them; how many there were. */
size_t ignored_drop(const struct ignored *ignored, struct findings *findings);

#endif
