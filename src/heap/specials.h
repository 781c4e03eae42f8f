/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_HEAP_SPECIALS_H
#define DOWSE_HEAP_SPECIALS_H

#include "runtime/heap_ranges.h"

/*
 * Records that the runtime has attached to objects: a finalizer, a weak pointer, a cleanup, where a
 * sampled one was allocated. They lie outside the heap.
 */
#define HEAP_SPECIAL_MAX ((int32_t)256)

struct heap_special {
	uint64_t address;     /* of the record */
	const uint8_t *bytes; /* of it: all that is known of any kind */
	uint8_t kind;         /* layout.special_kind_...; unknown ones are told, too */
	uint64_t object;      /* what it is attached to: an address in its slot */
	bool pointers;        /* its span's objects can hold some */
};

typedef struct error *heap_special_visitor(void *argument, const struct heap_special *special);

/*
 * All of them; the target must stand still. *ret_problem is what could not be read or understood,
 * static text, or NULL.
 */
struct error *heap_specials_walk(struct runtime *runtime, const struct address_range_vector *heap,
				 heap_special_visitor *visit, void *argument,
				 const char **ret_problem) must_use;

#endif
