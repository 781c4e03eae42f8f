/* SPDX-License-Identifier: Apache-2.0 */
#include "report/profile_report.h"
#include "report/profile_top_report.h"
#include "report/safe.h"
#include "report/table.h"

static void add_share(struct table *table, int64_t value, int64_t total)
{
	if (total)
		table_cell_printf(table, STYLE_DIM, "%.1f%%", (double)value * 100 / (double)total);
	else
		table_cell(table, STYLE_DIM, "");
}

static void add_heads(struct table *table)
{
	static const char *const heads[] = { "itself", "", "with callees", "", "function" };
	for (size_t i = 0; i < ARRAY_SIZE(heads); i++)
		table_cell(table, STYLE_DIM, heads[i]);
}

static void write_type(const struct profile *profile, uint32_t type, int64_t total, int64_t whole,
		       struct writer *writer)
{
	char text[QUANTITY_SIZE], all[QUANTITY_SIZE], name[64];
	struct profile_text bytes = profile_text(profile, profile->types[type].type);
	snprintf(name, sizeof(name), "%.*s", (int)MIN(bytes.length, sizeof(name) - 1), bytes.bytes);
	safe_string(writer, name);
	if (whole != total)
		writer_printf(writer, ": %s of", profile_value_text(profile, type, total, text));
	else
		writer_char(writer, ':');
	writer_printf(writer, " %s in all\n", profile_value_text(profile, type, whole, all));
}

struct error *profile_top_text(const struct profile *profile, uint32_t type, int64_t whole,
			       const struct profile_top *top, const struct style *style,
			       struct writer *writer)
{
	struct table table = { .columns = 5, .right = { true, true, true, true } };
	char text[QUANTITY_SIZE];
	write_type(profile, type, top->total, whole, writer);
	add_heads(&table);
	for (uint32_t i = 0; i < top->count; i++) {
		const struct profile_top_row *row = &top->rows[i];
		table_cell(&table, STYLE_PLAIN, profile_value_text(profile, type, row->flat, text));
		add_share(&table, row->flat, whole);
		table_cell(&table, STYLE_PLAIN, profile_value_text(profile, type, row->cum, text));
		add_share(&table, row->cum, whole);
		table_cell(&table, STYLE_PLAIN, row->name);
	}
	struct error *error = table_write(&table, style, writer);
	table_deinit(&table);
	return error;
}
