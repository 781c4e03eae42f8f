/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_DUMP_MODULES_H
#define DOWSE_DUMP_MODULES_H

#include "model/place.h"

/*
 * A dump does not say which modules a program was built from. A package whose path begins with a
 * domain tells it by itself; of the others those are the program's own that begin with no word that
 * the standard library's begin with.
 */
struct dump_modules {
	const char **words; /* owned; the texts are the goroutines' */
	size_t count;
	size_t capacity;
	struct arena arena;
	struct place_rule rule;
};

struct error *dump_modules_add(struct dump_modules *modules, const struct goroutines *goroutines)
	must_use;
void dump_modules_deinit(struct dump_modules *modules);

#endif
