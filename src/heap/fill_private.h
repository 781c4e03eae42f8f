/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_HEAP_FILL_PRIVATE_H
#define DOWSE_HEAP_FILL_PRIVATE_H

#include "base/map.h"
#include "heap/fill.h"

/* What the steps share. */
struct filling {
	struct heap *heap;
	struct heap_fill *fill;
	struct fill_plan *plans; /* by type */
	uint32_t plan_count;
	uint64_t *reached; /* by object: FILL_ROW and how far any slice of that array reaches */
};

/*
 * Where values of a type have the headers of slices, or that they are what says how full something
 * is: worked out when the first object of the type is met.
 */
struct fill_plan {
	enum {
		FILL_PLAN_UNKNOWN,
		FILL_PLAN_NONE,
		FILL_PLAN_SLICES,
		FILL_PLAN_MAP,   /* a header: of buckets, or of a single group */
		FILL_PLAN_TABLE, /* of a Swiss map with several */
		FILL_PLAN_CHANNEL,
	} kind;
	const struct heap_type_layout *layout;
	const struct fill_header *headers;
	size_t header_count;
	uint32_t row;       /* of a map, a channel */
	uint64_t slot_size; /* of a map's entry, a channel's element */
};

struct fill_header {
	uint64_t offset;
	uint64_t element; /* bytes */
	uint32_t row;
};

/* fill_plan.c */
struct error *fill_plan_make(struct filling *filling, uint32_t type, struct fill_plan *ret)
	must_use;

/* A new row; its strings are copied. */
struct error *fill_row_add(struct filling *filling, enum heap_fill_kind kind, const char *name,
			   const char *element, uint32_t *ret) must_use;

/* Bytes of the elements of an array type; 0 where that is none. */
struct error *fill_element_size(struct filling *filling, uint32_t type, uint64_t *ret) must_use;

#endif
