/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_HEAP_SCAN_H
#define DOWSE_HEAP_SCAN_H

#include "heap/graph.h"
#include "heap/room.h"
#include "heap/shapes.h"
#include "heap/spans.h"
#include "heap/types.h"

/*
 * What one pass over the heap's memory leaves behind of it: after this it is not needed any more.
 * The graph has the objects' rows; those of the roots are still to be appended.
 */
struct heap_scan {
	struct heap_graph graph; /* vertex_count is object_count */
	size_t edge_count;
	size_t edge_capacity;
	size_t row_count;  /* for how many rows there is room */
	size_t slot_count; /* of `shapes` and `types` */
	uint16_t *shapes;  /* by object */
	uint32_t *types;   /* by object: see heap_type_mark() */
	struct heap_shapes shape_list;
	struct heap_room room; /* for edges */
	uint64_t unreadable;   /* bytes of objects with pointers that were not there */
};

/*
 * What is known of an object's type: its number and how surely. The surer wins.
 */
enum heap_type_rank {
	TYPE_RANK_NONE,
	TYPE_RANK_GUESS,   /* a pointer's type, but the object may be larger than that */
	TYPE_RANK_POINTER, /* a pointer's type, which fills the object */
	TYPE_RANK_EXACT,   /* the runtime says so */
};

#define HEAP_TYPE_BITS 28 /* then the rank; the two bits above it are the search's own */

static inline uint32_t heap_type_mark(uint32_t type, enum heap_type_rank rank)
{
	return (uint32_t)rank << HEAP_TYPE_BITS | type;
}

static inline uint32_t heap_type_number(uint32_t mark)
{
	return mark & ((UINT32_C(1) << HEAP_TYPE_BITS) - 1);
}

static inline enum heap_type_rank heap_type_rank(uint32_t mark)
{
	return mark >> HEAP_TYPE_BITS & 3;
}

/* The target must stand still. */
struct error *heap_scan_run(struct runtime *runtime, const struct heap_spans *spans,
			    struct heap_types *types, const struct heap_room *room,
			    struct heap_scan *ret) must_use;
void heap_scan_deinit(struct heap_scan *scan);

/*
 * When types are known: large objects of one size are of one shape again, whatever their pointers.
 */
struct error *heap_scan_forget_masks(struct heap_scan *scan, const struct heap_spans *spans)
	must_use;

/* Before so many more vertices are appended. */
struct error *heap_scan_expect(struct heap_scan *scan, size_t count) must_use;

/* Append edges and end the row of the vertex that comes next. */
struct error *heap_scan_append(struct heap_scan *scan, const uint32_t *edges, size_t count)
	must_use;

#endif
