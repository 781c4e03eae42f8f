/* SPDX-License-Identifier: Apache-2.0 */
#include "binary/build_quote.h"

#include <string.h>

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* The value of `count` digits of the base, or -1. */
static int64_t number(const char *bytes, const char *end, size_t count, int base)
{
	if ((size_t)(end - bytes) < count)
		return -1;
	int64_t value = 0;
	for (size_t i = 0; i < count; i++) {
		int digit = hex_digit(bytes[i]);
		if (digit < 0 || digit >= base)
			return -1;
		value = value * base + digit;
	}
	return value;
}

static size_t encode_utf8(uint32_t c, char *into)
{
	if (c < 0x80) {
		into[0] = (char)c;
		return 1;
	}
	size_t more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
	static const uint8_t heads[] = { 0, 0xc0, 0xe0, 0xf0 };
	into[0] = (char)(heads[more] | (c >> (6 * more)));
	for (size_t i = 1; i <= more; i++)
		into[i] = (char)(0x80 | ((c >> (6 * (more - i))) & 0x3f));
	return more + 1;
}

/*
 * One escape behind its backslash; the result, at most 4 bytes, is never longer than the escape.
 * Returns how many bytes of it were used, 0 when it is none.
 */
static size_t unescape(const char *bytes, const char *end, char *into, size_t *ret_written)
{
	static const char letters[] = "abfnrtv\\\"'";
	static const char values[] = "\a\b\f\n\r\t\v\\\"'";
	const char *simple = bytes < end && *bytes ? strchr(letters, *bytes) : NULL;
	if (simple) {
		*into = values[simple - letters];
		*ret_written = 1;
		return 1;
	}
	static const struct {
		char letter;
		size_t digits;
	} forms[] = { { 'x', 2 }, { 'u', 4 }, { 'U', 8 } };
	for (size_t i = 0; bytes < end && i < ARRAY_SIZE(forms); i++) {
		if (*bytes != forms[i].letter)
			continue;
		int64_t value = number(bytes + 1, end, forms[i].digits, 16);
		if (value < 0 || value > 0x10ffff)
			return 0;
		*into = (char)value;
		*ret_written = forms[i].letter == 'x' ? 1 : encode_utf8((uint32_t)value, into);
		return forms[i].digits + 1;
	}
	int64_t value = number(bytes, end, 3, 8);
	if (value < 0 || value > 255)
		return 0;
	*into = (char)value;
	*ret_written = 1;
	return 3;
}

/* False when the closing quote is missing or an escape is wrong. */
static bool unquote(const char *bytes, size_t length, char *into, size_t *ret_used)
{
	const char *end = bytes + length;
	const char quote = *bytes;
	const char *at = bytes + 1;
	while (at < end && *at != quote) {
		if (*at != '\\' || quote == '`') {
			*into++ = *at++;
			continue;
		}
		size_t written = 0;
		size_t used = unescape(at + 1, end, into, &written);
		if (used == 0)
			return false;
		at += 1 + used;
		into += written;
	}
	*into = '\0';
	*ret_used = (size_t)(at - bytes) + 1;
	return at < end;
}

struct error *build_unquote(struct arena *arena, const char *bytes, size_t length, char stop,
			    const char **ret, size_t *ret_used)
{
	char *copy = arena_allocate(arena, length + 1);
	if (!copy)
		return error_no_memory();
	*ret = copy;
	if (length > 0 && (*bytes == '"' || *bytes == '`') &&
	    unquote(bytes, length, copy, ret_used))
		return NULL;

	const char *end = stop && length > 0 ? memchr(bytes, stop, length) : NULL;
	size_t used = end ? (size_t)(end - bytes) : length;
	if (used > 0)
		memcpy(copy, bytes, used);
	copy[used] = '\0';
	*ret_used = used;
	return NULL;
}
