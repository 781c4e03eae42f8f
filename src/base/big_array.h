/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_BASE_BIG_ARRAY_H
#define DOWSE_BASE_BIG_ARRAY_H

#include "base/error.h"

/*
 * Arrays of millions of items that are read out of order: pages straight from the kernel, large ones
 * where it has them, since most of such a read's time is else spent on looking up its page. They
 * begin as zeroes, cost nothing before they are touched, and are given back at once. Who allocated
 * an array remembers how many items it has.
 */

/* `ret` is the address of a pointer to items of `size` bytes. */
struct error *big_array_allocate(size_t count, size_t size, void *ret) must_use;

/*
 * Room for `wanted` items in all; `items` is the address of the pointer, which may change. Nothing
 * is copied, but pages are moved.
 */
struct error *big_array_grow(void *items, size_t count, size_t wanted, size_t size) must_use;

/* Give back what lies behind the first `left` items; the array has so many from now on. */
void big_array_shrink(void *items, size_t count, size_t left, size_t size);

/* NULL is accepted. */
void big_array_free(void *items, size_t count, size_t size);

#endif
