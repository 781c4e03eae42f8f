/* SPDX-License-Identifier: Apache-2.0 */
#include "report/safe.h"

#include <string.h>

#include "base/utf8.h"

static uint32_t safe_decode(const char *bytes, size_t size)
{
	const unsigned char *at = (const unsigned char *)bytes;
	if (size == 1)
		return at[0];
	uint32_t value = at[0] & (0xffu >> (size + 1));
	for (size_t i = 1; i < size; i++)
		value = value << 6 | (at[i] & 0x3f);
	return value;
}

/*
 * Characters that change what stands around them: controls, line and paragraph separators, marks
 * that turn the direction of text, and what is not seen at all.
 */
static bool safe_is_active(uint32_t character)
{
	return character < 0x20 || (character >= 0x7f && character < 0xa0) || character == 0xad ||
	       character == 0x61c || (character >= 0x200b && character <= 0x200f) ||
	       (character >= 0x2028 && character <= 0x202e) ||
	       (character >= 0x2060 && character <= 0x206f) || character == 0xfeff ||
	       (character >= 0xfff9 && character <= 0xfffb) ||
	       (character >= 0xe0000 && character <= 0xe0fff);
}

static size_t safe_escape(struct writer *writer, uint32_t character)
{
	switch (character) {
	case '\n':
		writer_string(writer, "\\n");
		return 2;
	case '\t':
		writer_string(writer, "\\t");
		return 2;
	case '\r':
		writer_string(writer, "\\r");
		return 2;
	}
	if (character < 0x80) {
		writer_printf(writer, "\\x%02x", character);
		return 4;
	}
	if (character < 0x10000) {
		writer_printf(writer, "\\u%04x", character);
		return 6;
	}
	writer_printf(writer, "\\U%08x", character);
	return 10;
}

/* Write one character from the head of the bytes; its size, and its columns added. */
static size_t safe_character(struct writer *writer, const char *bytes, size_t length,
			     size_t *columns)
{
	size_t size = utf8_character(bytes, length);
	if (!size) {
		writer_printf(writer, "\\x%02x", (unsigned char)bytes[0]);
		*columns += 4;
		return 1;
	}
	uint32_t character = safe_decode(bytes, size);
	if (safe_is_active(character)) {
		*columns += safe_escape(writer, character);
	} else {
		writer_bytes(writer, bytes, size);
		*columns += 1;
	}
	return size;
}

/* Bytes from `at` on until `characters` are written or the end is reached; where it stopped. */
static size_t safe_run(struct writer *writer, const char *string, size_t at, size_t length,
		       size_t characters, size_t *columns)
{
	for (; at < length && characters; characters--)
		at += safe_character(writer, string + at, length - at, columns);
	return at;
}

/* Where the last `characters` begin, without cutting one in two. */
static size_t safe_tail(const char *string, size_t from, size_t length, size_t characters)
{
	size_t at = length;
	for (; at > from && characters; characters--) {
		at--;
		for (int i = 0; i < 3 && at > from && ((unsigned char)string[at] & 0xc0) == 0x80;
		     i++)
			at--;
	}
	return at;
}

/* The plain case, which nearly every string is: printable ASCII within the limit. */
static bool safe_is_plain(const char *string, size_t length, size_t limit)
{
	if (length > limit)
		return false;
	for (size_t i = 0; i < length; i++) {
		if (string[i] < 0x20 || string[i] >= 0x7f)
			return false;
	}
	return true;
}

void safe_string_limited(struct writer *writer, const char *string, size_t limit,
			 size_t *ret_columns)
{
	size_t length = strlen(string), columns = 0;
	if (safe_is_plain(string, length, limit)) {
		writer_bytes(writer, string, length);
		columns = length;
	} else {
		size_t half = limit / 2;
		size_t head = safe_run(writer, string, 0, length, half, &columns);
		size_t tail = safe_tail(string, head, length, limit - half);
		if (tail > head) {
			writer_string(writer, "…");
			columns++;
		}
		safe_run(writer, string, tail, length, SIZE_MAX, &columns);
	}
	if (ret_columns)
		*ret_columns = columns;
}

void safe_string(struct writer *writer, const char *string)
{
	safe_string_limited(writer, string, SAFE_LIMIT, NULL);
}
