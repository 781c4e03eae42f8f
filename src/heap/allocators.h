/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_HEAP_ALLOCATORS_H
#define DOWSE_HEAP_ALLOCATORS_H

#include "base/arena.h"
#include "heap/summary.h"

/*
 * Where objects may come from when nobody has sampled them: the places in the program's code that
 * allocate their type. What reflection makes, and what has no type, comes from nowhere here.
 */
struct heap_allocator {
	const char *function; /* as the runtime prints it; the innermost one, if it was inlined */
	const char *file;
	int32_t line;
	uint32_t type; /* of what it allocates */
};

DEFINE_VECTOR(heap_allocator_vector, struct heap_allocator);

struct heap_allocators {
	struct arena arena;
	struct heap_allocator_vector list; /* by type, then by name and line; each once */
	uint32_t *synonyms;                /* by type: the first one of that name, as in `list` */
	uint32_t type_count;
};

struct error *heap_allocators_find(const struct heap *heap, struct heap_allocators *ret) must_use;
void heap_allocators_deinit(struct heap_allocators *allocators);

/* Those of a type: the first one, and how many. */
const struct heap_allocator *heap_allocators_of(const struct heap_allocators *allocators,
						uint32_t type, size_t *ret_count);

#endif
