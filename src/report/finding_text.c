/* SPDX-License-Identifier: Apache-2.0 */
#include "report/finding_text.h"

#include <string.h>

#include "model/quantity.h"
#include "report/excerpt_text.h"
#include "report/safe.h"
#include "report/stack_text.h"
#include "report/wrap.h"

#define BODY_COLUMN 10

static void write_label(const struct style *style, const char *label, struct writer *writer)
{
	writer_blanks(writer, 4);
	style_begin(style, STYLE_DIM, writer);
	writer_printf(writer, "%-6s", label);
	style_end(style, STYLE_DIM, writer);
}

static void write_prose(const struct style *style, const char *label, const char *text,
			struct writer *writer)
{
	if (!text)
		return;
	write_label(style, label, writer);
	wrap_text(style, BODY_COLUMN, text, writer);
}

static const char *word_of(const struct finding *finding)
{
	if (finding->change == CHANGE_GONE)
		return finding->mended ? "mended" : "gone";
	return certainty_name(finding->certainty);
}

static enum style_tone tone_of(const struct finding *finding)
{
	static const enum style_tone tones[] = {
		[CERTAINTY_SUSPECT] = STYLE_CYAN,
		[CERTAINTY_LIKELY] = STYLE_YELLOW,
		[CERTAINTY_PROVED] = STYLE_RED,
	};
	return finding->change == CHANGE_GONE ? STYLE_DIM : tones[finding->certainty];
}

/* Where a line has no room for the rule's name its code stands behind the title. */
static void write_title_and_code(const struct finding *finding, struct writer *title,
				 const struct style *style, struct writer *writer)
{
	writer_printf(title, " (%s)", rules_get(finding->rule)->code);
	const char *text = writer_text(title);
	style_begin(style, STYLE_BOLD, writer);
	wrap_text(style, BODY_COLUMN, text ? text : "", writer);
	style_end(style, STYLE_BOLD, writer);
}

/* "  proved  1,000 goroutines ...                                  L6 nil-channel" */
static void write_title(const struct finding *finding, const struct style *style,
			struct writer *writer)
{
	const struct rule *rule = rules_get(finding->rule);
	const char *word = word_of(finding);
	_cleanup_(writer_deinit) struct writer title = WRITER_TO_MEMORY;
	size_t columns;
	safe_string_limited(&title, finding->title, SAFE_LIMIT, &columns);
	writer_blanks(writer, 2);
	style_string(style, tone_of(finding), word, writer);
	writer_blanks(writer, BODY_COLUMN - 2 - strlen(word));
	size_t left = BODY_COLUMN + columns, right = strlen(rule->code) + 1 + strlen(rule->name);
	if (left + 2 + right > style->width) {
		write_title_and_code(finding, &title, style, writer);
		return;
	}
	style_begin(style, STYLE_BOLD, writer);
	writer_bytes(writer, title.bytes, title.length);
	style_end(style, STYLE_BOLD, writer);
	writer_blanks(writer, style->width - left - right);
	style_begin(style, STYLE_DIM, writer);
	writer_printf(writer, "%s %s\n", rule->code, rule->name);
	style_end(style, STYLE_DIM, writer);
}

static void write_position(struct writer *writer, const struct place *place)
{
	safe_string_limited(writer, place->function, 120, NULL);
	if (place->file && strcmp(place->file, "?") != 0) {
		writer_string(writer, "  ");
		stack_text_position(place->file, place->line, writer);
	}
}

/* On one line where they fit, else on several. */
static void write_parts(struct writer *parts, size_t count, const struct style *style,
			struct writer *writer)
{
	size_t column = 0;
	for (size_t i = 0; i < count; i++) {
		const char *text = parts[i].length ? writer_text(&parts[i]) : NULL;
		if (!text)
			continue;
		size_t columns = wrap_columns(text, strlen(text));
		if (column && column + 3 + columns <= style->width) {
			writer_string(writer, "   ");
			column += 3 + columns;
			writer_string(writer, text);
			continue;
		}
		writer_printf(writer, "%s%*s", column ? "\n" : "", BODY_COLUMN, "");
		column = BODY_COLUMN + columns;
		if (column <= style->width) {
			writer_string(writer, text);
		} else {
			wrap_text(style, BODY_COLUMN, text, writer);
			column = 0;
		}
	}
	if (column)
		writer_char(writer, '\n');
	for (size_t i = 0; i < count; i++)
		writer_deinit(&parts[i]);
}

/* Where, started by whom, for how long; or, briefly, on one line. */
static void write_where(const struct finding *finding, bool briefly, const struct style *style,
			struct writer *writer)
{
	struct writer parts[3] = { WRITER_TO_MEMORY, WRITER_TO_MEMORY, WRITER_TO_MEMORY };
	char waits[QUANTITY_SIZE * 2];
	if (finding->place.function) {
		if (finding->place_word)
			writer_printf(&parts[0], "%s ", finding->place_word);
		write_position(&parts[0], &finding->place);
	}
	if (finding->created_by.function && !briefly) {
		writer_string(&parts[1], "started by ");
		write_position(&parts[1], &finding->created_by);
	}
	if (finding->wait_min_ns >= 0 && finding->wait_max_ns >= 0 && !briefly)
		writer_printf(
			&parts[2], "waiting %s",
			quantity_durations(finding->wait_min_ns, finding->wait_max_ns, waits));
	else if (finding->wait_max_ns >= 0 && !briefly)
		writer_printf(&parts[2], "waiting up to %s",
			      quantity_duration(finding->wait_max_ns, waits));
	write_parts(parts, ARRAY_SIZE(parts), style, writer);
}

/* "main.sessions → [value] *main.Session → .buf [4096]uint8" */
static void write_path(const struct finding *finding, const struct style *style,
		       struct writer *writer)
{
	struct writer path = WRITER_TO_MEMORY;
	for (size_t i = 0; i < finding->path_count; i++)
		writer_printf(&path, "%s%s", i ? " → " : "", finding->path[i]);
	const char *text = path.length ? writer_text(&path) : NULL;
	if (text) {
		writer_blanks(writer, BODY_COLUMN);
		wrap_text(style, BODY_COLUMN, text, writer);
	}
	writer_deinit(&path);
}

/* "They hold 2.1 MiB, and 310 more come every hour." */
static void write_amount(const struct finding *finding, struct writer *writer)
{
	char text[QUANTITY_SIZE];
	bool grows = finding->growth_per_hour != INT64_MIN && finding->growth_per_hour > 0;
	if (!finding->example || (finding->bytes <= 0 && !grows))
		return;
	writer_blanks(writer, BODY_COLUMN);
	if (finding->bytes > 0)
		writer_printf(writer, "%s %s%s", finding->count == 1 ? "It holds" : "They hold",
			      quantity_bytes(finding->bytes, text), grows ? ", and " : "");
	if (grows)
		writer_printf(writer, "%s more come every hour",
			      quantity_count((uint64_t)finding->growth_per_hour, text));
	writer_string(writer, ".\n");
}

/* Of another process that it is compared with. */
static void write_before(const struct finding *finding, const struct style *style,
			 struct writer *writer)
{
	char count[QUANTITY_SIZE], bytes[QUANTITY_SIZE];
	if (finding->change == CHANGE_UNKNOWN)
		return;
	write_label(style, "was", writer);
	if (finding->change == CHANGE_NEW) {
		writer_string(writer, "not there: it is new.\n");
		return;
	}
	writer_printf(writer, "there too: %s", quantity_count(finding->count_before, count));
	if (finding->bytes_before > 0)
		writer_printf(writer, ", %s", quantity_bytes(finding->bytes_before, bytes));
	writer_string(writer, ".\n");
}

void finding_text(const struct finding *finding, enum finding_depth depth,
		  const struct style *style, struct writer *writer)
{
	bool gone = finding->change == CHANGE_GONE;
	write_title(finding, style, writer);
	if (depth >= FINDING_WHOLE)
		write_path(finding, style, writer);
	if (depth >= FINDING_PLACE)
		write_where(finding, depth < FINDING_WHOLE, style, writer);
	if (gone) {
		if (depth >= FINDING_FIX) {
			writer_blanks(writer, BODY_COLUMN);
			wrap_text(style, BODY_COLUMN, finding->change_why, writer);
		}
		return;
	}
	if (depth >= FINDING_SOURCE)
		excerpt_text(finding->source, BODY_COLUMN, style, writer);
	if (depth >= FINDING_WHOLE) {
		write_amount(finding, writer);
		write_before(finding, style, writer);
		write_prose(style, "why", finding->why, writer);
		write_prose(style, "check", finding->settle, writer);
	}
	if (depth >= FINDING_FIX)
		write_prose(style, "fix", finding->fix, writer);
}
