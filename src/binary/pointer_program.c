/* SPDX-License-Identifier: Apache-2.0 */
#include "binary/pointer_program.h"

#include <string.h>

#include "base/cursor.h"

/*
 *	0nnnnnnn  n bits follow, in the next (n + 7) / 8 bytes; n = 0 ends the program
 *	1nnnnnnn  repeat the last n bits c times; n, if 0, and c follow as varints
 */
#define REPEAT      0x80
#define COUNT_MASK  0x7f
#define REPEATS_MAX 8 /* of nothing, in a row */

struct writing {
	uint8_t *mask;
	size_t count;
	size_t done;
};

static bool bit_at(const uint8_t *bits, size_t index)
{
	return bits[index / 8] >> index % 8 & 1;
}

static void put(struct writing *writing, bool bit)
{
	if (writing->done < writing->count && bit)
		writing->mask[writing->done / 8] |= (uint8_t)(1u << writing->done % 8);
	writing->done++;
}

static void repeat(struct writing *writing, uint64_t length, uint64_t times)
{
	size_t from = writing->done - (size_t)length;
	/* What lies beyond the end of the mask is not wanted. */
	for (uint64_t i = 0; i < times && writing->done < writing->count; i++) {
		for (size_t j = 0; j < length && writing->done < writing->count; j++)
			put(writing, bit_at(writing->mask, from + j));
	}
}

bool pointer_program_run(const uint8_t *program, size_t size, uint8_t *mask, size_t count)
{
	struct cursor cursor = cursor_make(program, size, "a pointer program", 0);
	struct writing writing = { .mask = mask, .count = count };
	unsigned idle = 0;
	memset(mask, 0, (count + 7) / 8);
	while (writing.done < count && idle < REPEATS_MAX) {
		size_t before = writing.done;
		uint8_t instruction = cursor_u8(&cursor);
		uint64_t length = instruction & COUNT_MASK;
		if (instruction & REPEAT) {
			if (!length)
				length = cursor_uleb128(&cursor);
			uint64_t times = cursor_uleb128(&cursor);
			if (cursor.failure || !length || length > writing.done)
				return false;
			repeat(&writing, length, times);
		} else {
			const uint8_t *bits = cursor_bytes(&cursor, (size_t)(length + 7) / 8);
			if (!bits)
				return false;
			if (!length) /* the rest has no pointers */
				return true;
			for (size_t i = 0; i < length; i++)
				put(&writing, bit_at(bits, i));
		}
		idle = writing.done == before ? idle + 1 : 0;
	}
	return writing.done >= count;
}
