/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_HEAP_INCOMING_H
#define DOWSE_HEAP_INCOMING_H

#include "base/vector.h"
#include "heap/heap.h"

/* Who points at an object: pointers in what can be reached. */
struct heap_incoming_edge {
	uint32_t vertex;
	uint32_t position; /* in its row */
};

DEFINE_VECTOR(heap_incoming_vector, struct heap_incoming_edge);

struct heap_incoming {
	struct heap_incoming_vector list; /* the first `limit`: roots first, then by addresses */
	uint64_t count;                   /* of all */
};

/* Reads all edges once. After heap_search(). */
struct error *heap_incoming_find(const struct heap *heap, uint32_t vertex, uint64_t limit,
				 struct heap_incoming *ret) must_use;
void heap_incoming_deinit(struct heap_incoming *incoming);

#endif
