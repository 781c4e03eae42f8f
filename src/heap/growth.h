/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_HEAP_GROWTH_H
#define DOWSE_HEAP_GROWTH_H

#include "base/arena.h"
#include "base/map.h"
#include "base/vector.h"

/*
 * What became of the groups of a heap (its types, its holders) from one moment to another. A group
 * is the same at both when it has the same words: numbers of types, addresses and vertices are those
 * of one look alone.
 */
struct heap_amount {
	uint64_t count;
	uint64_t bytes; /* of a holder: what it retains */
	uint64_t retained;
};

/* Strings belong to the growth; NULL is unknown, or not so. */
struct heap_grown {
	const char *text;            /* what a person reads */
	const char *kind;            /* of a holder: of its root, or "shared" */
	const char *name;            /* of a type, a global */
	const char *function, *file; /* of goroutines: where they stand */
	int32_t line;
	uint32_t size_class;    /* of what has no type */
	int32_t pointers;       /* -1: not known */
	uint64_t address, size; /* of a global, from where the module's data begins; size 0: none */
	struct heap_amount before, now;
};

DEFINE_VECTOR(heap_grown_vector, struct heap_grown);

/* All zeroes is empty. */
struct heap_growth {
	struct arena arena;
	struct map places; /* by a hash of kind and text */
	struct heap_grown_vector list;
};

/* Several groups of the same words are summed up. Strings are copied. */
struct error *heap_growth_add(struct heap_growth *growth, const struct heap_grown *group) must_use;

/*
 * Of one build, at two moments: globals that had no name at one of them (a snapshot has none) are
 * those that lie at the same place at the other.
 */
struct error *heap_growth_match_places(struct heap_growth *growth) must_use;

/* What has grown most, in bytes, first; what shrank most last. */
void heap_growth_sort(struct heap_growth *growth);
void heap_growth_deinit(struct heap_growth *growth);

/* now - before, of numbers that are no larger than memory. */
static inline int64_t heap_growth_of(uint64_t before, uint64_t now)
{
	return (int64_t)(now - before);
}

#endif
