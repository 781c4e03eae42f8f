/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_HEAP_POOLS_H
#define DOWSE_HEAP_POOLS_H

#include "heap/heap.h"

/*
 * The program's sync.Pools that have something in them, by the lists that the library keeps of them:
 *
 *	sync.allPools, oldPools		slices of *Pool
 *	Pool.local, victim		arrays of one poolLocal for each processor: {private, shared}
 *	shared				a chain of rings of values
 *
 * At a collection `local` becomes `victim`, and what was there is dropped.
 */
struct heap_pool {
	uint64_t address; /* of the sync.Pool */
	uint32_t locals;  /* vertices of the two arrays; VERTEX_NONE */
	uint32_t victims;
};

DEFINE_VECTOR(heap_pool_vector, struct heap_pool);

/* The target must stand still. What cannot be found or read is left out. */
struct error *heap_pools_find(const struct heap *heap, struct heap_pool_vector *ret) must_use;

/* Something that lies in a pool, and nothing else. */
typedef struct error *heap_pool_visitor(void *argument, uint32_t vertex);

/* Everything in one of a pool's arrays, once for each place. */
struct error *heap_pool_items(const struct heap *heap, uint32_t array, heap_pool_visitor *visit,
			      void *argument) must_use;

#endif
