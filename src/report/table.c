/* SPDX-License-Identifier: Apache-2.0 */
#include "report/table.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "report/safe.h"

#define CELL_MAX   1024
#define COLUMN_GAP 2

static void table_take(struct table *table, enum style_tone tone, const char *text, size_t width)
{
	struct table_cell cell = { .tone = tone, .width = width };
	cell.text = arena_copy_string(&table->arena, text, strlen(text));
	if (!cell.text || !error_ignore(table_cell_vector_append(&table->cells, &cell)))
		table->out_of_memory = true;
}

void table_cell(struct table *table, enum style_tone tone, const char *text)
{
	struct writer safe = WRITER_TO_MEMORY;
	size_t width = 0;
	safe_string_limited(&safe, text, SAFE_LIMIT, &width);
	const char *bytes = writer_text(&safe);
	if (bytes)
		table_take(table, tone, bytes, width);
	else
		table->out_of_memory = true;
	writer_deinit(&safe);
}

void table_cell_printf(struct table *table, enum style_tone tone, const char *format, ...)
{
	char text[CELL_MAX];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	table_cell(table, tone, text);
}

static void write_cell(const struct table *table, const struct table_cell *cell, size_t column,
		       size_t width, const struct style *style, struct writer *writer)
{
	size_t blanks = width - cell->width;
	if (table->right[column])
		writer_blanks(writer, blanks);
	style_begin(style, cell->tone, writer);
	writer_string(writer, cell->text);
	style_end(style, cell->tone, writer);
	if (!table->right[column] && column + 1 < table->columns)
		writer_blanks(writer, blanks);
}

struct error *table_write(const struct table *table, const struct style *style,
			  struct writer *writer)
{
	size_t widths[TABLE_COLUMNS_MAX] = { 0 };
	if (table->out_of_memory)
		return error_no_memory();
	for (size_t i = 0; i < table->cells.count; i++) {
		size_t *width = &widths[i % table->columns];
		*width = MAX(*width, table->cells.items[i].width);
	}
	for (size_t i = 0; i < table->cells.count; i++) {
		size_t column = i % table->columns;
		writer_blanks(writer, column ? COLUMN_GAP : table->indent);
		write_cell(table, &table->cells.items[i], column, widths[column], style, writer);
		if (column + 1 == table->columns)
			writer_char(writer, '\n');
	}
	return NULL;
}

void table_deinit(struct table *table)
{
	table_cell_vector_deinit(&table->cells);
	arena_deinit(&table->arena);
}
