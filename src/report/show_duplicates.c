/* SPDX-License-Identifier: Apache-2.0 */
#include "report/heap_cells.h"
#include "report/heap_members.h"
#include "report/show_report.h"

#define DATA_IN_TEXT    40
#define KEEPERS_IN_TEXT 2

static void write_verdict(const struct duplicates_report *report, struct writer *writer)
{
	const struct heap_duplicates *duplicates = report->duplicates;
	char bytes[QUANTITY_SIZE], saved[QUANTITY_SIZE], contents[QUANTITY_SIZE];
	subject_text(report->subject, report->style, writer);
	writer_string(writer, ": ");
	if (!duplicates->contents) {
		writer_string(writer, "no two strings or slices contain the same\n");
		return;
	}
	quantity_write(writer, duplicates->copies, "string or slice", "strings and slices");
	writer_printf(writer,
		      " (%s) contain what others do, %s different things: one of each would take "
		      "%s less\n",
		      heap_bytes_text(duplicates->bytes, bytes),
		      quantity_count(duplicates->contents, contents),
		      heap_bytes_text(duplicates->saved, saved));
}

/* "main.User.status 1,203, main.cache 17 ..." */
static void write_keepers(const struct heap_duplicate *row, struct writer *writer)
{
	char count[QUANTITY_SIZE];
	for (size_t i = 0; i < row->keeper_count && i < KEEPERS_IN_TEXT; i++)
		writer_printf(writer, "%s%s %s", i ? ", " : "", row->keepers[i].name,
			      quantity_count(row->keepers[i].count, count));
	if (row->keeper_count > KEEPERS_IN_TEXT)
		writer_string(writer, ", ...");
}

/* How many of the bytes have room in a table: what cannot be printed takes four places. */
static size_t data_shown(const struct heap_duplicate *row)
{
	size_t room = DATA_IN_TEXT, count = 0;
	for (; count < row->data_length; count++) {
		unsigned char c = (unsigned char)row->data[count];
		size_t width = c < ' ' || c >= 0x7f ? 4 : 1;
		if (width > room)
			break;
		room -= width;
	}
	return count;
}

static struct error *add_row(const struct duplicates_report *report,
			     const struct heap_duplicate *row, struct table *table)
{
	struct writer data = WRITER_TO_MEMORY, keepers = WRITER_TO_MEMORY;
	size_t shown = data_shown(row);
	const char *type;
	TRY(heap_types_name(report->heap->types, row->type, &type));
	heap_cell_bytes(table, row->saved);
	heap_cell_count(table, row->copies);
	heap_cell_count(table, row->length);
	table_cell(table, STYLE_DIM, type);
	show_data_text(row->data ? row->data : "", shown, shown < row->length, &data);
	heap_cell_writer(table, STYLE_BOLD, &data);
	write_keepers(row, &keepers);
	heap_cell_writer(table, STYLE_PLAIN, &keepers);
	return NULL;
}

/* A snapshot keeps what has no pointers only if it is told to. */
static void write_unreadable(const struct heap_duplicates *duplicates, struct writer *writer)
{
	quantity_write(writer, duplicates->unreadable, "string or slice", "strings and slices");
	writer_string(writer, " could not be compared: contents are not there (a snapshot keeps "
			      "them with --with-data)\n");
}

struct error *show_duplicates_text(const struct duplicates_report *report, struct writer *writer)
{
	static const char *const names[] = { "saved", "copies",   "length",
					     "type",  "contents", "kept in" };
	const struct heap_duplicates *duplicates = report->duplicates;
	_cleanup_(table_deinit) struct table table = {
		.columns = ARRAY_SIZE(names),
		.right = { true, true, true },
	};
	/* What nobody has read is not different either. */
	if (duplicates->compared || !duplicates->unreadable)
		write_verdict(report, writer);
	if (duplicates->unreadable)
		write_unreadable(duplicates, writer);
	if (duplicates->list.count) {
		writer_char(writer, '\n');
		heap_heads(&table, names, ARRAY_SIZE(names));
	}
	for (size_t i = 0; i < duplicates->list.count; i++)
		TRY(add_row(report, &duplicates->list.items[i], &table));
	TRY(table_write(&table, report->style, writer));
	subject_warnings_text(report->subject, report->style, writer);
	return NULL;
}

static struct error *write_row(const struct duplicates_report *report,
			       const struct heap_duplicate *row, struct json *json)
{
	const char *type;
	TRY(heap_types_name(report->heap->types, row->type, &type));
	json_object_begin(json);
	json_member_string(json, "type", type);
	json_member_unsigned(json, "length", row->length);
	json_member_unsigned(json, "copies", row->copies);
	json_member_unsigned(json, "bytes", row->bytes);
	json_member_unsigned(json, "saved", row->saved);
	json_member_address(json, "address", row->address);
	json_key(json, "data");
	if (row->data)
		json_bytes(json, row->data, row->data_length);
	else
		json_null(json);
	json_key(json, "keepers");
	json_array_begin(json);
	for (size_t i = 0; i < row->keeper_count; i++) {
		json_object_begin(json);
		json_member_string(json, "name", row->keepers[i].name);
		json_member_unsigned(json, "count", row->keepers[i].count);
		json_object_end(json);
	}
	json_array_end(json);
	json_member_unsigned(json, "kept", row->kept);
	json_object_end(json);
	return NULL;
}

struct error *show_duplicates_json(const struct duplicates_report *report, struct writer *writer)
{
	const struct heap_duplicates *duplicates = report->duplicates;
	struct json json = JSON_INTO(writer);
	json_object_begin(&json);
	subject_json(report->subject, &json);
	members_heap_moment(&json, report->pause_ns, report->fork_ns);
	json_member_unsigned(&json, "compared", duplicates->compared);
	json_member_unsigned(&json, "unreadable", duplicates->unreadable);
	json_member_unsigned(&json, "contents", duplicates->contents);
	json_member_unsigned(&json, "copies", duplicates->copies);
	json_member_unsigned(&json, "bytes", duplicates->bytes);
	json_member_unsigned(&json, "saved", duplicates->saved);
	json_key(&json, "duplicates");
	json_array_begin(&json);
	for (size_t i = 0; i < duplicates->list.count; i++)
		TRY(write_row(report, &duplicates->list.items[i], &json));
	json_array_end(&json);
	json_object_end(&json);
	writer_char(writer, '\n');
	return NULL;
}
