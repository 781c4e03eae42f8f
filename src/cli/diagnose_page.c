/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/diagnose_page.h"

#include "report/heap_report.h"

#define ROWS_MOST 100 /* that an index of a snapshot has, too */

struct page_lists {
	struct heap_group_vector types;
	struct heap_holders holders;
};

static void page_lists_deinit(struct page_lists *lists)
{
	heap_group_vector_deinit(&lists->types);
	heap_holders_deinit(&lists->holders);
}

struct error *diagnose_page_heap(const struct subject *subject, struct look *look,
				 struct writer *writer)
{
	_cleanup_(page_lists_deinit) struct page_lists lists = { 0 };
	struct heap *heap = look->heap;
	struct heap_totals totals;
	if (!heap || !heap->dominators.count)
		return NULL;
	heap_count(heap, &totals);
	TRY(heap_group_types(heap, &lists.types));
	TRY(heap_holders_find(heap, ROWS_MOST, ROWS_MOST, &lists.holders));
	const struct heap_report report = {
		.subject = subject,
		.heap = heap,
		.totals = &totals,
		.types = &lists.types,
		.holders = &lists.holders,
		.pause_ns = look->pause_ns,
		.limit = ROWS_MOST,
	};
	return heap_json(&report, writer);
}
