/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_HEAP_FILL_H
#define DOWSE_HEAP_FILL_H

#include "base/arena.h"
#include "heap/heap.h"

/*
 * What was allocated ahead and is not used: slices beyond their length, slots of maps without an
 * entry, room in the buffers of channels.
 */
enum heap_fill_kind {
	HEAP_FILL_SLICE,
	HEAP_FILL_MAP,
	HEAP_FILL_CHANNEL,
};

/* All slices of one field of a type, or of one global; all maps, all channels of one type. */
struct heap_fill_row {
	enum heap_fill_kind kind;
	const char *name;    /* "main.Shelf.items", "main.tail", "map[int]string", "chan int" */
	const char *element; /* "[]uint64": of a slice */
	uint64_t count;      /* backing arrays, maps, channels */
	uint64_t held;       /* bytes of these arrays, of slots, of buffers */
	uint64_t used;
};

DEFINE_VECTOR(heap_fill_row_vector, struct heap_fill_row);

struct heap_fill {
	struct arena arena;
	struct heap_fill_row_vector
		list;        /* most unused bytes first; those without any are left out */
	uint64_t unreadable; /* objects */
};

/*
 * An array that several slices have counts once, for the first of them, and is used as far as any of
 * them reaches. After heap_search(); memory is read: the target must stand still.
 */
struct error *heap_fill_read(struct heap *heap, struct heap_fill *ret) must_use;
void heap_fill_deinit(struct heap_fill *fill);

#endif
