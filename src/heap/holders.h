/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_HEAP_HOLDERS_H
#define DOWSE_HEAP_HOLDERS_H

#include "base/arena.h"
#include "heap/summary.h"

/*
 * Who holds the heap: the top of the dominator tree. A holder is a root, with all that would go with
 * it; goroutines that stand at the same place are one; so are objects of one type that no root holds
 * alone.
 */
enum heap_holder_kind {
	HOLDER_ROOT,
	HOLDER_GOROUTINES,
	HOLDER_SHARED, /* objects that several roots lead to */
};

struct heap_holder {
	enum heap_holder_kind kind;
	uint32_t example; /* vertex of the root, of the goroutine or object that retains most */
	uint64_t members; /* how many roots or objects it stands for */
	uint64_t count;   /* objects that it retains */
	uint64_t retained;
	const struct heap_group *parts; /* of these objects, the types with most bytes */
	size_t part_count;
};

DEFINE_VECTOR(heap_holder_vector, struct heap_holder);

struct heap_holders {
	struct arena arena;
	struct heap_holder_vector
		list;   /* those that retain most first; without those that hold nothing */
	uint64_t total; /* how many there are in all */
};

/*
 * After heap_dominate(). All but the first `limit` are dropped; only the first `with_parts` have
 * parts, which takes memory for each of them and each type.
 */
struct error *heap_holders_find(const struct heap *heap, size_t limit, size_t with_parts,
				struct heap_holders *ret) must_use;
void heap_holders_deinit(struct heap_holders *holders);

/* The root that a vertex is; NULL for an object. */
const struct heap_root *heap_vertex_root(const struct heap *heap, uint32_t vertex);

#endif
