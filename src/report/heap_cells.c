/* SPDX-License-Identifier: Apache-2.0 */
#include "report/heap_cells.h"

#include "model/quantity.h"

const char *heap_bytes_text(uint64_t number, char into[QUANTITY_SIZE])
{
	return quantity_bytes((int64_t)MIN(number, (uint64_t)INT64_MAX), into);
}

void heap_cell_bytes(struct table *table, uint64_t bytes)
{
	char text[QUANTITY_SIZE];
	table_cell(table, STYLE_PLAIN, heap_bytes_text(bytes, text));
}

void heap_cell_count(struct table *table, uint64_t count)
{
	char text[QUANTITY_SIZE];
	table_cell(table, STYLE_PLAIN, quantity_count(count, text));
}

void heap_cell_writer(struct table *table, enum style_tone tone, struct writer *writer)
{
	const char *text = writer_text(writer);
	table_cell(table, tone, text ? text : "");
	writer_deinit(writer);
}

void heap_heads(struct table *table, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		table_cell(table, STYLE_DIM, names[i]);
}

void heap_cell_growth(struct table *table, uint64_t before, uint64_t now)
{
	char text[QUANTITY_SIZE];
	if (before == now) {
		table_cell(table, STYLE_DIM, "=");
		return;
	}
	heap_bytes_text(now > before ? now - before : before - now, text);
	table_cell_printf(table, STYLE_PLAIN, "%s%s", now > before ? "+" : "-", text);
}

void heap_cell_count_growth(struct table *table, uint64_t before, uint64_t now)
{
	char text[QUANTITY_SIZE];
	if (before == now) {
		table_cell(table, STYLE_DIM, "=");
		return;
	}
	quantity_count(now > before ? now - before : before - now, text);
	table_cell_printf(table, STYLE_PLAIN, "%s%s", now > before ? "+" : "-", text);
}
