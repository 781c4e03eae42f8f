/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_RUNTIME_HEAP_RANGES_H
#define DOWSE_RUNTIME_HEAP_RANGES_H

#include "base/vector.h"
#include "runtime/runtime.h"

struct address_range {
	uint64_t start;
	uint64_t end; /* exclusive */
};

DEFINE_VECTOR(address_range_vector, struct address_range);

/*
 * Where the heap is: its arenas, in rising order, neighbours joined. Reserved address space is
 * included. Empty where the runtime's heap was not found.
 */
struct error *heap_ranges_read(struct runtime *runtime, struct address_range_vector *ret) must_use;

/* Which arena an address of the heap lies in: the index of its description in the runtime's table. */
uint64_t heap_arena_index(const struct runtime *runtime, uint64_t address);

/* Readable memory of the target, neighbours joined: what claims to lie elsewhere is a lie. */
struct error *heap_ranges_mapped(struct runtime *runtime, struct address_range_vector *ret)
	must_use;

/* The one that an address is in; NULL for none. */
const struct address_range *heap_ranges_find(const struct address_range_vector *ranges,
					     uint64_t address);
bool heap_ranges_has(const struct address_range_vector *ranges, uint64_t address);

/*
 * Addresses of the runtime's own structures that are mapped outside the heap, in rising order:
 * the descriptions of spans and arenas, the processors' caches. Not all, but some in each of the
 * larger pieces.
 */
struct error *heap_structures_read(struct runtime *runtime, struct u64_vector *ret) must_use;

#endif
