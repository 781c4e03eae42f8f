/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "model/quantity.h"
#include "report/heap_cells.h"
#include "report/heap_faces.h"
#include "report/heap_report.h"

#define PARTS_IN_TEXT 3

static void write_verdict(const struct heap_report *report, struct writer *writer)
{
	char reachable[QUANTITY_SIZE], garbage[QUANTITY_SIZE];
	const struct heap_totals *totals = report->totals;
	subject_text(report->subject, report->style, writer);
	writer_printf(writer, ": %s in ", heap_bytes_text(totals->reachable_bytes, reachable));
	quantity_write(writer, totals->reachable_objects, "object", "objects");
	writer_string(writer, " can be reached");
	if (totals->bytes > totals->reachable_bytes)
		writer_printf(writer, "; %s are garbage",
			      heap_bytes_text(totals->bytes - totals->reachable_bytes, garbage));
	writer_string(writer, "\n\n");
}

static struct error *types_table(const struct heap_report *report, uint64_t limit,
				 struct writer *writer)
{
	static const char *const names[] = { "retained", "bytes", "objects", "type" };
	/* What is retained may be unknown. */
	size_t skipped = report->heap->dominators.count ? 0 : 1;
	_cleanup_(table_deinit) struct table table = {
		.columns = ARRAY_SIZE(names) - skipped,
		.right = { true, true, !skipped },
	};
	heap_heads(&table, names + skipped, ARRAY_SIZE(names) - skipped);
	for (size_t i = 0; i < report->types->count && i < limit; i++) {
		const struct heap_group *group = &report->types->items[i];
		struct writer text = WRITER_TO_MEMORY;
		if (!skipped)
			heap_cell_bytes(&table, group->retained);
		heap_cell_bytes(&table, group->bytes);
		heap_cell_count(&table, group->count);
		struct error *error = heap_group_text(report->heap, group, &text);
		heap_cell_writer(&table, group->type ? STYLE_BOLD : STYLE_DIM, &text);
		TRY(error);
	}
	return table_write(&table, report->style, writer);
}

/* "142,000 × main.Session, 142,000 × [4096]uint8" */
static struct error *parts_text(const struct heap_report *report, const struct heap_holder *holder,
				struct writer *writer)
{
	for (size_t i = 0; i < holder->part_count && i < PARTS_IN_TEXT; i++) {
		char count[QUANTITY_SIZE], size[QUANTITY_SIZE];
		const struct heap_group *part = &holder->parts[i];
		writer_printf(writer, "%s%s × ", i ? ", " : "", quantity_count(part->count, count));
		TRY(heap_group_text(report->heap, part, writer));
		writer_printf(writer, " (%s)", heap_bytes_text(part->bytes, size));
	}
	if (holder->part_count > PARTS_IN_TEXT)
		writer_string(writer, ", ...");
	return NULL;
}

static struct error *holders_table(const struct heap_report *report, uint64_t limit,
				   struct writer *writer)
{
	static const char *const names[] = { "retained", "objects", "holder" };
	_cleanup_(table_deinit) struct table table = {
		.columns = ARRAY_SIZE(names),
		.right = { true, true },
	};
	heap_heads(&table, names, ARRAY_SIZE(names));
	for (size_t i = 0; i < report->holders->list.count && i < limit; i++) {
		const struct heap_holder *holder = &report->holders->list.items[i];
		struct writer name = WRITER_TO_MEMORY, parts = WRITER_TO_MEMORY;
		heap_cell_bytes(&table, holder->retained);
		heap_cell_count(&table, holder->count);
		struct error *error = heap_holder_text(report, holder, &name);
		heap_cell_writer(&table, STYLE_BOLD, &name);
		table_cell(&table, STYLE_PLAIN, "");
		table_cell(&table, STYLE_PLAIN, "");
		if (!error)
			error = parts_text(report, holder, &parts);
		heap_cell_writer(&table, STYLE_DIM, &parts);
		TRY(error);
	}
	return table_write(&table, report->style, writer);
}

static struct error *packages_table(const struct heap_report *report, uint64_t limit,
				    struct writer *writer)
{
	static const char *const names[] = { "bytes", "objects", "package of the type" };
	_cleanup_(table_deinit) struct table table = {
		.columns = ARRAY_SIZE(names),
		.right = { true, true },
	};
	heap_heads(&table, names, ARRAY_SIZE(names));
	for (size_t i = 0; i < report->packages->count && i < limit; i++) {
		const struct heap_package *package = &report->packages->items[i];
		heap_cell_bytes(&table, package->bytes);
		heap_cell_count(&table, package->count);
		table_cell(&table, *package->path ? STYLE_BOLD : STYLE_DIM,
			   *package->path ? package->path : "(none)");
	}
	return table_write(&table, report->style, writer);
}

static struct error *classes_table(const struct heap_report *report, uint64_t limit,
				   struct writer *writer)
{
	static const char *const names[] = { "free",      "held",  "in use",
					     "reachable", "spans", "slots of" };
	_cleanup_(table_deinit) struct table table = {
		.columns = ARRAY_SIZE(names),
		.right = { true, true, true, true, true },
	};
	heap_heads(&table, names, ARRAY_SIZE(names));
	for (size_t i = 0; i < report->classes->count && i < limit; i++) {
		const struct heap_size_class *class = &report->classes->items[i];
		heap_cell_bytes(&table, class->bytes - class->used);
		heap_cell_bytes(&table, class->bytes);
		heap_cell_bytes(&table, class->used);
		heap_cell_bytes(&table, class->reached);
		heap_cell_count(&table, class->spans);
		if (class->size)
			table_cell_printf(&table, STYLE_BOLD, "%" PRIu64 " bytes%s", class->size,
					  class->pointers ? "" : ", no pointers");
		else
			table_cell_printf(&table, STYLE_BOLD, "one large object%s",
					  class->pointers ? "" : ", no pointers");
	}
	return table_write(&table, report->style, writer);
}

struct error *heap_text(const struct heap_report *report, struct writer *writer)
{
	uint64_t limit = report->limit == UINT64_MAX ? HEAP_ROWS : report->limit;
	write_verdict(report, writer);
	if (report->fill)
		TRY(heap_fill_text(report, limit, writer));
	if (report->values)
		TRY(heap_values_text(report, limit, writer));
	if (report->allocators)
		TRY(heap_allocators_text(report, limit, writer));
	else if (report->sites)
		TRY(heap_sites_text(report, limit, writer));
	else if (report->types)
		TRY(types_table(report, limit, writer));
	if (report->holders)
		TRY(holders_table(report, limit, writer));
	if (report->packages)
		TRY(packages_table(report, limit, writer));
	if (report->classes)
		TRY(classes_table(report, limit, writer));
	subject_warnings_text(report->subject, report->style, writer);
	return NULL;
}
