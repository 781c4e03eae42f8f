/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_REPORT_SCREEN_H
#define DOWSE_REPORT_SCREEN_H

#include "report/finding_text.h"

/* Findings that are looked at for a place on it. */
#define SCREEN_FINDINGS 12

/*
 * How much of each finding a screen has room for. The first says where and what to change; then all
 * others say where, then what to change, then everything, then the lines of source, in their order, as long as there is room.
 */
struct screen {
	size_t count; /* of findings that are shown */
	enum finding_depth depths[SCREEN_FINDINGS];
};

/* `lines`: that findings may take, with one empty one at their head; 0: no screen sets a limit. */
struct screen screen_plan(const struct findings *findings, size_t lines, const struct style *style);

/* Those findings: with an empty line before each that has more than two. */
void screen_text(const struct screen *screen, const struct findings *findings,
		 const struct style *style, struct writer *writer);

#endif
