/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_HEAP_SHAPES_H
#define DOWSE_HEAP_SHAPES_H

#include "base/map.h"
#include "heap/graph.h"

/*
 * What is known of an object whatever its type: how large its slot is, and which of the words of a
 * small one can hold pointers. There are few different ones, so that two bytes an object suffice.
 *
 * Of a large one that no header describes, the search for types knows where its pointers begin and
 * end; when that is over they are of one shape again: see heap_scan_forget_masks().
 */
#define SHAPES_MAX 65536

enum heap_shape_kind {
	SHAPE_UNKNOWN,  /* there are too many different ones: only number 0 */
	SHAPE_POINTERS, /* `mask` says which of at most 64 words */
	SHAPE_DATA,     /* no pointers */
	SHAPE_LARGE,    /* more words than that, or described by a type */
};

struct heap_shape {
	uint64_t mask; /* of a large one whose bits lie in its arena: of its first 64 words */
	uint32_t size; /* of the slot; 0: more than fits, or unknown */
	uint32_t last; /* of such a one: its last word that can hold a pointer, + 1; else 0 */
	uint8_t kind;
};

struct heap_shapes {
	struct heap_shape *list;
	uint32_t count;
	struct map numbers;
};

struct error *heap_shapes_init(struct heap_shapes *shapes) must_use;
void heap_shapes_deinit(struct heap_shapes *shapes);

/* The number of a shape; SHAPE_UNKNOWN's, 0, once there are too many. */
struct error *heap_shapes_intern(struct heap_shapes *shapes, const struct heap_shape *shape,
				 uint16_t *ret) must_use;

/* Of two shapes of small objects: one hash for both. */
static inline uint64_t heap_shape_hash(uint64_t mask, uint32_t size)
{
	uint64_t hash = (mask ^ (uint64_t)size << 32) * UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ hash >> 29;
}

#endif
