/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_HEAP_WHY_PRIVATE_H
#define DOWSE_HEAP_WHY_PRIVATE_H

#include "heap/why.h"

/* What was asked for, and where ways to it can begin. */
struct wanted {
	uint64_t *vertices; /* a bit for each, of a type */
	bool *roots;        /* by root: a way from it may lead there */
	bool shared;        /* or from any: some of it is held by several roots together */
};

/* The one at the top (heap_tops_find()) that dominates some of what was asked for. */
void wanted_note_top(const struct heap *heap, struct wanted *wanted, uint32_t top);

/* why_type.c: what all objects of the type take and retain, and who holds how many. */
struct error *why_type_ask(struct heap_why *why, struct wanted *wanted) must_use;

/* why_root.c: the first floors below a root, which has a number. */
struct error *why_root_ask(struct heap_why *why, uint32_t number) must_use;

#endif
