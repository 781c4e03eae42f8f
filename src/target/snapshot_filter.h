/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_TARGET_SNAPSHOT_FILTER_H
#define DOWSE_TARGET_SNAPSHOT_FILTER_H

#include <stddef.h>
#include <stdint.h>

/*
 * Objects of one size lie side by side in Go's heap, and what stands at the same place in two
 * neighbours is often nearly the same: pointers, counters, times. So each 64-bit word becomes its
 * difference from the word one object before, which compresses half as large again, and faster.
 * Every SNAPSHOT_CHUNK bytes have a stride of their own, in words; 0 leaves them as they are.
 */
#define SNAPSHOT_CHUNK ((size_t)32 << 10)

static inline size_t snapshot_chunks(size_t size)
{
	return (size + SNAPSHOT_CHUNK - 1) / SNAPSHOT_CHUNK;
}

/* Choose the strides, one for each chunk, and filter in place. */
void snapshot_filter(uint8_t *bytes, size_t size, uint8_t *ret_strides);

/* Any strides are good: what reaches before the first byte is taken as zero. */
void snapshot_filter_undo(uint8_t *bytes, size_t size, const uint8_t *strides);

#endif
