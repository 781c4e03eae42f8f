/* SPDX-License-Identifier: Apache-2.0 */
#include "report/style.h"

#include <string.h>
#include <sys/ioctl.h>

#include "report/safe.h"

#define STYLE_WIDTH     100
#define STYLE_WIDTH_MIN 60
#define STYLE_WIDTH_MAX 160
#define STYLE_HEIGHT    24

struct style style_for(int descriptor)
{
	struct style style = { .width = STYLE_WIDTH };
	if (descriptor < 0 || !isatty(descriptor))
		return style;
	const char *refused = getenv("NO_COLOR");
	const char *terminal = getenv("TERM");
	style.color = !(refused && *refused) && !(terminal && strcmp(terminal, "dumb") == 0);
	struct winsize size = { 0 };
	if (ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col)
		style.width = MIN(MAX((unsigned)size.ws_col, STYLE_WIDTH_MIN), STYLE_WIDTH_MAX);
	style.height = MAX((unsigned)size.ws_row, STYLE_HEIGHT);
	return style;
}

void style_begin(const struct style *style, enum style_tone tone, struct writer *writer)
{
	static const char *const codes[] = {
		[STYLE_PLAIN] = "",         [STYLE_BOLD] = "\x1b[1m",    [STYLE_DIM] = "\x1b[2m",
		[STYLE_RED] = "\x1b[1;31m", [STYLE_YELLOW] = "\x1b[33m", [STYLE_CYAN] = "\x1b[36m",
	};
	if (style->color)
		writer_string(writer, codes[tone]);
}

void style_end(const struct style *style, enum style_tone tone, struct writer *writer)
{
	if (style->color && tone != STYLE_PLAIN)
		writer_string(writer, "\x1b[0m");
}

void style_string(const struct style *style, enum style_tone tone, const char *string,
		  struct writer *writer)
{
	style_begin(style, tone, writer);
	safe_string(writer, string);
	style_end(style, tone, writer);
}
