/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_REPORT_FINDING_TEXT_H
#define DOWSE_REPORT_FINDING_TEXT_H

#include "leak/finding.h"
#include "report/style.h"

/* How much is said of one; each has what those before it have. */
enum finding_depth {
	FINDING_TITLE,
	FINDING_PLACE,  /* where */
	FINDING_FIX,    /* and what to change */
	FINDING_WHOLE,  /* path, amounts, why: all words */
	FINDING_SOURCE, /* and the lines, where the source is at hand */
};

/* One finding as a person reads it; it ends with a newline. */
void finding_text(const struct finding *finding, enum finding_depth depth,
		  const struct style *style, struct writer *writer);

#endif
