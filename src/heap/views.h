/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_HEAP_VIEWS_H
#define DOWSE_HEAP_VIEWS_H

#include "base/vector.h"
#include "heap/heap.h"

/*
 * How much of its arrays a program can still use: an array lives as a whole as long as anything
 * points into it, but what no slice, string or pointer has of it is of no use to anybody.
 *
 *	array     |............................................|
 *	slice           |######------------|                     # length, - capacity beyond it
 *	string                                   |#####|
 *	          lost   used  room         lost  used  lost
 *
 * Arrays into which something leads that does not say how far (a goroutine's stack, a pointer of
 * unknown type, an unsafe one) are left out.
 */
enum heap_view_kind {
	HEAP_VIEW_SLICE,
	HEAP_VIEW_STRING,
	HEAP_VIEW_POINTER, /* to an element */
};

/* Of an entry of a map. */
enum heap_view_part {
	HEAP_VIEW_OF_OBJECT, /* it is no map */
	HEAP_VIEW_OF_KEY,
	HEAP_VIEW_OF_VALUE,
};

/* Where views are: a field of a type, in all of its objects; or a word of a global. */
struct heap_view_field {
	enum heap_view_kind kind;
	uint32_t holder; /* the type of the objects; HEAP_TYPE_UNKNOWN: a global */
	uint32_t root;   /* the vertex of that; VERTEX_NONE */
	uint64_t offset; /* in one element of an array; in the global */
	enum heap_view_part part;
	uint64_t element; /* the descriptor of a map's key or value; and */
	uint64_t inside;  /* the offset in that */
	uint32_t pointee; /* the type that it says is there */
	uint64_t element_size;
	char owner[256];    /* the package of the innermost struct with a name; "" none */
	bool whole_element; /* it is an element of an array or a map, not a part of one */
};

DEFINE_VECTOR(heap_view_field_vector, struct heap_view_field);

/* An array, by the views that it has. Bytes, without the allocator's header. */
struct heap_viewed {
	uint32_t vertex;
	uint32_t field;  /* of its first view */
	uint32_t views;  /* slices, strings, pointers */
	uint32_t weight; /* how many arrays it stands for: of very many not all are looked at */
	uint64_t size;
	uint64_t used;  /* that are in some view */
	uint64_t room;  /* the others that are in some slice's capacity */
	uint64_t low;   /* where the first view begins */
	uint64_t high;  /* where the last one ends */
	uint64_t reach; /* where the capacity that reaches farthest ends */
};

DEFINE_VECTOR(heap_viewed_vector, struct heap_viewed);

/* A slice of a large array, by where its header lies: that stays while the array is exchanged. */
#define HEAP_SLICE_LARGE UINT64_C(4096)

struct heap_slice {
	uint64_t address; /* of its header */
	uint32_t vertex;  /* the array */
	uint32_t field;   /* that the header is */
	uint64_t start;   /* in the array, in bytes, as these are: */
	uint64_t length;
	uint64_t capacity;
};

DEFINE_VECTOR(heap_slice_vector, struct heap_slice);

struct heap_views {
	struct heap_view_field_vector fields;
	struct heap_viewed_vector list; /* by rising vertices */
	struct heap_slice_vector slices;
	uint64_t reachable_bytes; /* of the whole heap */
};

/* After heap_search(); memory is read: the target must stand still. */
struct error *heap_views_read(struct heap *heap, struct heap_views *ret) must_use;
void heap_views_deinit(struct heap_views *views);

/*
 * "main.Session.head", "main.last"; of an array's elements "[][]uint8", of a map's "keys of
 * map[string]int".
 */
struct error *heap_view_field_name(const struct heap *heap, const struct heap_view_field *field,
				   struct writer *writer) must_use;

#endif
