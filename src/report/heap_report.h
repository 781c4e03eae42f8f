/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_REPORT_HEAP_REPORT_H
#define DOWSE_REPORT_HEAP_REPORT_H

#include "heap/summary.h"
#include "report/subject.h"

/* What is in a heap, and how it is to be shown. */
struct heap_report {
	const struct subject *subject;
	struct heap *heap;
	const struct heap_totals *totals;
	const struct heap_group_vector *types;
	uint64_t pause_ns;
	uint64_t fork_ns;          /* how long the fork lived; 0: there was none */
	uint64_t limit;            /* rows; UINT64_MAX: not said */
	const struct style *style; /* for text */
};

struct error *heap_text(const struct heap_report *report, struct writer *writer) must_use;
struct error *heap_json(const struct heap_report *report, struct writer *writer) must_use;

#endif
