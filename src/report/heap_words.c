/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "model/quantity.h"
#include "report/heap_report.h"

/* What the things in a heap are called. */

static void goroutines_words(const struct heap_report *report, const struct heap_holder *holder,
			     const struct heap_root *root, struct writer *writer)
{
	const struct goroutine *goroutine =
		&report->heap->roots.goroutines->list.items[root->goroutine];
	struct place place = goroutine_place(goroutine, &report->subject->places);
	if (holder->members > 1)
		quantity_write(writer, holder->members, "goroutine", "goroutines");
	else
		writer_printf(writer, "goroutine %" PRIu64, goroutine->id);
	if (place.function)
		writer_printf(writer, " in %s", place.function);
	if (place.function && place.file && place.line > 0)
		writer_printf(writer, "  %s:%d", place.file, place.line);
}

struct error *heap_holder_text(const struct heap_report *report, const struct heap_holder *holder,
			       struct writer *writer)
{
	const struct heap_root *root = heap_vertex_root(report->heap, holder->example);
	if (holder->kind == HOLDER_SHARED) {
		struct heap_group group = {
			.type = heap_object_type(report->heap, holder->example),
			.shape = report->heap->scan.shapes[holder->example],
		};
		char count[QUANTITY_SIZE];
		writer_printf(writer, "several roots: %s × ",
			      quantity_count(holder->members, count));
		return heap_group_text(report->heap, &group, writer);
	}
	if (holder->kind == HOLDER_GOROUTINES)
		goroutines_words(report, holder, root, writer);
	else
		heap_root_text(report->heap, root, writer);
	return NULL;
}
