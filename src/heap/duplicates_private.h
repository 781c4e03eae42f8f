/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_HEAP_DUPLICATES_PRIVATE_H
#define DOWSE_HEAP_DUPLICATES_PRIVATE_H

#include "base/map.h"
#include "heap/duplicates.h"
#include "heap/headers.h"

/*
 * One string or slice that may have copies. Of a short string that lies in a block with others,
 * `length` is not 0: then it and `offset` say where. There are millions: 16 bytes each.
 */
struct duplicate_item {
	union {
		uint64_t hash; /* of type, length and contents; later */
		uint64_t kind; /* a number instead: the same for those with the same hash */
	};
	uint32_t vertex;
	uint8_t offset;
	uint8_t length;
	bool equal; /* to the first one with that hash */
};

DEFINE_VECTOR(duplicate_item_vector, struct duplicate_item);

/* Items side by side that are equal. */
struct duplicate_run {
	size_t first;
	size_t count;
	uint64_t bytes;
	uint64_t saved;
};

DEFINE_VECTOR(duplicate_run_vector, struct duplicate_run);

struct finding {
	struct heap *heap;
	struct heap_headers *headers;
	struct heap_duplicates *duplicates;
	/*
	 * By object: how many of its bytes are used; 0: not looked at. Of a block of short strings, for
	 * each of its bytes in four bits the length of the string that begins there.
	 */
	uint64_t *extents;
	struct map lengths; /* type and length → how many */
	struct duplicate_item_vector items;
	struct duplicate_run_vector runs;
	uint32_t string; /* the type's number */
	uint64_t hash;   /* of the large object in hand, up to where it was read */
};

#define DUPLICATE_BLOCK UINT64_C(16)
#define DUPLICATE_WHOLE UINT64_MAX /* a block that is one string */

uint64_t duplicate_address(const struct finding *finding, const struct duplicate_item *item);
uint64_t duplicate_length(const struct finding *finding, const struct duplicate_item *item);

/*
 * duplicates_compare.c: kinds for all items, which are in the order of their hashes, and `equal` where
 * they are so to the first of their kind. They are in another order then.
 */
struct error *duplicates_compare(struct finding *finding) must_use;

/* duplicates_keepers.c: for the rows of the list, which are those of the first runs. */
struct error *duplicates_find_keepers(struct finding *finding) must_use;

#endif
