/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_REPORT_EXCERPT_TEXT_H
#define DOWSE_REPORT_EXCERPT_TEXT_H

#include "base/json.h"
#include "report/style.h"
#include "source/excerpt.h"

/*
 * The line of a place with one around it, each on a line of the report, cut to its width; and whether
 * it may have moved since. Nothing for NULL.
 */
void excerpt_text(const struct excerpt *excerpt, unsigned indent, const struct style *style,
		  struct writer *writer);

/* The place's line, without what it is indented by; NULL where no lines are known. */
const char *excerpt_line(const struct excerpt *excerpt);

/* The member "source". */
void member_source(struct json *json, const struct excerpt *excerpt);

#endif
