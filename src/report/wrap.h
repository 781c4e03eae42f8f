/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_REPORT_WRAP_H
#define DOWSE_REPORT_WRAP_H

#include "report/style.h"

/* Columns that a text takes, a character each. */
size_t wrap_columns(const char *text, size_t length);

/*
 * Prose, broken at spaces so that no line passes the style's width, each line but the first behind
 * `indent` spaces; the first begins at that column already. Foreign characters are made safe. A
 * word that is too long for a line is broken. Ends with a newline.
 */
void wrap_text(const struct style *style, unsigned indent, const char *text, struct writer *writer);

/* The same behind what stands up to a column of the line already. */
void wrap_from(const struct style *style, unsigned indent, size_t column, const char *text,
	       struct writer *writer);

#endif
