/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_HEAP_SCAN_PRIVATE_H
#define DOWSE_HEAP_SCAN_PRIVATE_H

#include "base/vector.h"
#include "heap/scan.h"
#include "heap/words.h"

#define SCAN_SHAPE_CACHE 256

/* One thread's work: objects become edges. */
struct scanner {
	struct runtime *runtime;
	const struct heap_spans *spans;
	struct heap_scan
		*scan; /* rows, shapes and types of other objects than one's own are shared */
	struct heap_types *types;
	struct heap_words *words;
	pthread_mutex_t *lock; /* guards the target, `types`, the list of shapes */
	struct heap_words_cache cache;
	struct {
		struct heap_shape shape;
		uint16_t number;
	} shapes[SCAN_SHAPE_CACHE];
	uint64_t last_type; /* of a header; for slots of `last_slot_size` */
	uint64_t last_slot_size;
	uint32_t last_number;
	uint32_t last_array;
	const struct heap_type_layout *last_layout;
	uint8_t *mask; /* where there is no layout: a bit for each word of the value; owned */

	uint32_t *edges; /* of the piece in hand */
	size_t count;
	size_t capacity;
	size_t pending; /* words that lead nowhere, since the last edge of the object in hand */
};

/* The bytes of a span that are in hand, and those that say where its pointers are. */
struct scanned_span {
	const struct heap_span *span;
	const uint64_t *words; /* from the beginning of slot `slot` on */
	uint32_t slot;         /* the first one in hand */
	uint32_t slots;        /* how many are; at most up to the span's end */
	const uint8_t *bits; /* the span's, or the arena's for these words; NULL: a type says it */
};

/* Room for so many more edges. */
struct error *scanner_reserve(struct scanner *scanner, size_t count) must_use;

/* Whole slots: rows, relative to the piece's first edge, shapes, types, edges. */
struct error *scan_slots(struct scanner *scanner, const struct scanned_span *part) must_use;

/*
 * One object, piece by piece: begin, then its words in order, as many as there are in one call as
 * the buffer holds; then end.
 */
struct scan_object {
	const struct heap_span *span;
	const struct heap_type_layout *layout; /* NULL: bits say it */
	const uint8_t *mask; /* for all of it; NULL: the bits that come with the words */
	uint64_t at;         /* distance from the value's beginning */
	uint64_t element;    /* where the element in hand begins */
	size_t slot;         /* of the layout: the next one */
	uint64_t last;       /* the last word of the piece before */
	bool last_is_pointer;
	uint64_t first_pointers; /* mask of the first 64 words, from bits */
	uint64_t pointers_end;   /* behind the last word that can hold one, from bits */
};

struct error *scan_object_begin(struct scanner *scanner, const struct heap_span *span,
				uint64_t header, uint32_t vertex, struct scan_object *ret) must_use;
/* bits[first_bit] is of words[0]. */
struct error *scan_object_words(struct scanner *scanner, struct scan_object *object,
				const uint64_t *words, size_t count, const uint8_t *bits,
				size_t first_bit) must_use;
/* A large one that bits described: its shape says where its pointers begin and end. */
struct error *scan_object_shape(struct scanner *scanner, const struct scan_object *object,
				uint32_t vertex) must_use;

#endif
