/* SPDX-License-Identifier: Apache-2.0 */
#include "report/excerpt_text.h"

#include <string.h>

#include "base/text.h"
#include "report/safe.h"
#include "report/wrap.h"

#define AROUND      1 /* lines before and behind that a report has room for */
#define TAB_COLUMNS 4
#define LINE_LIMIT  1000 /* characters */

static size_t shown_from(const struct excerpt *excerpt)
{
	return MAX(excerpt->first, excerpt->line - MIN(excerpt->line, (size_t)AROUND));
}

static size_t shown_to(const struct excerpt *excerpt)
{
	return MIN(excerpt->first + excerpt->count - 1, excerpt->line + AROUND);
}

static const char *line_of(const struct excerpt *excerpt, size_t number)
{
	return excerpt->lines[number - excerpt->first];
}

/* Columns that a line begins with nothing in; SIZE_MAX where nothing follows. */
static size_t indent_of(const char *line, const char **ret_rest)
{
	size_t columns = 0;
	for (; *line == ' ' || *line == '\t'; line++)
		columns += *line == '\t' ? TAB_COLUMNS : 1;
	*ret_rest = line;
	return *line ? columns : SIZE_MAX;
}

static size_t common_indent(const struct excerpt *excerpt)
{
	size_t least = SIZE_MAX;
	const char *rest;
	for (size_t i = shown_from(excerpt); i <= shown_to(excerpt); i++)
		least = MIN(least, indent_of(line_of(excerpt, i), &rest));
	return least;
}

/* Tabs, as an editor shows them: one that stands among other characters is a blank. */
static void write_plain(const char *text, struct writer *writer)
{
	for (; *text; text++)
		writer_char(writer, *text == '\t' ? ' ' : *text);
}

/* So much of a text as there are columns for. */
static void write_cut(const struct writer *text, size_t columns, struct writer *writer)
{
	if (wrap_columns(text->bytes, text->length) <= columns) {
		writer_bytes(writer, text->bytes, text->length);
		return;
	}
	size_t at = 0;
	for (; at < text->length; at++) {
		bool begins = ((unsigned char)text->bytes[at] & 0xc0) != 0x80;
		if (begins && columns-- <= 1)
			break;
	}
	writer_bytes(writer, text->bytes, at);
	writer_string(writer, "…");
}

static void write_line(const struct excerpt *excerpt, size_t number, size_t common, unsigned indent,
		       const struct style *style, struct writer *writer)
{
	_cleanup_(writer_deinit) struct writer plain = WRITER_TO_MEMORY, safe = WRITER_TO_MEMORY;
	bool chosen = number == excerpt->line;
	const char *rest;
	size_t columns = indent_of(line_of(excerpt, number), &rest);
	writer_blanks(&plain, columns == SIZE_MAX ? 0 : (unsigned)(columns - common));
	write_plain(rest, &plain);
	const char *text = writer_text(&plain);
	safe_string_limited(&safe, text ? text : "", LINE_LIMIT, NULL);
	writer_blanks(writer, indent);
	style_begin(style, chosen ? STYLE_BOLD : STYLE_DIM, writer);
	writer_printf(writer, "%s%5zu", chosen ? "→" : " ", number);
	if (safe.length)
		writer_string(writer, "  ");
	write_cut(&safe, style->width > indent + 9 ? style->width - indent - 8 : 1, writer);
	style_end(style, chosen ? STYLE_BOLD : STYLE_DIM, writer);
	writer_char(writer, '\n');
}

static void write_doubt(const struct excerpt *excerpt, unsigned indent, const struct style *style,
			struct writer *writer)
{
	_cleanup_(writer_deinit) struct writer words = WRITER_TO_MEMORY;
	safe_string_limited(&words, text_base_name(excerpt->file), 80, NULL);
	writer_string(&words, excerpt->state == EXCERPT_CHANGED
				      ? " has changed since the program was built."
				      : " may have changed since the program was built.");
	const char *text = writer_text(&words);
	writer_blanks(writer, indent);
	style_begin(style, STYLE_DIM, writer);
	wrap_text(style, indent, text ? text : "", writer);
	style_end(style, STYLE_DIM, writer);
}

void excerpt_text(const struct excerpt *excerpt, unsigned indent, const struct style *style,
		  struct writer *writer)
{
	if (!excerpt)
		return;
	size_t common = excerpt->count ? common_indent(excerpt) : 0;
	for (size_t i = shown_from(excerpt); excerpt->count && i <= shown_to(excerpt); i++)
		write_line(excerpt, i, common, indent, style, writer);
	if (excerpt->state != EXCERPT_SAME)
		write_doubt(excerpt, indent, style, writer);
}

const char *excerpt_line(const struct excerpt *excerpt)
{
	const char *rest = NULL;
	if (excerpt && excerpt->count)
		indent_of(line_of(excerpt, excerpt->line), &rest);
	return rest;
}

void member_source(struct json *json, const struct excerpt *excerpt)
{
	json_key(json, "source");
	if (!excerpt) {
		json_null(json);
		return;
	}
	json_object_begin(json);
	json_member_string(json, "file", excerpt->file);
	json_member_string(json, "state", excerpt_state_name(excerpt->state));
	json_member_known(json, "first_line", excerpt->count ? (int64_t)excerpt->first : -1);
	json_key(json, "lines");
	json_array_begin(json);
	for (size_t i = 0; i < excerpt->count; i++)
		json_string(json, excerpt->lines[i]);
	json_array_end(json);
	json_object_end(json);
}
