/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "model/quantity.h"
#include "report/heap_report.h"
#include "report/table.h"

#define ROWS_DEFAULT 20

static const char *bytes(uint64_t number, char into[QUANTITY_SIZE])
{
	return quantity_bytes((int64_t)MIN(number, (uint64_t)INT64_MAX), into);
}

static void write_head(const struct heap_report *report, struct writer *writer)
{
	char reachable[QUANTITY_SIZE], garbage[QUANTITY_SIZE];
	const struct heap_totals *totals = report->totals;
	subject_text(report->subject, report->style, writer);
	writer_printf(writer, ": %s in %" PRIu64 " objects can be reached",
		      bytes(totals->reachable_bytes, reachable), totals->reachable_objects);
	if (totals->bytes > totals->reachable_bytes)
		writer_printf(writer, "; %s are garbage",
			      bytes(totals->bytes - totals->reachable_bytes, garbage));
	writer_string(writer, "\n\n");
}

static struct error *add_row(const struct heap_report *report, struct table *table,
			     const struct heap_group *group)
{
	const char *name = NULL;
	char text[QUANTITY_SIZE];
	table_cell(table, STYLE_PLAIN, bytes(group->retained, text));
	table_cell(table, STYLE_PLAIN, bytes(group->bytes, text));
	table_cell_printf(table, STYLE_PLAIN, "%" PRIu64, group->count);
	if (group->type != HEAP_TYPE_UNKNOWN) {
		TRY(heap_types_name(report->heap->types, group->type, &name));
		table_cell(table, STYLE_BOLD, name);
		return NULL;
	}
	const struct heap_shape *shape = &report->heap->scan.shape_list.list[group->shape];
	if (shape->kind == SHAPE_POINTERS || shape->kind == SHAPE_DATA)
		table_cell_printf(table, STYLE_DIM, "? of %" PRIu32 " bytes, %d pointers",
				  shape->size, __builtin_popcountll(shape->mask));
	else
		table_cell_printf(table, STYLE_DIM, "? of %" PRIu32 " bytes", shape->size);
	return NULL;
}

struct error *heap_text(const struct heap_report *report, struct writer *writer)
{
	_cleanup_(table_deinit) struct table table = {
		.columns = 4,
		.right = { true, true, true },
	};
	uint64_t limit = report->limit == UINT64_MAX ? ROWS_DEFAULT : report->limit;
	write_head(report, writer);
	table_cell(&table, STYLE_DIM, "retained");
	table_cell(&table, STYLE_DIM, "bytes");
	table_cell(&table, STYLE_DIM, "count");
	table_cell(&table, STYLE_DIM, "type");
	for (size_t i = 0; i < report->types->count && i < limit; i++)
		TRY(add_row(report, &table, &report->types->items[i]));
	TRY(table_write(&table, report->style, writer));
	subject_warnings_text(report->subject, report->style, writer);
	return NULL;
}
