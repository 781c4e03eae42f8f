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

void wrap_text(const struct style *style, unsigned indent, const char *text, struct writer *writer)
{
	struct writer safe = WRITER_TO_MEMORY;
	safe_string_limited(&safe, text, WRAP_LIMIT, NULL);
	const char *at = writer_text(&safe);
	size_t column = indent;
	bool first = true;
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
		writer_bytes(writer, at, length);
		column += columns;
		first = false;
		at += length;
		at += strspn(at, " ");
	}
	writer_char(writer, '\n');
	writer_deinit(&safe);
}
