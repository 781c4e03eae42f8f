/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_BASE_MAP_H
#define DOWSE_BASE_MAP_H

#include "base/error.h"

/*
 * A hash map from 64-bit keys (addresses, program counters, hashes) to 64-bit values (indices,
 * pointers), by open addressing with linear probing. Keys of ~0 are not allowed: they mark empty
 * slots. All zeroes is an empty map. Nothing is ever removed.
 */
struct map_slot {
	uint64_t key;
	uint64_t value;
};

struct map {
	struct map_slot *slots;
	size_t count;
	size_t mask; /* number of slots - 1; the slots are a power of two, at most 3/4 full */
};

/* The slot of the key, created with `value` when it is absent; *ret stays valid until the next insertion. */
struct error *map_insert(struct map *map, uint64_t key, uint64_t value, struct map_slot **ret)
	must_use;

/* Room for so many entries in all, so that inserting them does not have to move any. */
struct error *map_reserve(struct map *map, size_t count) must_use;

/* NULL when the key is absent. */
struct map_slot *map_find(const struct map *map, uint64_t key);

void map_deinit(struct map *map);

#endif
