/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "model/quantity.h"
#include "report/show_report.h"
#include "report/table.h"
#include "report/why_report.h"

static const char *bytes_text(uint64_t number, char into[QUANTITY_SIZE])
{
	return quantity_bytes((int64_t)MIN(number, (uint64_t)INT64_MAX), into);
}

void show_data_text(const char *data, size_t length, bool cut, struct writer *writer)
{
	writer_char(writer, '"');
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)data[i];
		if (c == '"' || c == '\\')
			writer_printf(writer, "\\%c", c);
		else if (c < ' ' || c >= 0x7f)
			writer_printf(writer, "\\x%02x", c);
		else
			writer_char(writer, (char)c);
	}
	writer_string(writer, cut ? "\"..." : "\"");
}

/* "0xc000012000  main.Node", what a pointer leads to. */
static struct error *write_target(const struct show_report *report, const struct heap_field *field,
				  struct writer *writer)
{
	if (field->is_nil) {
		writer_string(writer, "nil");
		return NULL;
	}
	writer_printf(writer, "→ %#" PRIx64, field->address);
	if (field->vertex == VERTEX_NONE)
		return NULL;
	writer_string(writer, " ");
	return heap_vertex_text(report->names->heap, field->vertex, writer);
}

static struct error *write_measured(const struct show_report *report,
				    const struct heap_field *field, struct writer *writer)
{
	char length[QUANTITY_SIZE], capacity[QUANTITY_SIZE];
	if (field->is_nil) {
		writer_string(writer, "nil");
		return NULL;
	}
	if (!field->measured)
		return write_target(report, field, writer);
	/* The bytes of a string do not say how long it is. */
	bool is_room = field->kind == TYPE_STRING && !*field->path;
	writer_printf(writer, is_room ? "room for %s bytes" : "len %s",
		      quantity_count(field->length, length));
	if (field->kind == TYPE_SLICE || field->kind == TYPE_CHAN)
		writer_printf(writer, ", cap %s", quantity_count(field->capacity, capacity));
	if (field->data) {
		writer_char(writer, ' ');
		show_data_text(field->data, field->data_length, field->data_length < field->length,
			       writer);
	} else if (field->address && *field->path) {
		writer_char(writer, ' ');
		return write_target(report, field, writer);
	}
	return NULL;
}

static struct error *write_value(const struct show_report *report, const struct heap_field *field,
				 struct writer *writer)
{
	if (!field->known) {
		writer_string(writer, "?");
		return NULL;
	}
	switch (field->kind) {
	case TYPE_BOOL:
		writer_string(writer, field->number ? "true" : "false");
		return NULL;
	case TYPE_UINT:
	case TYPE_UINT8:
	case TYPE_UINT16:
	case TYPE_UINT32:
	case TYPE_UINT64:
		writer_unsigned(writer, (uint64_t)field->number);
		return NULL;
	case TYPE_UINTPTR:
		writer_hex(writer, (uint64_t)field->number);
		return NULL;
	case TYPE_FLOAT32:
		writer_printf(writer, "%.9g", field->real);
		return NULL;
	case TYPE_FLOAT64:
		writer_printf(writer, "%.17g", field->real);
		return NULL;
	case TYPE_COMPLEX64:
	case TYPE_COMPLEX128:
		writer_printf(writer, "(%g%+gi)", field->real, field->imaginary);
		return NULL;
	case TYPE_STRING:
	case TYPE_SLICE:
	case TYPE_MAP:
	case TYPE_CHAN:
		return write_measured(report, field, writer);
	case TYPE_ARRAY:
		if (!*field->path)
			writer_string(writer, "room for ");
		quantity_write(writer, field->length, "element", "elements");
		return NULL;
	case TYPE_FUNC:
	case TYPE_INTERFACE:
		if (field->dynamic && !field->is_nil)
			writer_printf(writer, "%s ", field->dynamic);
		return write_target(report, field, writer);
	case TYPE_POINTER:
	case TYPE_UNSAFE_POINTER:
		return write_target(report, field, writer);
	default:
		writer_signed(writer, field->number);
		return NULL;
	}
}

static struct error *cell_writer(struct table *table, enum style_tone tone, struct error *error,
				 struct writer *writer)
{
	const char *text = writer_text(writer);
	table_cell(table, tone, text ? text : "");
	writer_deinit(writer);
	return error;
}

static struct error *fields_table(const struct show_report *report, struct writer *writer)
{
	const struct heap_field_vector *list = &report->fields->list;
	_cleanup_(table_deinit) struct table table = { .columns = 3, .indent = 2 };
	for (size_t i = 0; i < list->count; i++) {
		struct writer value = WRITER_TO_MEMORY;
		table_cell(&table, STYLE_BOLD, list->items[i].path);
		table_cell(&table, STYLE_DIM, list->items[i].type);
		struct error *error = write_value(report, &list->items[i], &value);
		TRY(cell_writer(&table, STYLE_PLAIN, error, &value));
	}
	if (list->count)
		writer_char(writer, '\n');
	TRY(table_write(&table, report->style, writer));
	if (report->fields->cut)
		writer_string(writer, "  ... and more\n");
	if (report->fields->unreadable)
		writer_string(writer, "\nIts contents are not there: a snapshot keeps those of "
				      "objects without pointers with --with-data.\n");
	return NULL;
}

static struct error *row_holder(const struct show_report *report,
				const struct heap_incoming_edge *edge, struct table *table)
{
	const struct heap *heap = report->names->heap;
	struct writer name = WRITER_TO_MEMORY, field = WRITER_TO_MEMORY;
	uint32_t map = heap_is_map_piece(heap, edge->vertex) ? heap_map_of_piece(heap, edge->vertex)
							     : VERTEX_NONE;
	uint32_t vertex = map != VERTEX_NONE ? map : edge->vertex;
	struct error *error = heap_vertex_text(heap, vertex, &name);
	error = cell_writer(table, STYLE_BOLD, error, &name);
	if (!error)
		error = heap_edge_word(report->names, edge->vertex, edge->position,
				       map == VERTEX_NONE, &field);
	error = cell_writer(table, STYLE_PLAIN, error, &field);
	if (heap_vertex_root(heap, vertex))
		table_cell(table, STYLE_DIM, "");
	else
		table_cell_printf(table, STYLE_DIM, "%#" PRIx64, heap_value_address(heap, vertex));
	return error;
}

static struct error *holders_table(const struct show_report *report, struct writer *writer)
{
	const struct heap_incoming *holders = report->holders;
	_cleanup_(table_deinit) struct table table = { .columns = 3, .indent = 2 };
	char count[QUANTITY_SIZE];
	for (size_t i = 0; i < holders->list.count; i++)
		TRY(row_holder(report, &holders->list.items[i], &table));
	if (!holders->count) {
		writer_string(writer, "\nNothing points to it: it is garbage.\n");
		return NULL;
	}
	writer_string(writer, "\npointed to by\n");
	TRY(table_write(&table, report->style, writer));
	if (holders->count > holders->list.count)
		writer_printf(writer, "  ... %s more: --limit says how many are shown\n",
			      quantity_count(holders->count - holders->list.count, count));
	return NULL;
}

static struct error *write_verdict(const struct show_report *report, struct writer *writer)
{
	const struct heap *heap = report->names->heap;
	uint32_t vertex = report->query->vertex;
	uint64_t begin = heap_value_address(heap, vertex);
	char size[QUANTITY_SIZE], retained[QUANTITY_SIZE];
	struct writer name = WRITER_TO_MEMORY;
	struct error *error = heap_vertex_text(heap, vertex, &name);
	const char *text = writer_text(&name);
	if (report->query->address > begin)
		writer_printf(writer, "%#" PRIx64 " lies %" PRIu64 " bytes inside of ",
			      report->query->address, report->query->address - begin);
	writer_printf(writer, "%#" PRIx64 ", ", begin);
	style_string(report->style, STYLE_BOLD, text ? text : "", writer);
	writer_deinit(&name);
	if (report->fields->size && report->fields->size < heap_object_size(heap, vertex))
		writer_printf(writer, ", %" PRIu64 " bytes in a slot of", report->fields->size);
	else
		writer_char(writer, ',');
	writer_printf(writer, " %s", bytes_text(heap_object_size(heap, vertex), size));
	if (heap_is_reached(heap, vertex))
		writer_printf(writer, ", which retains %s",
			      bytes_text(heap_retained(heap, vertex), retained));
	writer_char(writer, '\n');
	return error;
}

struct error *show_text(const struct show_report *report, struct writer *writer)
{
	const struct heap_query *query = report->query;
	subject_text(report->subject, report->style, writer);
	writer_string(writer, ": ");
	if (query->kind == HEAP_QUERY_OBJECT) {
		TRY(write_verdict(report, writer));
		TRY(fields_table(report, writer));
		TRY(holders_table(report, writer));
	} else if (query->kind == HEAP_QUERY_FREE) {
		writer_hex(writer, query->address);
		writer_string(writer, " is in the heap, but no object is there: free\n");
	} else if (query->kind == HEAP_QUERY_ROOT) {
		struct writer name = WRITER_TO_MEMORY;
		struct error *error = heap_vertex_text(report->names->heap, query->vertex, &name);
		const char *text = writer_text(&name);
		writer_printf(writer, "%#" PRIx64 " lies in ", query->address);
		style_string(report->style, STYLE_BOLD, text ? text : "", writer);
		writer_string(writer, ", not in the heap: dowse why tells what that holds\n");
		writer_deinit(&name);
		TRY(error);
	} else {
		writer_hex(writer, query->address);
		writer_string(writer, " is not in the heap\n");
	}
	subject_warnings_text(report->subject, report->style, writer);
	return NULL;
}
