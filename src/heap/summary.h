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

/*
 * Which of two comes first: what retains more or, of equals, is larger, and then by name. Numbers of
 * types and shapes do not decide: they depend on which thread was quicker.
 */
int heap_group_compare(const struct heap *heap, const struct heap_group *a,
		       const struct heap_group *b);

/* Largest first, by what they retain if that is known, else by their bytes. */
struct error *heap_group_types(const struct heap *heap, struct heap_group_vector *ret) must_use;

/* Reachable objects by the import path of their type's package: "" for what has none. */
struct heap_package {
	const char *path; /* belongs to heap->types */
	uint64_t count;
	uint64_t bytes;
};

DEFINE_VECTOR(heap_package_vector, struct heap_package);

struct error *heap_group_packages(const struct heap *heap, const struct heap_group_vector *types,
				  struct heap_package_vector *ret) must_use;

/* What the spans of one size hold, and what of them is free. */
struct heap_size_class {
	uint64_t size; /* of a slot; 0: of one large object each */
	bool pointers;
	uint64_t spans;
	uint64_t bytes;   /* of the spans */
	uint64_t used;    /* bytes of slots that are in use */
	uint64_t reached; /* bytes of those that can be reached */
};

DEFINE_VECTOR(heap_size_class_vector, struct heap_size_class);

/* Those with most bytes that hold nothing first. */
struct error *heap_group_spans(const struct heap *heap, struct heap_size_class_vector *ret)
	must_use;

#endif
