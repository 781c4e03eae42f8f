/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_DUMP_NEEDLE_H
#define DOWSE_DUMP_NEEDLE_H

#include <stddef.h>
#include <stdint.h>

/* A word of at least two bytes that is looked for in gigabytes of text. */
struct needle {
	const char *word;
	size_t length;
	size_t first, second; /* two of its bytes that seldom come together */
};

#define NEEDLE(text, a, b)                                                                         \
	((struct needle){ .word = (text), .length = sizeof(text) - 1, .first = (a), .second = (b) })

/* The next one at `from` or behind it; `length` where there is none. */
size_t needle_find(const struct needle *needle, const char *bytes, size_t length, size_t from);

uint64_t needle_count_lines(const char *bytes, size_t length);

#endif
