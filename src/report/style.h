/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_REPORT_STYLE_H
#define DOWSE_REPORT_STYLE_H

#include "base/writer.h"

/* How a text face may look: decided once, by where it goes. */
struct style {
	bool color;
	unsigned width;  /* columns that a line may have */
	unsigned height; /* lines of the terminal; 0: it is none */
};

enum style_tone {
	STYLE_PLAIN,
	STYLE_BOLD,
	STYLE_DIM,
	STYLE_RED,
	STYLE_YELLOW,
	STYLE_CYAN,
};

/* Colour on a terminal only, and never against NO_COLOR; the terminal's size, else 100 columns. */
struct style style_for(int descriptor);

void style_begin(const struct style *style, enum style_tone tone, struct writer *writer);
void style_end(const struct style *style, enum style_tone tone, struct writer *writer);

/* A foreign string in a tone, made safe. */
void style_string(const struct style *style, enum style_tone tone, const char *string,
		  struct writer *writer);

#endif
