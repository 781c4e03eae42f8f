/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_BASE_VECTOR_H
#define DOWSE_BASE_VECTOR_H

#include "base/error.h"

/*
 * Typed growing arrays. DEFINE_VECTOR(range_vector, struct range) defines `struct range_vector`
 * with items, count and capacity, and the functions range_vector_append(), _reserve(), _deinit().
 * All zeroes is an empty vector. Pointers to items die with the next append.
 */

/* Make room for `count` items of `size` bytes. *items and *capacity stay as they were on failure. */
struct error *vector_grow(void **items, size_t *capacity, size_t count, size_t size) must_use;

#define DEFINE_VECTOR(name, type)                                                                  \
	struct name {                                                                              \
		type *items;                                                                       \
		size_t count;                                                                      \
		size_t capacity;                                                                   \
	};                                                                                         \
	maybe_unused static inline must_use struct error *name##_reserve(struct name *vector,      \
									 size_t count)             \
	{                                                                                          \
		if (count <= vector->capacity)                                                     \
			return NULL;                                                               \
		void *items = vector->items;                                                       \
		TRY(vector_grow(&items, &vector->capacity, count, sizeof(type)));                  \
		vector->items = items;                                                             \
		return NULL;                                                                       \
	}                                                                                          \
	maybe_unused static inline must_use struct error *name##_append(struct name *vector,       \
									const type *item)          \
	{                                                                                          \
		TRY(name##_reserve(vector, vector->count + 1));                                    \
		vector->items[vector->count++] = *item;                                            \
		return NULL;                                                                       \
	}                                                                                          \
	maybe_unused static inline void name##_deinit(struct name *vector)                         \
	{                                                                                          \
		free(vector->items);                                                               \
		*vector = (struct name){ 0 };                                                      \
	}                                                                                          \
	struct name /* so that the macro takes a semicolon */

DEFINE_VECTOR(u64_vector, uint64_t);

#endif
