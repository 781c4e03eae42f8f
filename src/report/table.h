/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_REPORT_TABLE_H
#define DOWSE_REPORT_TABLE_H

#include "base/arena.h"
#include "base/vector.h"
#include "report/style.h"

/*
 * A table of text whose columns are as wide as their widest cell. All zeroes and a number of
 * columns make an empty one. Cells are made safe for the eye; memory that runs out is told by
 * table_write().
 */
#define TABLE_COLUMNS_MAX 12

struct table_cell {
	const char *text;
	size_t width; /* characters */
	enum style_tone tone;
};

DEFINE_VECTOR(table_cell_vector, struct table_cell);

struct table {
	size_t columns;
	bool right[TABLE_COLUMNS_MAX]; /* aligned to the right */
	unsigned indent;
	struct arena arena;
	struct table_cell_vector cells;
	bool out_of_memory;
};

/* The next cell, row by row. */
void table_cell(struct table *table, enum style_tone tone, const char *text);
void table_cell_printf(struct table *table, enum style_tone tone, const char *format, ...)
	printf_like(3, 4);

/* The last column is not padded. */
struct error *table_write(const struct table *table, const struct style *style,
			  struct writer *writer) must_use;
void table_deinit(struct table *table);

#endif
