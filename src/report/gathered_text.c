/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/text.h"
#include "model/quantity.h"
#include "report/gathered.h"
#include "report/safe.h"
#include "report/stack_text.h"
#include "report/table.h"
#include "report/tests_report.h"

#define IN_FULL    2 /* more would not fit a screen, and each package's output has them */
#define NAME_LIMIT 80

/* A row of the table: a finding, or what a test has left; in how many processes it is the same. */
struct row {
	const struct finding *finding; /* NULL: */
	const struct left_behind *left;
	const char *name; /* of the package, or the program */
	size_t count;
};

DEFINE_VECTOR(row_vector, struct row);

static int compare_texts(const char *one, const char *other)
{
	if (!one || !other)
		return (one != NULL) - (other != NULL);
	return strcmp(one, other);
}

static int compare_places(const struct place *one, const struct place *other)
{
	int order = compare_texts(one->file, other->file);
	if (!order)
		order = (one->line > other->line) - (one->line < other->line);
	return order ? order : compare_texts(one->function, other->function);
}

static const struct place *row_place(const struct row *row)
{
	return row->finding ? &row->finding->place : &row->left->place;
}

static const char *row_test(const struct row *row)
{
	return row->finding ? row->finding->test : row->left->test;
}

/* The surest first, what is only left last; then by package and test. */
static int compare_rows(const void *left, const void *right)
{
	const struct row *a = left, *b = right;
	int sure = a->finding ? (int)a->finding->certainty : -1;
	int other = b->finding ? (int)b->finding->certainty : -1;
	if (sure != other)
		return sure > other ? -1 : 1;
	int order = compare_texts(a->name, b->name);
	if (!order)
		order = compare_texts(row_test(a), row_test(b));
	if (!order && a->finding)
		order = (int)a->finding->rule - (int)b->finding->rule;
	return order ? order : compare_places(row_place(a), row_place(b));
}

static struct error *gather_rows(const struct gathered *gathered, struct row_vector *ret)
{
	const struct gathered_process *processes = gathered->processes.items;
	for (size_t i = 0; i < gathered->findings.list.count; i++) {
		const struct finding *finding = &gathered->findings.list.items[i];
		const struct row row = { .finding = finding,
					 .name = processes[finding->process].name,
					 .count = 1 };
		TRY(row_vector_append(ret, &row));
	}
	for (size_t i = 0; i < gathered->left.count; i++) {
		const struct left_behind *left = &gathered->left.items[i];
		const struct row row = { .left = left,
					 .name = processes[left->process].name,
					 .count = 1 };
		TRY(row_vector_append(ret, &row));
	}
	return NULL;
}

/* The same test may have been run with and without the race detector, say. */
static void merge_rows(struct row_vector *rows)
{
	size_t kept = 0;
	if (rows->count)
		qsort(rows->items, rows->count, sizeof(*rows->items), compare_rows);
	for (size_t i = 0; i < rows->count; i++) {
		if (kept && compare_rows(&rows->items[kept - 1], &rows->items[i]) == 0)
			rows->items[kept - 1].count++;
		else
			rows->items[kept++] = rows->items[i];
	}
	rows->count = kept;
}

static void write_place(const struct place *place, struct table *table)
{
	struct writer text = WRITER_TO_MEMORY;
	if (place->file && strcmp(place->file, "?") != 0)
		stack_text_position(place->file, place->line, &text);
	else
		safe_string_limited(&text, place->function ? place->function : "?", NAME_LIMIT,
				    NULL);
	const char *words = writer_text(&text);
	table_cell(table, STYLE_PLAIN, words ? words : "");
	writer_deinit(&text);
}

static void write_row(const struct row *row, struct table *table)
{
	static const enum style_tone tones[] = {
		[CERTAINTY_SUSPECT] = STYLE_CYAN,
		[CERTAINTY_LIKELY] = STYLE_YELLOW,
		[CERTAINTY_PROVED] = STYLE_RED,
	};
	const char *test = row_test(row);
	if (row->finding) {
		const struct rule *rule = rules_get(row->finding->rule);
		table_cell(table, tones[row->finding->certainty],
			   certainty_name(row->finding->certainty));
		table_cell_printf(table, STYLE_PLAIN, "%s %s", rule->code, rule->name);
	} else {
		table_cell(table, STYLE_YELLOW, "left");
		table_cell(table, STYLE_PLAIN, row->left->state);
	}
	write_place(row_place(row), table);
	table_cell(table, STYLE_BOLD, test ? test : "outside of tests");
	if (row->count > 1)
		table_cell_printf(table, STYLE_PLAIN, "%s (%zu times)", row->name, row->count);
	else
		table_cell(table, STYLE_PLAIN, row->name);
}

static void write_in_full(const struct row_vector *rows, const struct style *style,
			  struct writer *writer)
{
	for (size_t i = 0; i < rows->count; i++) {
		if (rows->items[i].finding)
			tests_text_finding(rows->items[i].finding, style, writer);
		else
			tests_text_left(rows->items[i].left, style, writer);
	}
	writer_char(writer, '\n');
}

static size_t processes_with_any(const struct gathered *gathered)
{
	size_t count = 0;
	for (size_t i = 0; i < gathered->processes.count; i++) {
		const struct gathered_process *process = &gathered->processes.items[i];
		count += process->findings || process->left;
	}
	return count;
}

static void write_totals(const struct diagnosis *diagnosis, size_t rows, bool full,
			 struct writer *writer)
{
	const struct gathered *gathered = diagnosis->gathered;
	size_t findings = gathered->findings.list.count, with_any = processes_with_any(gathered);
	writer_string(writer, "dowse: ");
	if (findings)
		quantity_write(writer, findings, "leak", "leaks");
	else
		writer_string(writer, "no leaks");
	if (gathered->left.count)
		writer_printf(writer, ", %zu left", gathered->left.count);
	writer_string(writer, " in ");
	if (with_any)
		writer_printf(writer, "%zu of ", with_any);
	quantity_write(writer, gathered->processes.count, "process", "processes");
	if (diagnosis->suppressed)
		writer_printf(writer, ", %zu suppressed", diagnosis->suppressed);
	if (diagnosis->known)
		writer_printf(writer, ", %zu known from the baseline", diagnosis->known);
	if (gathered->problems.count) {
		writer_string(writer, ", ");
		quantity_write(writer, gathered->problems.count, "file that says nothing",
			       "files that say nothing");
	}
	writer_string(writer, rows && !full ? "; --all shows each in full\n" : "\n");
}

struct error *gathered_text(const struct diagnosis *diagnosis, const struct style *style,
			    struct writer *writer)
{
	_cleanup_(row_vector_deinit) struct row_vector rows = { 0 };
	_cleanup_(table_deinit) struct table table = { .columns = 5 };
	TRY(gather_rows(diagnosis->gathered, &rows));
	merge_rows(&rows);
	bool full = rows.count && (diagnosis->all || rows.count <= IN_FULL);
	if (full)
		write_in_full(&rows, style, writer);
	for (size_t i = 0; i < rows.count; i++)
		write_row(&rows.items[i], &table);
	TRY(table_write(&table, style, writer));
	write_totals(diagnosis, rows.count, full, writer);
	return NULL;
}
