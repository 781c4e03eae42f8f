/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_REPORT_HEAP_GROWTH_REPORT_H
#define DOWSE_REPORT_HEAP_GROWTH_REPORT_H

#include "heap/growth.h"
#include "report/heap_report.h"

/* Two moments of one program, or of two: what is more, and what less. */
struct heap_growth_report {
	const struct subject *before;
	const struct subject *now;
	const struct heap_totals *totals_before;
	const struct heap_totals *totals_now;
	struct heap_growth *growth;
	bool holders;       /* the growth is of those, not of types */
	int64_t between_ns; /* -1: not known */
	uint64_t pause_ns;  /* of the second look */
	uint64_t fork_ns;
	uint64_t limit;
	const struct style *style; /* for text */
};

/* Add a heap's types, or its holders, to a growth: as what was before, or what is now. */
struct error *heap_growth_add_types(struct heap_growth *growth, const struct heap *heap,
				    const struct heap_group_vector *types, bool now) must_use;
struct error *heap_growth_add_holders(struct heap_growth *growth, const struct heap_report *report,
				      bool now) must_use;

struct error *heap_growth_text(const struct heap_growth_report *report, struct writer *writer)
	must_use;
void heap_growth_json(const struct heap_growth_report *report, struct writer *writer);

#endif
