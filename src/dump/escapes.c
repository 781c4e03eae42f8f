/* SPDX-License-Identifier: Apache-2.0 */
#include "dump/escapes.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/utf8.h"

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* So many digits; -1 where there are not. */
static int32_t hex_number(const char *bytes, size_t length, size_t digits)
{
	int32_t value = 0;
	if (length < digits)
		return -1;
	for (size_t i = 0; i < digits; i++) {
		int digit = hex_digit(bytes[i]);
		if (digit < 0)
			return -1;
		value = value << 4 | digit;
	}
	return value;
}

/* Behind "\u": four digits, or a pair of such. How many bytes of the text it took. */
static size_t decode_unicode(const char *bytes, size_t length, char *ret, size_t *ret_made)
{
	int32_t first = hex_number(bytes, length, 4);
	*ret_made = 0;
	if (first < 0)
		return 0;
	if (first >= 0xd800 && first < 0xdc00 && length >= 10 && bytes[4] == '\\' &&
	    bytes[5] == 'u') {
		int32_t second = hex_number(bytes + 6, length - 6, 4);
		if (second >= 0xdc00 && second < 0xe000) {
			*ret_made = utf8_write(ret, 0x10000 + ((uint32_t)(first - 0xd800) << 10) +
							    (uint32_t)(second - 0xdc00));
			return 10;
		}
	}
	/* Half of a pair means nothing. */
	*ret_made = utf8_write(ret, first >= 0xd800 && first < 0xe000 ? 0xfffd : (uint32_t)first);
	return 4;
}

/* What a backslash and a letter stand for; 0: nothing of that kind. */
static char escaped(char c)
{
	switch (c) {
	case 'n':
		return '\n';
	case 't':
		return '\t';
	case 'r':
		return '\r';
	case 'b':
		return '\b';
	case 'f':
		return '\f';
	case '"':
	case '\\':
	case '/':
	case '\'':
		return c;
	default:
		return 0;
	}
}

size_t escapes_decode_quoted(const char *bytes, size_t length, char *ret, size_t *ret_used)
{
	size_t i = 0, made = 0;
	while (i < length && bytes[i] != '"') {
		if (bytes[i] != '\\' || i + 1 == length) {
			ret[made++] = bytes[i++];
			continue;
		}
		char c = bytes[i + 1];
		size_t used = 0, more = 0;
		if (c == 'u')
			used = decode_unicode(bytes + i + 2, length - i - 2, ret + made, &more);
		int32_t byte = c == 'x' ? hex_number(bytes + i + 2, length - i - 2, 2) : -1;
		if (byte >= 0) {
			ret[made] = (char)byte;
			used = 2;
			more = 1;
		}
		if (!more) {
			ret[made] = escaped(c) ? escaped(c) : '\\';
			more = 1;
			used = escaped(c) ? 0 : (size_t)-1;
		}
		made += more;
		i += 2 + used;
	}
	*ret_used = i < length ? i + 1 : i;
	return made;
}

size_t escapes_decode_octal(const char *bytes, size_t length, char *ret, size_t *ret_used)
{
	size_t made = 0;
	for (size_t i = 0; i < length; made++) {
		bool octal = bytes[i] == '#' && length - i >= 4 && bytes[i + 1] == '0' &&
			     bytes[i + 2] >= '0' && bytes[i + 2] <= '3' && bytes[i + 3] >= '0' &&
			     bytes[i + 3] <= '7';
		ret[made] = octal ? (char)((bytes[i + 2] - '0') << 3 | (bytes[i + 3] - '0'))
				  : bytes[i];
		i += octal ? 4 : 1;
	}
	*ret_used = length;
	return made;
}

size_t escapes_drop_colours(const char *bytes, size_t length, char *ret)
{
	size_t made = 0;
	for (size_t i = 0; i < length;) {
		if (bytes[i] != '\033') {
			ret[made++] = bytes[i++];
			continue;
		}
		i++;
		if (i == length || bytes[i++] != '[')
			continue;
		while (i < length && (bytes[i] < '@' || bytes[i] > '~'))
			i++;
		i += i < length;
	}
	return made;
}
