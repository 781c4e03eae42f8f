/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_HEAP_DIGEST_H
#define DOWSE_HEAP_DIGEST_H

#include "heap/holders.h"
#include "heap/summary.h"

/*
 * The answers to the questions that are asked most, worked out once, so that an index (index.h) can
 * have them: each else takes a pass over all objects. A heap that has a digest answers from it:
 * heap_count(), heap_group_types(), heap_group_spans(), and heap_holders_find() up to
 * DIGEST_HOLDERS.
 */
#define DIGEST_HOLDERS 100

struct heap_digest {
	bool dominated; /* what is retained was known: else there are no holders either */
	struct heap_totals totals;
	struct heap_group_vector types;
	struct heap_size_class_vector classes;
	struct heap_holders holders;
};

/* After heap_search(), or heap_dominate(): then there is more in it. */
struct error *heap_digest_create(const struct heap *heap, struct heap_digest **ret) must_use;

/* NULL is accepted. */
void heap_digest_destroy(struct heap_digest *digest);

static inline void heap_digest_cleanup(struct heap_digest **digest)
{
	heap_digest_destroy(*digest);
}

/* Copies of its lists. */
struct error *heap_digest_types(const struct heap_digest *digest, struct heap_group_vector *ret)
	must_use;
struct error *heap_digest_classes(const struct heap_digest *digest,
				  struct heap_size_class_vector *ret) must_use;

/* False where there may be more than it has. */
struct error *heap_digest_holders(const struct heap_digest *digest, size_t limit, size_t with_parts,
				  struct heap_holders *ret, bool *ret_enough) must_use;

#endif
