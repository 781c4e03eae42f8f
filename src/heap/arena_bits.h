/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_HEAP_ARENA_BITS_H
#define DOWSE_HEAP_ARENA_BITS_H

#include "heap/spans.h"

/*
 * Up to Go 1.21, and later without the experiment "allocheaders", the bits that say where pointers
 * are lie beside the heap: a table for each arena of 64 MiB. 1.19 has two bits a word, four words a
 * byte: the low half says that it is a pointer, the high half that more follow in the object.
 */
struct arena_bits {
	struct runtime *runtime;
	uint64_t table; /* of the arenas' descriptions; 0: this release has no such bits */
	bool two;       /* bits a word */
	uint64_t arena; /* the last one that was asked for, and its bits */
	uint64_t arena_at;
	uint8_t *raw; /* of up to ARENA_BITS_MAX bytes of memory */
};

#define ARENA_BITS_MAX ((size_t)1 << 20)

struct error *arena_bits_init(struct arena_bits *bits, struct runtime *runtime) must_use;
void arena_bits_deinit(struct arena_bits *bits);

/* How many bytes a bit for each word takes. */
static inline size_t arena_bits_size(size_t bytes)
{
	return bytes / 64;
}

/* A bit for each word of a span of at most ARENA_BITS_MAX; what is not there is zeroes. */
struct error *arena_bits_span(struct arena_bits *bits, const struct heap_span *span, uint8_t *ret)
	must_use;

/*
 * The same of a part of a single large object, within one arena. *dead says, and afterwards tells,
 * that no more pointers follow.
 */
struct error *arena_bits_part(struct arena_bits *bits, uint64_t address, size_t bytes, bool *dead,
			      uint8_t *ret) must_use;

#endif
