/* SPDX-License-Identifier: Apache-2.0 */
#include "report/heap_cells.h"
#include "report/heap_faces.h"

static const char *const kinds[] = {
	[HEAP_FILL_SLICE] = "slice",
	[HEAP_FILL_MAP] = "map",
	[HEAP_FILL_CHANNEL] = "channel",
};

struct error *heap_fill_text(const struct heap_report *report, uint64_t limit,
			     struct writer *writer)
{
	static const char *const names[] = { "unused", "held", "used", "number", "of" };
	const struct heap_fill *fill = report->fill;
	_cleanup_(table_deinit) struct table table = {
		.columns = ARRAY_SIZE(names),
		.right = { true, true, true, true },
	};
	if (fill->unreadable) {
		quantity_write(writer, fill->unreadable, "object", "objects");
		writer_string(writer, " cannot be read\n");
	}
	heap_heads(&table, names, ARRAY_SIZE(names));
	for (size_t i = 0; i < fill->list.count && i < limit; i++) {
		const struct heap_fill_row *row = &fill->list.items[i];
		heap_cell_bytes(&table, row->held - row->used);
		heap_cell_bytes(&table, row->held);
		table_cell_printf(&table, STYLE_PLAIN, "%.0f %%",
				  100.0 * (double)row->used / (double)row->held);
		heap_cell_count(&table, row->count);
		if (row->element)
			table_cell_printf(&table, STYLE_BOLD, "%s  %s", row->name, row->element);
		else
			table_cell(&table, STYLE_BOLD, row->name);
	}
	return table_write(&table, report->style, writer);
}

void heap_fill_json(const struct heap_report *report, struct json *json)
{
	const struct heap_fill *fill = report->fill;
	json_member_unsigned(json, "unreadable", fill->unreadable);
	json_key(json, "fill");
	json_array_begin(json);
	for (size_t i = 0; i < fill->list.count && i < report->limit; i++) {
		const struct heap_fill_row *row = &fill->list.items[i];
		json_object_begin(json);
		json_member_string(json, "kind", kinds[row->kind]);
		json_member_string(json, "name", row->name);
		json_member_string(json, "element", row->element);
		json_member_unsigned(json, "count", row->count);
		json_member_unsigned(json, "bytes", row->held);
		json_member_unsigned(json, "used", row->used);
		json_member_unsigned(json, "unused", row->held - row->used);
		json_object_end(json);
	}
	json_array_end(json);
}
