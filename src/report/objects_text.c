/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "model/quantity.h"
#include "report/objects_report.h"
#include "report/table.h"
#include "report/why_report.h"

static const char *bytes_text(uint64_t number, char into[QUANTITY_SIZE])
{
	return quantity_bytes((int64_t)MIN(number, (uint64_t)INT64_MAX), into);
}

static void write_verdict(const struct objects_report *report, struct writer *writer)
{
	const struct heap_objects *objects = report->objects;
	char count[QUANTITY_SIZE], passed[QUANTITY_SIZE], size[QUANTITY_SIZE];
	subject_text(report->subject, report->style, writer);
	writer_printf(writer, ": %s × ", quantity_count(objects->query.count, count));
	style_string(report->style, STYLE_BOLD, objects->query.name, writer);
	if (report->condition)
		writer_printf(writer, ", of which %s pass",
			      quantity_count(objects->vertices.count, passed));
	writer_printf(writer, ", %s\n", bytes_text(objects->bytes, size));
	if (objects->unreadable)
		writer_printf(writer,
			      "Of %s more what the condition asks for is not there: a snapshot "
			      "keeps it with --with-data.\n",
			      quantity_count(objects->unreadable, count));
	writer_char(writer, '\n');
}

static struct error *row(const struct objects_report *report, const struct heap_listed *one,
			 struct table *table)
{
	char retained[QUANTITY_SIZE], size[QUANTITY_SIZE];
	struct writer holder = WRITER_TO_MEMORY;
	struct error *error = NULL;
	table_cell(table, STYLE_PLAIN, bytes_text(one->retained, retained));
	table_cell(table, STYLE_PLAIN,
		   bytes_text(heap_object_size(report->heap, one->vertex), size));
	table_cell_printf(table, STYLE_BOLD, "%#" PRIx64,
			  heap_value_address(report->heap, one->vertex));
	if (one->top != VERTEX_NONE && heap_vertex_root(report->heap, one->top))
		error = heap_vertex_text(report->heap, one->top, &holder);
	else
		writer_string(&holder, "several roots");
	const char *text = writer_text(&holder);
	table_cell(table, STYLE_PLAIN, text ? text : "");
	writer_deinit(&holder);
	return error;
}

struct error *objects_text(const struct objects_report *report, struct writer *writer)
{
	static const char *const names[] = { "retained", "bytes", "address", "held by" };
	const struct heap_listed_vector *list = &report->objects->listed;
	_cleanup_(table_deinit) struct table table = {
		.columns = ARRAY_SIZE(names),
		.right = { true, true },
	};
	char left[QUANTITY_SIZE];
	write_verdict(report, writer);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		table_cell(&table, STYLE_DIM, names[i]);
	for (size_t i = 0; i < list->count; i++)
		TRY(row(report, &list->items[i], &table));
	if (list->count)
		TRY(table_write(&table, report->style, writer));
	if (report->objects->vertices.count > list->count)
		writer_printf(writer, "... %s more: --limit says how many are shown\n",
			      quantity_count(report->objects->vertices.count - list->count, left));
	subject_warnings_text(report->subject, report->style, writer);
	return NULL;
}
