/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "model/quantity.h"
#include "report/table.h"
#include "report/why_report.h"

/* Of a longer list the middle is left out, unless all of it is wanted. */
#define HEAD_ROWS 20
#define TAIL_ROWS 6

#define HOLDER_ROWS 10

static const char *bytes_text(uint64_t number, char into[QUANTITY_SIZE])
{
	return quantity_bytes((int64_t)MIN(number, (uint64_t)INT64_MAX), into);
}

static void cell_bytes(struct table *table, uint64_t bytes)
{
	char text[QUANTITY_SIZE];
	table_cell(table, STYLE_PLAIN, bytes_text(bytes, text));
}

static void cells_empty(struct table *table, unsigned count)
{
	while (count--)
		table_cell(table, STYLE_PLAIN, "");
}

/* A text that was put together, as a cell; the writer is done with. */
static struct error *cell_writer(struct table *table, enum style_tone tone, struct error *error,
				 struct writer *writer)
{
	const char *text = writer_text(writer);
	table_cell(table, tone, text ? text : "");
	writer_deinit(writer);
	return error;
}

static struct error *cell_vertex(struct table *table, const struct heap *heap, uint32_t vertex)
{
	struct writer text = WRITER_TO_MEMORY;
	bool known = heap_vertex_root(heap, vertex) ||
		     heap_object_type(heap, vertex) != HEAP_TYPE_UNKNOWN;
	struct error *error = heap_vertex_text(heap, vertex, &text);
	return cell_writer(table, known ? STYLE_BOLD : STYLE_DIM, error, &text);
}

static void cells_object(struct table *table, const struct heap *heap, uint32_t vertex)
{
	if (heap_vertex_root(heap, vertex)) {
		cells_empty(table, 2);
		return;
	}
	cell_bytes(table, heap_object_size(heap, vertex));
	table_cell_printf(table, STYLE_DIM, "%#" PRIx64, heap_value_address(heap, vertex));
}

/* A name that strangers chose, in the middle of a line. */
static void write_foreign(const struct why_report *report, enum style_tone tone,
			  struct writer *from, struct writer *writer)
{
	const char *text = writer_text(from);
	style_string(report->style, tone, text ? text : "", writer);
	writer_deinit(from);
}

static struct error *write_vertex(const struct why_report *report, uint32_t vertex,
				  struct writer *writer)
{
	struct writer text = WRITER_TO_MEMORY;
	struct error *error = heap_vertex_text(report->why->heap, vertex, &text);
	write_foreign(report, STYLE_BOLD, &text, writer);
	return error;
}

static struct error *verdict_object(const struct why_report *report, struct writer *writer)
{
	const struct heap_why *why = report->why;
	char size[QUANTITY_SIZE], retained[QUANTITY_SIZE];
	uint32_t vertex = why->query.vertex;
	writer_printf(writer, "%#" PRIx64 " is ", heap_value_address(why->heap, vertex));
	TRY(write_vertex(report, vertex, writer));
	writer_printf(writer, ", %s", bytes_text(heap_object_size(why->heap, vertex), size));
	if (why->paths.count)
		writer_printf(writer, ", and retains %s", bytes_text(why->retained, retained));
	writer_char(writer, '\n');
	if (why->paths.count)
		return NULL;
	writer_string(writer,
		      heap_is_reached(why->heap, vertex)
			      ? "\nOnly the runtime's own lists lead to it.\n"
			      : "\nNothing leads to it: it is garbage, which the next collection "
				"frees.\n");
	return NULL;
}

static void verdict_type(const struct why_report *report, struct writer *writer)
{
	const struct heap_why *why = report->why;
	char count[QUANTITY_SIZE], size[QUANTITY_SIZE], retained[QUANTITY_SIZE];
	writer_printf(writer, "%s × ", quantity_count(why->query.count, count));
	style_string(report->style, STYLE_BOLD, why->query.name, writer);
	writer_printf(writer, ", %s; they retain %s\n", bytes_text(why->bytes, size),
		      bytes_text(why->retained, retained));
}

static struct error *verdict_root(const struct why_report *report, struct writer *writer)
{
	const struct heap_why *why = report->why;
	char retained[QUANTITY_SIZE];
	const struct heap_root *root = heap_vertex_root(why->heap, why->query.vertex);
	TRY(write_vertex(report, why->query.vertex, writer));
	writer_printf(writer, " is a root (%s): nothing has to hold it. It retains %s\n",
		      heap_root_kind_name(root->kind), bytes_text(why->retained, retained));
	return NULL;
}

static struct error *write_verdict(const struct why_report *report, struct writer *writer)
{
	const struct heap_query *query = &report->why->query;
	subject_text(report->subject, report->style, writer);
	writer_string(writer, ": ");
	switch (query->kind) {
	case HEAP_QUERY_OBJECT:
		return verdict_object(report, writer);
	case HEAP_QUERY_TYPE:
		verdict_type(report, writer);
		return NULL;
	case HEAP_QUERY_ROOT:
		return verdict_root(report, writer);
	case HEAP_QUERY_FREE:
		writer_hex(writer, query->address);
		writer_string(writer, " is in the heap, but no object is there: free\n");
		return NULL;
	case HEAP_QUERY_OUTSIDE:
		writer_hex(writer, query->address);
		writer_string(writer, " is neither in the heap nor in a global that holds any of "
				      "it\n");
		return NULL;
	}
	return NULL;
}

/* "Held by main.sessions: 141,990; by goroutine 18 in main.serve: 10" as a table. */
static struct error *holders_table(const struct why_report *report, struct writer *writer)
{
	const struct heap_holder_vector *list = &report->why->holders;
	const struct heap_report names = { .subject = report->subject, .heap = report->why->heap };
	uint64_t limit = report->all                   ? UINT64_MAX
			 : report->limit == UINT64_MAX ? HOLDER_ROWS
						       : report->limit;
	_cleanup_(table_deinit) struct table table = {
		.columns = 3,
		.right = { true, true },
		.indent = 2,
	};
	for (size_t i = 0; i < list->count && i < limit; i++) {
		char count[QUANTITY_SIZE];
		struct writer text = WRITER_TO_MEMORY;
		table_cell(&table, STYLE_PLAIN, quantity_count(list->items[i].count, count));
		cell_bytes(&table, list->items[i].retained);
		struct error *error = heap_holder_text(&names, &list->items[i], &text);
		TRY(cell_writer(&table, STYLE_BOLD, error, &text));
	}
	if (list->count > limit) {
		cells_empty(&table, 2);
		table_cell_printf(&table, STYLE_DIM, "... %" PRIu64 " more holders",
				  (uint64_t)list->count - limit);
	}
	writer_string(writer, "\nof which are held by\n");
	return table_write(&table, report->style, writer);
}

static void row_left_out(struct table *table, size_t count, const char *what)
{
	char text[QUANTITY_SIZE];
	cells_empty(table, 3);
	table_cell_printf(table, STYLE_DIM, "... %s more %s", quantity_count(count, text), what);
	table_cell(table, STYLE_PLAIN, "");
}

static struct error *row_step(const struct why_report *report, const struct heap_path *path,
			      size_t index, struct table *table)
{
	const struct heap_step *step = &path->steps.items[index];
	struct writer text = WRITER_TO_MEMORY;
	cell_bytes(table, heap_path_freed(&report->why->heap->dominators, path, index));
	cells_object(table, report->why->heap, step->vertex);
	writer_string(&text, "→ ");
	struct error *error = heap_why_field(report->why, path, index, report->all, &text);
	TRY(cell_writer(table, STYLE_PLAIN, error, &text));
	return cell_vertex(table, report->why->heap, step->vertex);
}

static struct error *steps_table(const struct why_report *report, const struct heap_path *path,
				 const struct heap_shown_path *shown, struct table *table)
{
	static const char *const names[] = { "if cut, frees", "bytes", "address", "", "" };
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		table_cell(table, STYLE_DIM, names[i]);
	for (size_t i = 0; i < shown->steps.count; i++) {
		const struct heap_shown_step *step = &shown->steps.items[i];
		if (shown->left_out && i == HEAD_ROWS)
			row_left_out(table, shown->left_out, "steps");
		if (step->alike)
			row_left_out(table, step->alike, "like it");
		TRY(row_step(report, path, step->index, table));
	}
	return NULL;
}

/* "from goroutine 18, local in main.hold  hold.go:12" */
static struct error *write_root(const struct why_report *report, const struct heap_path *path,
				struct writer *writer)
{
	struct heap_frame_place place;
	const struct heap *heap = report->why->heap;
	uint32_t vertex = path->steps.items[0].vertex;
	TRY(why_path_frame(report->why, path, &place));
	writer_string(writer, "\nfrom ");
	TRY(write_vertex(report, vertex, writer));
	const struct heap_root *root = heap_vertex_root(heap, vertex);
	if (root->kind == HEAP_ROOT_GLOBAL && root->name)
		writer_string(writer, ", a global");
	if (place.frame) {
		writer_string(writer, place.variable ? ", variable " : ",");
		style_string(report->style, STYLE_BOLD, place.variable ? place.variable : "",
			     writer);
		writer_string(writer, " in ");
		style_string(report->style, STYLE_PLAIN,
			     place.frame->function ? place.frame->function : "?", writer);
		if (place.frame->file && place.frame->line > 0) {
			writer_string(writer, "  ");
			style_string(report->style, STYLE_DIM, place.frame->file, writer);
			writer_printf(writer, ":%d", place.frame->line);
		}
	}
	writer_char(writer, '\n');
	return NULL;
}

static struct error *write_path(const struct why_report *report, const struct heap_path *path,
				const struct heap_shown_path *shown, struct writer *writer)
{
	_cleanup_(table_deinit) struct table table = {
		.columns = 5,
		.right = { true, true, false },
		.indent = 2,
	};
	TRY(write_root(report, path, writer));
	TRY(steps_table(report, path, shown, &table));
	return table_write(&table, report->style, writer);
}

static struct error *row_dominator(const struct why_report *report, uint32_t vertex,
				   struct table *table)
{
	cell_bytes(table, heap_retained(report->why->heap, vertex));
	cells_object(table, report->why->heap, vertex);
	return cell_vertex(table, report->why->heap, vertex);
}

/* From the nearest one up to the root. */
static struct error *write_dominators(const struct why_report *report, struct writer *writer)
{
	const struct heap *heap = report->why->heap;
	const size_t count = report->why->dominator_count;
	static const char *const names[] = { "retains", "bytes", "address", "" };
	_cleanup_(table_deinit) struct table table = {
		.columns = ARRAY_SIZE(names),
		.right = { true, true, false },
		.indent = 2,
	};
	if (!count) {
		if (report->why->paths.count)
			writer_string(writer, "\nheld by several roots together, by none alone\n");
		return NULL;
	}
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		table_cell(&table, STYLE_DIM, names[i]);
	bool cut = !report->all && count > HEAD_ROWS + TAIL_ROWS + 1;
	for (size_t i = 0; i < count; i++) {
		char text[QUANTITY_SIZE];
		if (cut && i == HEAD_ROWS / 2) {
			i = count - TAIL_ROWS;
			cells_empty(&table, 3);
			table_cell_printf(&table, STYLE_DIM, "... %s more",
					  quantity_count(i - HEAD_ROWS / 2, text));
		}
		TRY(row_dominator(report, heap_why_dominator(report->why, i), &table));
	}
	writer_string(writer,
		      "\nheld by, the nearest first: without any one of these it would go\n");
	if (!heap_vertex_root(heap, heap_why_dominator(report->why, count - 1))) {
		cells_empty(&table, 3);
		table_cell(&table, STYLE_DIM, "which several roots hold together");
	}
	return table_write(&table, report->style, writer);
}

static struct error *held_table(const struct why_report *report, struct writer *writer)
{
	const struct heap_held_vector *list = &report->why->held;
	static const char *const names[] = { "retained", "bytes", "objects", "type" };
	uint64_t limit = report->all                   ? UINT64_MAX
			 : report->limit == UINT64_MAX ? HEAD_ROWS
						       : report->limit;
	_cleanup_(table_deinit) struct table table = {
		.columns = ARRAY_SIZE(names),
		.right = { true, true, true },
		.indent = 2,
	};
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		table_cell(&table, STYLE_DIM, names[i]);
	for (size_t i = 0; i < list->count && i < limit; i++) {
		char count[QUANTITY_SIZE];
		struct writer text = WRITER_TO_MEMORY;
		cell_bytes(&table, list->items[i].group.retained);
		cell_bytes(&table, list->items[i].group.bytes);
		table_cell(&table, STYLE_PLAIN, quantity_count(list->items[i].group.count, count));
		writer_string(&text, list->items[i].floor > 1 ? "  → " : "");
		struct error *error = heap_group_text(report->why->heap, &list->items[i].group,
						      &text);
		TRY(cell_writer(&table, list->items[i].floor > 1 ? STYLE_PLAIN : STYLE_BOLD, error,
				&text));
	}
	writer_string(writer, list->count ? "\nit holds, and what that holds\n"
					  : "\nIt holds nothing alone.\n");
	return list->count ? table_write(&table, report->style, writer) : NULL;
}

struct error *why_text(const struct why_report *report, struct writer *writer)
{
	static const struct heap_path_cut cut = {
		.most = HEAD_ROWS + TAIL_ROWS + 1,
		.head = HEAD_ROWS,
		.tail = TAIL_ROWS,
		.alike = true,
	};
	struct heap_why *why = report->why;
	TRY(heap_why_show(why, report->all ? NULL : &cut));
	TRY(write_verdict(report, writer));
	if (why->query.kind == HEAP_QUERY_TYPE)
		TRY(holders_table(report, writer));
	if (why->query.kind == HEAP_QUERY_TYPE && why->query.count > 1 && why->paths.count)
		writer_string(writer, "\nThe ways to the nearest of them:\n");
	for (uint32_t i = 0; i < why->paths.count; i++)
		TRY(write_path(report, &why->paths.items[i], &why->shown[i], writer));
	if (why->query.kind == HEAP_QUERY_ROOT)
		TRY(held_table(report, writer));
	else
		TRY(write_dominators(report, writer));
	subject_warnings_text(report->subject, report->style, writer);
	return NULL;
}
