/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_HEAP_OBJECTS_H
#define DOWSE_HEAP_OBJECTS_H

#include "heap/condition.h"
#include "heap/query.h"
#include "heap/why.h"

/* The objects of one type that can be reached. */
enum heap_objects_order {
	OBJECTS_BY_RETAINED,
	OBJECTS_BY_BYTES,
	OBJECTS_BY_ADDRESS,
};

struct heap_listed {
	uint32_t vertex;
	uint64_t retained;
	uint32_t top; /* vertex at the top of the dominator tree, that holds it; VERTEX_NONE */
};

DEFINE_VECTOR(heap_listed_vector, struct heap_listed);

struct heap_objects {
	struct heap_query query;
	struct heap_vertex_vector vertices; /* that pass, by rising addresses */
	uint64_t unreadable;                /* that may or may not */
	uint64_t bytes;                     /* of those that pass */
	struct heap_listed_vector listed;   /* the first of them, in order */
};

/* All of the type, by name as heap_query_find_type() takes it. */
struct error *heap_objects_find(struct heap *heap, const char *type, struct heap_objects *ret)
	must_use;
void heap_objects_deinit(struct heap_objects *objects);

/* Keep those for which a condition holds. Memory is read: the target must stand still. */
struct error *heap_objects_filter(struct heap_objects *objects, const char *condition) must_use;

/* List the first `limit`. After heap_dominate(). */
struct error *heap_objects_list(struct heap_objects *objects, enum heap_objects_order order,
				uint64_t limit) must_use;

#endif
