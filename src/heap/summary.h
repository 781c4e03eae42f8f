/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_HEAP_SUMMARY_H
#define DOWSE_HEAP_SUMMARY_H

#include "heap/heap.h"

/*
 * Reachable objects in groups: by type, and where that is not known by shape.
 */
struct heap_group {
	uint32_t type;  /* HEAP_TYPE_UNKNOWN: then the shape says what is known */
	uint16_t shape; /* of one without a type */
	uint64_t count;
	uint64_t bytes;
	uint64_t retained; /* freed if all of them went; 0 before heap_dominate() */
};

DEFINE_VECTOR(heap_group_vector, struct heap_group);

/* Which group an object belongs to, as a small number. */
struct heap_grouping {
	const struct heap *heap; /* borrowed */
	uint32_t types;          /* numbers below are types */
	uint32_t count;
	uint32_t *synonyms; /* by type: the first one of that name */
};

struct error *heap_grouping_init(struct heap_grouping *grouping, const struct heap *heap) must_use;
void heap_grouping_deinit(struct heap_grouping *grouping);

static inline uint32_t heap_grouping_of(const struct heap_grouping *grouping, uint32_t vertex)
{
	uint32_t type = heap_object_type(grouping->heap, vertex);
	return type != HEAP_TYPE_UNKNOWN ? grouping->synonyms[type]
					 : grouping->types + grouping->heap->scan.shapes[vertex];
}

/* Largest first, by what they retain if that is known, else by their bytes. */
struct error *heap_group_types(const struct heap *heap, struct heap_group_vector *ret) must_use;

#endif
