/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_HEAP_VISIT_H
#define DOWSE_HEAP_VISIT_H

#include "heap/heap.h"

/*
 * The bytes of many objects that can be reached, by rising addresses and in large pieces; what lies
 * between two of them in a span is read along. Memory is read: the target must stand still.
 */
struct heap_visitor {
	/*
	 * 0: not this one. Else the bytes of one of its elements: an object too large for one piece
	 * comes in several, of whole elements.
	 */
	uint64_t (*wants)(void *argument, uint32_t vertex);
	/* From where the value begins, which is behind a header, or from `offset` on in a large one. */
	struct error *(*take)(void *argument, uint32_t vertex, uint64_t offset,
			      const uint8_t *bytes, size_t size)must_use;
	void *argument;
};

/*
 * Does the collector take that word of an object for a pointer? Behind the last element of a small
 * object, or what a value of its type needs, lies what was there before. Unknown of large ones: true.
 */
bool heap_visit_is_pointer(const struct heap *heap, uint32_t vertex, uint64_t offset);

/* *ret_unreadable counts objects that are not there, in whole or in part. */
struct error *heap_visit(const struct heap *heap, const struct heap_visitor *visitor,
			 uint64_t *ret_unreadable) must_use;

#endif
