/* SPDX-License-Identifier: Apache-2.0 */
#include "report/page.h"

#include <string.h>

#include "report/page_bundle.h"

/*
 * An element that holds data is ended by "</script", and "<!--" changes how it is read. Outside of
 * strings JSON has none of these characters, so that escapes stand for them everywhere.
 */
static void write_escaped(const char *bytes, size_t length, struct writer *writer)
{
	size_t begin = 0;
	for (size_t i = 0; i < length; i++) {
		char c = bytes[i];
		if (c != '<' && c != '>' && c != '&')
			continue;
		writer_bytes(writer, bytes + begin, i - begin);
		writer_printf(writer, "\\u%04x", (unsigned)c);
		begin = i + 1;
	}
	writer_bytes(writer, bytes + begin, length - begin);
}

static void write_document(const char *bytes, size_t length, struct writer *writer)
{
	writer_string(writer, "<script type=\"application/json\">");
	write_escaped(bytes, length, writer);
	writer_string(writer, "</script>\n");
}

void page_html(const char *documents, size_t length, struct writer *writer)
{
	writer_bytes(writer, page_bundle_head, page_bundle_head_length);
	while (length) {
		const char *end = memchr(documents, '\n', length);
		size_t line = end ? (size_t)(end - documents) : length;
		if (line)
			write_document(documents, line, writer);
		line += end ? 1 : 0;
		documents += line;
		length -= line;
	}
	writer_bytes(writer, page_bundle_tail, page_bundle_tail_length);
}
