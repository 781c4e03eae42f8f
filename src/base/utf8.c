/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"

#include <stdbool.h>

static bool is_continuation(unsigned char byte)
{
	return (byte & 0xc0) == 0x80;
}

size_t utf8_character(const char *bytes, size_t length)
{
	const unsigned char *at = (const unsigned char *)bytes;
	if (!length)
		return 0;
	if (at[0] < 0x80)
		return 1;

	/* The second byte's range keeps out long forms, surrogates and what is above U+10FFFF. */
	size_t size;
	unsigned char low = 0x80, high = 0xbf;
	if (at[0] >= 0xc2 && at[0] <= 0xdf) {
		size = 2;
	} else if (at[0] >= 0xe0 && at[0] <= 0xef) {
		size = 3;
		low = at[0] == 0xe0 ? 0xa0 : 0x80;
		high = at[0] == 0xed ? 0x9f : 0xbf;
	} else if (at[0] >= 0xf0 && at[0] <= 0xf4) {
		size = 4;
		low = at[0] == 0xf0 ? 0x90 : 0x80;
		high = at[0] == 0xf4 ? 0x8f : 0xbf;
	} else {
		return 0;
	}
	if (length < size || at[1] < low || at[1] > high)
		return 0;
	for (size_t i = 2; i < size; i++) {
		if (!is_continuation(at[i]))
			return 0;
	}
	return size;
}

size_t utf8_write(char *ret, uint32_t character)
{
	if (character < 0x80) {
		ret[0] = (char)character;
		return 1;
	}
	if (character < 0x800) {
		ret[0] = (char)(0xc0 | character >> 6);
		ret[1] = (char)(0x80 | (character & 0x3f));
		return 2;
	}
	if (character < 0x10000) {
		ret[0] = (char)(0xe0 | character >> 12);
		ret[1] = (char)(0x80 | (character >> 6 & 0x3f));
		ret[2] = (char)(0x80 | (character & 0x3f));
		return 3;
	}
	ret[0] = (char)(0xf0 | character >> 18);
	ret[1] = (char)(0x80 | (character >> 12 & 0x3f));
	ret[2] = (char)(0x80 | (character >> 6 & 0x3f));
	ret[3] = (char)(0x80 | (character & 0x3f));
	return 4;
}
