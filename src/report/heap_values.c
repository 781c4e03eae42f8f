/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "report/heap_cells.h"
#include "report/heap_faces.h"

static void write_value(const struct heap_values *values, const struct heap_value_group *group,
			struct writer *writer)
{
	switch (values->kind) {
	case HEAP_VALUE_SIGNED:
		writer_signed(writer, (int64_t)group->number);
		return;
	case HEAP_VALUE_UNSIGNED:
		writer_unsigned(writer, group->number);
		return;
	case HEAP_VALUE_BOOL:
		writer_string(writer, group->number ? "true" : "false");
		return;
	case HEAP_VALUE_STRING:
		break;
	}
	if (!group->text) {
		writer_string(writer, "(not there)");
		return;
	}
	writer_char(writer, '"');
	writer_bytes(writer, group->text, group->length);
	writer_string(writer, group->cut ? "\"..." : "\"");
}

struct error *heap_values_text(const struct heap_report *report, uint64_t limit,
			       struct writer *writer)
{
	const struct heap_values *values = report->values;
	const char *const names[] = { "retained", "bytes", "objects", values->field };
	_cleanup_(table_deinit) struct table table = {
		.columns = ARRAY_SIZE(names),
		.right = { true, true, true },
	};
	char count[QUANTITY_SIZE];
	writer_printf(writer, "%s objects of %s, ",
		      quantity_count(values->query.count - values->unreadable, count),
		      values->query.name);
	quantity_write(writer, values->list.count, "value", "values");
	writer_string(writer, "\n");
	if (values->unreadable) {
		quantity_write(writer, values->unreadable, "object", "objects");
		writer_string(writer, " more cannot be read\n");
	}
	heap_heads(&table, names, ARRAY_SIZE(names));
	for (size_t i = 0; i < values->list.count && i < limit; i++) {
		const struct heap_value_group *group = &values->list.items[i];
		struct writer text = WRITER_TO_MEMORY;
		heap_cell_bytes(&table, group->retained);
		heap_cell_bytes(&table, group->bytes);
		heap_cell_count(&table, group->count);
		write_value(values, group, &text);
		heap_cell_writer(&table, STYLE_BOLD, &text);
	}
	return table_write(&table, report->style, writer);
}

static void member_value(const struct heap_values *values, const struct heap_value_group *group,
			 struct json *json)
{
	json_key(json, "value");
	switch (values->kind) {
	case HEAP_VALUE_SIGNED:
		json_signed(json, (int64_t)group->number);
		return;
	case HEAP_VALUE_UNSIGNED:
		json_unsigned(json, group->number);
		return;
	case HEAP_VALUE_BOOL:
		json_bool(json, group->number != 0);
		return;
	case HEAP_VALUE_STRING:
		break;
	}
	if (group->text)
		json_bytes(json, group->text, group->length);
	else
		json_null(json);
}

void heap_values_json(const struct heap_report *report, struct json *json)
{
	const struct heap_values *values = report->values;
	json_member_string(json, "type", values->query.name);
	json_member_string(json, "field", values->field);
	json_member_unsigned(json, "unreadable", values->unreadable);
	json_member_unsigned(json, "value_count", values->list.count);
	json_key(json, "values");
	json_array_begin(json);
	for (size_t i = 0; i < values->list.count && i < report->limit; i++) {
		const struct heap_value_group *group = &values->list.items[i];
		json_object_begin(json);
		member_value(values, group, json);
		json_member_bool(json, "cut", group->cut);
		json_member_unsigned(json, "count", group->count);
		json_member_unsigned(json, "bytes", group->bytes);
		json_member_unsigned(json, "retained", group->retained);
		json_object_end(json);
	}
	json_array_end(json);
}
