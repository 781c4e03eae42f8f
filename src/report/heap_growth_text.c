/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "report/heap_cells.h"
#include "report/heap_growth_report.h"

static void write_change(uint64_t before, uint64_t now, const char *text, struct writer *writer)
{
	writer_printf(writer, "%s %s", text, now >= before ? "more" : "fewer");
}

/* "611 MiB in 142,000 objects can be reached: 190 MiB more, 2,000 objects more than 1 h before." */
static void write_verdict(const struct heap_growth_report *report, struct writer *writer)
{
	char text[QUANTITY_SIZE];
	const struct heap_totals *before = report->totals_before, *now = report->totals_now;
	uint64_t bytes = before->reachable_bytes, objects = before->reachable_objects;
	subject_text(report->now, report->style, writer);
	writer_printf(writer, ": %s in ", heap_bytes_text(now->reachable_bytes, text));
	quantity_write(writer, now->reachable_objects, "object", "objects");
	writer_string(writer, " can be reached: ");
	heap_bytes_text(now->reachable_bytes >= bytes ? now->reachable_bytes - bytes
						      : bytes - now->reachable_bytes,
			text);
	writer_printf(writer, "%s %s, ", text, now->reachable_bytes >= bytes ? "more" : "less");
	uint64_t change = now->reachable_objects >= objects ? now->reachable_objects - objects
							    : objects - now->reachable_objects;
	quantity_count(change, text);
	write_change(objects, now->reachable_objects, text, writer);
	if (report->between_ns >= 0)
		writer_printf(writer, " than %s before\n",
			      quantity_duration(report->between_ns, text));
	else
		writer_string(writer, " than before\n");
	writer_string(writer, "compared with ");
	subject_text(report->before, report->style, writer);
	writer_string(writer, "\n\n");
}

static bool has_changed(const struct heap_grown *row)
{
	return memcmp(&row->before, &row->now, sizeof(row->now)) != 0;
}

static void write_row(const struct heap_growth_report *report, const struct heap_grown *row,
		      struct table *table)
{
	heap_cell_growth(table, row->before.bytes, row->now.bytes);
	heap_cell_count_growth(table, row->before.count, row->now.count);
	if (!report->holders)
		heap_cell_growth(table, row->before.retained, row->now.retained);
	heap_cell_bytes(table, row->now.bytes);
	heap_cell_count(table, row->now.count);
	table_cell(table, row->size_class ? STYLE_DIM : STYLE_BOLD, row->text);
}

struct error *heap_growth_text(const struct heap_growth_report *report, struct writer *writer)
{
	static const char *const of_types[] = { "bytes", "objects", "retained",
						"now",   "objects", "type" };
	static const char *const of_holders[] = { "retained", "objects", "now", "objects",
						  "holder" };
	size_t columns = report->holders ? ARRAY_SIZE(of_holders) : ARRAY_SIZE(of_types);
	uint64_t limit = report->limit == UINT64_MAX ? HEAP_ROWS : report->limit, shown = 0;
	_cleanup_(table_deinit) struct table table = {
		.columns = columns,
		.right = { true, true, true, true, !report->holders },
	};
	write_verdict(report, writer);
	heap_heads(&table, report->holders ? of_holders : of_types, columns);
	for (size_t i = 0; i < report->growth->list.count && shown < limit; i++) {
		const struct heap_grown *row = &report->growth->list.items[i];
		if (!has_changed(row))
			continue;
		write_row(report, row, &table);
		shown++;
	}
	if (shown)
		TRY(table_write(&table, report->style, writer));
	else
		writer_string(writer, "nothing has changed\n");
	subject_warnings_text(report->now, report->style, writer);
	subject_warnings_text(report->before, report->style, writer);
	return NULL;
}
