/* SPDX-License-Identifier: Apache-2.0 */
#include "report/screen.h"

#include <string.h>

/* Where nothing limits them: in full, then a line each. */
#define FINDINGS_IN_FULL 4

static size_t count_lines(const struct writer *writer)
{
	size_t lines = 0;
	for (size_t i = 0; i < writer->length; i++)
		lines += writer->bytes[i] == '\n';
	return lines;
}

static bool is_apart(const struct screen *screen, size_t index)
{
	return !index || screen->depths[index] >= FINDING_FIX ||
	       screen->depths[index - 1] >= FINDING_FIX;
}

void screen_text(const struct screen *screen, const struct findings *findings,
		 const struct style *style, struct writer *writer)
{
	for (size_t i = 0; i < screen->count; i++) {
		if (is_apart(screen, i))
			writer_char(writer, '\n');
		finding_text(&findings->list.items[i], screen->depths[i], style, writer);
	}
}

static size_t lines_of(const struct screen *screen, const struct findings *findings,
		       const struct style *style)
{
	_cleanup_(writer_deinit) struct writer text = WRITER_TO_MEMORY;
	screen_text(screen, findings, style, &text);
	return count_lines(&text);
}

/* Say more of one, if there is room for that. */
static bool deepen(struct screen *screen, size_t index, enum finding_depth depth, size_t lines,
		   const struct findings *findings, const struct style *style)
{
	enum finding_depth before = screen->depths[index];
	screen->depths[index] = MAX(before, depth);
	if (lines_of(screen, findings, style) <= lines)
		return true;
	screen->depths[index] = before;
	return false;
}

struct screen screen_plan(const struct findings *findings, size_t lines, const struct style *style)
{
	struct screen screen = { .count = MIN(findings->list.count, (size_t)SCREEN_FINDINGS) };
	for (size_t i = 0; !lines && i < screen.count && i < FINDINGS_IN_FULL; i++)
		screen.depths[i] = FINDING_SOURCE;
	for (size_t i = FINDINGS_IN_FULL; !lines && i < screen.count; i++)
		screen.depths[i] = FINDING_PLACE;
	if (!lines || !screen.count)
		return screen;
	/* What to change for the first is worth more than that there is a seventh. */
	screen.depths[0] = FINDING_FIX;
	while (screen.count > 1 && lines_of(&screen, findings, style) > lines)
		screen.count--;
	while (screen.depths[0] > FINDING_TITLE && lines_of(&screen, findings, style) > lines)
		screen.depths[0]--;
	for (int depth = FINDING_PLACE; depth <= FINDING_SOURCE; depth++) {
		for (size_t i = 0; i < screen.count; i++) {
			if (!deepen(&screen, i, (enum finding_depth)depth, lines, findings, style))
				break;
		}
	}
	return screen;
}
