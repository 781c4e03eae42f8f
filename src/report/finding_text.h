/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_REPORT_FINDING_TEXT_H
#define DOWSE_REPORT_FINDING_TEXT_H

#include "leak/finding.h"
#include "report/style.h"

/* One finding as a person reads it: in full, or its first line alone. */
void finding_text(const struct finding *finding, const struct style *style, struct writer *writer);
void finding_title_text(const struct finding *finding, const struct style *style,
			struct writer *writer);

#endif
