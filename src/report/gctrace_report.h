/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_REPORT_GCTRACE_REPORT_H
#define DOWSE_REPORT_GCTRACE_REPORT_H

#include "leak/dump/heap_trend.h"
#include "report/subject.h"

/* The collections that a log tells of. */
struct gctrace_report {
	const struct subject *subject;
	const struct gctrace *trace;
	const struct heap_trend *heap;
	uint64_t limit; /* collections in JSON; UINT64_MAX: all */
	const struct style *style;
};

/* What it comes to: the sentence that the text begins with, behind the subject. */
void gctrace_headline(const struct gctrace_report *report, struct writer *writer);

void gctrace_text(const struct gctrace_report *report, struct writer *writer);
void gctrace_json(const struct gctrace_report *report, struct writer *writer);

#endif
