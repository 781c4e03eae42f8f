/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_HEAP_SPANS_H
#define DOWSE_HEAP_SPANS_H

#include "base/vector.h"
#include "heap/graph.h"
#include "runtime/heap_ranges.h"

/*
 * The heap's spans and the numbers of their slots: a vertex of the graph is a slot, free or in use,
 * counted through all spans by rising addresses.
 */
enum heap_bits {
	HEAP_BITS_NONE,  /* objects without pointers */
	HEAP_BITS_ARENA, /* up to 1.21, and without allocheaders: beside the heap, for each arena */
	HEAP_BITS_SPAN,  /* at the end of the span */
	HEAP_BITS_HEADER, /* each object begins with the address of its type */
	HEAP_BITS_TYPE,   /* one object, whose type the span names */
};

struct heap_span {
	uint64_t start;
	uint64_t slot_size;
	uint32_t first; /* vertex of slot 0 */
	uint32_t count;
	uint32_t inverse; /* of slot_size, times 2^32, rounded up; 0 for a single slot */
	uint8_t bits;     /* enum heap_bits */
	uint8_t head;     /* bytes before the value in a slot: the header */
	bool marks_inside;
	bool unswept;     /* what was not marked is dead, and counts as in use all the same */
	uint64_t bits_at; /* HEAP_BITS_SPAN: where they are; HEAP_BITS_TYPE: the type's address */
	uint64_t end;
};

DEFINE_VECTOR(heap_span_vector, struct heap_span);

struct heap_spans {
	struct heap_span_vector list; /* by rising addresses */
	uint32_t vertex_count;
	uint64_t low; /* where the first arena begins */
	uint64_t size;
	uint32_t *arenas; /* by distance from `low`: 1 + which row of `pages`, 0 for none */
	uint32_t *pages;  /* 1 + index into list, 0 for none; a row for each arena */
	uint32_t *blocks; /* by vertex / HEAP_SPANS_BLOCK: the span of the first one */
	uint64_t *used;   /* a bit for each vertex: the slot is in use */
	uint64_t *dead; /* a bit: in use, but the last collection did not find it; NULL: none is */
	bool damaged;   /* some spans made no sense and were left out */
};

#define HEAP_SPANS_BLOCK 256
#define HEAP_ARENA_BITS  26
#define HEAP_PAGE_BITS   13

/* The target must stand still. */
struct error *heap_spans_read(struct runtime *runtime, struct heap_spans *ret) must_use;
void heap_spans_deinit(struct heap_spans *spans);

/* Once the list and vertex_count are there: the ways from an address and from a vertex to its span. */
struct error *heap_spans_number(struct heap_spans *spans) must_use;

/* What `inverse` is. */
static inline uint32_t heap_span_inverse(uint64_t count, uint64_t slot_size)
{
	return count > 1 ? (uint32_t)(((UINT64_C(1) << 32) + slot_size - 1) / slot_size) : 0;
}

/* The span that an address lies in; NULL when none does. */
static inline const struct heap_span *heap_spans_find(const struct heap_spans *spans,
						      uint64_t address)
{
	uint64_t distance = address - spans->low;
	if (distance >= spans->size)
		return NULL;
	uint32_t row = spans->arenas[distance >> HEAP_ARENA_BITS];
	if (!row)
		return NULL;
	const uint64_t pages = UINT64_C(1) << (HEAP_ARENA_BITS - HEAP_PAGE_BITS);
	uint32_t span =
		spans->pages[(row - 1) * pages + (distance >> HEAP_PAGE_BITS & (pages - 1))];
	return span ? &spans->list.items[span - 1] : NULL;
}

/* The slot that an address lies in, as an edge to it; EDGE_NONE when there is none. */
static inline uint32_t heap_spans_edge(const struct heap_spans *spans, uint64_t address)
{
	const struct heap_span *span = heap_spans_find(spans, address);
	if (!span)
		return EDGE_NONE;
	uint64_t distance = address - span->start;
	uint32_t slot = (uint32_t)(distance * span->inverse >> 32);
	if (slot >= span->count)
		return EDGE_NONE;
	return edge_make(span->first + slot, distance - slot * span->slot_size != span->head);
}

const struct heap_span *heap_spans_of(const struct heap_spans *spans, uint32_t vertex);

/* Where the slot begins. */
uint64_t heap_spans_address(const struct heap_spans *spans, uint32_t vertex);

static inline bool heap_bit(const uint64_t *bits, uint32_t index)
{
	return bits[index / 64] >> index % 64 & 1;
}

static inline void heap_bit_set(uint64_t *bits, uint32_t index)
{
	bits[index / 64] |= UINT64_C(1) << index % 64;
}

#endif
