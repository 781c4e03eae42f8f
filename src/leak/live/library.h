/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_LEAK_LIVE_LIBRARY_H
#define DOWSE_LEAK_LIVE_LIBRARY_H

#include "heap/heap.h"

/*
 * Objects of the standard library's types (os.file, context.cancelCtx), and their fields. Types are
 * known by their names and fields by theirs, which stand in the descriptors of every program,
 * stripped ones too: so one source fits every release.
 */
struct library_type {
	const char *package; /* "net/http" */
	const char *name;    /* "http.body" */
};

#define LIBRARY_TYPES_MAX 16

struct library_object {
	uint32_t vertex;
	uint32_t type;    /* which of those that were asked for */
	uint64_t address; /* of the value */
};

DEFINE_VECTOR(library_object_vector, struct library_object);

struct library_objects {
	struct library_object_vector list;       /* by rising vertices */
	uint64_t descriptors[LIBRARY_TYPES_MAX]; /* 0: the program has none */
};

/*
 * All that can be reached and are one value of one of these types. One pass over the types of all
 * objects, unless the program has none such.
 */
struct error *library_objects_find(const struct heap *heap, const struct library_type *types,
				   size_t count, struct library_objects *ret) must_use;
void library_objects_deinit(struct library_objects *objects);

#define LIBRARY_NO_FIELD UINT64_MAX

/*
 * Where a field lies in a value: "pfd.Sysfd", through structs that are inside; LIBRARY_NO_FIELD where
 * this release has none such.
 */
uint64_t library_field(const struct heap *heap, uint64_t descriptor, const char *path);

/* The same, and the type's descriptor of that field; 0. */
uint64_t library_field_typed(const struct heap *heap, uint64_t descriptor, const char *path,
			     uint64_t *ret_type);

/* Bytes of a value at an offset, from what was copied of it; 0 outside of it. */
uint64_t library_word(const uint8_t *bytes, size_t size, uint64_t offset);

/* The vertex that an address leads to; VERTEX_NONE: it leads to no object in use. */
uint32_t library_vertex(const struct heap *heap, uint64_t address);

/* The function of a closure at an address, "time.sendTime"; NULL. As it is linked. */
const char *library_closure(const struct heap *heap, uint64_t closure, uint64_t *ret_entry);

/*
 * After heap_dominate(). The vertex that holds another one alone: an object or a root; VERTEX_NONE
 * when several roots lead to it.
 */
uint32_t library_dominator(const struct heap *heap, uint32_t vertex);

/* Is the one among those that hold the other alone? Not for long chains: at most 64 steps. */
bool library_dominates(const struct heap *heap, uint32_t above, uint32_t below);

/* The goroutine (an index) above an object, which holds it alone; HEAP_NO_GOROUTINE. */
uint32_t library_goroutine_above(const struct heap *heap, uint32_t vertex);

#endif
