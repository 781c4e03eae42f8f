/* SPDX-License-Identifier: Apache-2.0 */
#include "report/wrap.h"

#include <string.h>

#include "report/safe.h"

#define WRAP_LIMIT 4000

size_t wrap_columns(const char *text, size_t length)
{
	size_t columns = 0;
	for (size_t i = 0; i < length; i++)
		columns += ((unsigned char)text[i] & 0xc0) != 0x80;
	return columns;
}

static void wrap_newline(unsigned indent, struct writer *writer)
{
	writer_char(writer, '\n');
	writer_blanks(writer, indent);
}

/* As many bytes of a word as take so many columns. */
static size_t bytes_of_columns(const char *word, size_t length, size_t columns)
{
	size_t at = 0;
	for (; at < length; at++) {
		if (((unsigned char)word[at] & 0xc0) != 0x80 && !columns--)
			break;
	}
	return at;
}

/* A word at a column, broken where no line could hold it; the column behind it. */
static size_t wrap_word(const struct style *style, unsigned indent, const char *word, size_t length,
			size_t column, struct writer *writer)
{
	size_t room = style->width > column ? style->width - column : 1;
	size_t whole = style->width > indent ? style->width - indent : 1;
	while (wrap_columns(word, length) > MAX(room, whole)) {
		size_t bytes = bytes_of_columns(word, length, room);
		writer_bytes(writer, word, bytes);
		wrap_newline(indent, writer);
		word += bytes;
		length -= bytes;
		column = indent;
		room = whole;
	}
	writer_bytes(writer, word, length);
	return column + wrap_columns(word, length);
}

void wrap_from(const struct style *style, unsigned indent, size_t column, const char *text,
	       struct writer *writer)
{
	struct writer safe = WRITER_TO_MEMORY;
	safe_string_limited(&safe, text, WRAP_LIMIT, NULL);
	const char *at = writer_text(&safe);
	bool first = column == indent;
	while (at && *at) {
		size_t length = strcspn(at, " ");
		size_t columns = wrap_columns(at, length);
		if (!first && column + 1 + columns > style->width) {
			wrap_newline(indent, writer);
			column = indent;
		} else if (!first) {
			writer_char(writer, ' ');
			column++;
		}
		column = wrap_word(style, indent, at, length, column, writer);
		first = false;
		at += length;
		at += strspn(at, " ");
	}
	writer_char(writer, '\n');
	writer_deinit(&safe);
}

void wrap_text(const struct style *style, unsigned indent, const char *text, struct writer *writer)
{
	wrap_from(style, indent, indent, text, writer);
}
