/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_PROFILE_INTERN_H
#define DOWSE_PROFILE_INTERN_H

#include "base/error.h"

/*
 * Which of the items of an array is the same as a new one? Their hashes in a table with open
 * addressing; whether two of one hash are the same is asked of whoever has the items. All zeroes is
 * an empty one.
 */
struct intern {
	uint64_t *hashes; /* by item */
	uint32_t *slots;  /* 1 + item; 0: empty */
	uint32_t mask;    /* number of slots - 1; at most half of them are taken */
	uint32_t count, room;
};

typedef bool intern_same(const void *context, uint32_t item);

/* The item that is the same; else the number of a new one, which the caller has to append. */
struct error *intern_find(struct intern *intern, uint64_t hash, intern_same *same,
			  const void *context, uint32_t *ret, bool *ret_fresh) must_use;
void intern_deinit(struct intern *intern);

#endif
