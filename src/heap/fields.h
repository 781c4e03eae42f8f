/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_HEAP_FIELDS_H
#define DOWSE_HEAP_FIELDS_H

#include "base/arena.h"
#include "binary/type.h"
#include "heap/heap.h"

/*
 * What an object holds, field by field as Go writes them; structs in it are taken apart. What is in
 * strings, slices and arrays is only read when it is asked for.
 */
struct heap_field {
	const char *path;    /* ".inner.last"; "" for an object that is one value */
	const char *type;    /* its name; "?" */
	enum type_kind kind; /* says which of these there are: */
	bool known;          /* it was read */
	bool is_nil;
	int64_t number;            /* of integers, as they are stored; 0 or 1 of a bool */
	double real, imaginary;    /* of floats and complex numbers */
	uint64_t address;          /* of what it leads to: pointers, slices, maps, interfaces */
	uint32_t vertex;           /* the object there; VERTEX_NONE */
	const char *dynamic;       /* the type in an interface, the function of a func; NULL */
	bool measured;             /* `length` is known, and `capacity` where there is one */
	uint64_t length, capacity; /* of an object that is a row or string: room */
	const char
		*data; /* the first bytes of a string or []byte; NULL: not asked for, not there */
	size_t data_length;
};

DEFINE_VECTOR(heap_field_vector, struct heap_field);

struct heap_fields {
	struct arena arena;
	struct heap_field_vector list;
	uint64_t size;   /* that a value of the type needs; 0: not said */
	bool cut;        /* there are more */
	bool unreadable; /* the object's bytes are not there */
};

/* Memory is read: the target must stand still. `data`: contents of strings and arrays, too. */
struct error *heap_fields_read(struct heap *heap, uint32_t vertex, bool data,
			       struct heap_fields *ret) must_use;
void heap_fields_deinit(struct heap_fields *fields);

#endif
