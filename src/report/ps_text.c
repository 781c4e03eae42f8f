/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "model/quantity.h"
#include "report/ps_report.h"
#include "report/safe.h"
#include "report/table.h"

void ps_report_deinit(struct ps_report *report)
{
	ps_process_vector_deinit(&report->processes);
	arena_deinit(&report->arena);
}

/* What the columns before the command take, as a rule. */
#define BEFORE_COMMAND 52u
#define COMMAND_MIN    24u

/* The command as far as the line is wide, and what became of its executable. */
static void add_command(struct table *table, const struct ps_process *process,
			const struct style *style)
{
	const char *note = process->replaced  ? "(executable replaced) "
			   : process->deleted ? "(executable deleted) "
					      : "";
	unsigned width = style->width > BEFORE_COMMAND + COMMAND_MIN ? style->width - BEFORE_COMMAND
								     : COMMAND_MIN;
	struct writer text = WRITER_TO_MEMORY;
	const char *command = process->command[0] ? process->command : process->name;
	const char *shown = command;
	/* The folder of the program is what can be missed most easily. */
	size_t first = strcspn(command, " ");
	for (size_t i = 0; i + 1 < first; i++) {
		if (command[i] == '/')
			shown = command + i + 1;
	}
	writer_string(&text, note);
	safe_string_limited(&text, shown, width, NULL);
	const char *bytes = writer_text(&text);
	table_cell(table, STYLE_PLAIN, bytes ? bytes : "");
	writer_deinit(&text);
}

static void add_row(struct table *table, const struct ps_process *process,
		    const struct style *style)
{
	char text[QUANTITY_SIZE];
	table_cell_printf(table, STYLE_BOLD, "%d", (int)process->pid);
	table_cell(table, STYLE_PLAIN, process->release ? process->release : "?");
	table_cell(table, STYLE_PLAIN, quantity_duration(process->age_ns, text));
	table_cell(table, STYLE_PLAIN, quantity_bytes(process->resident, text));
	table_cell(table, STYLE_PLAIN,
		   process->goroutines < 0 ? "-"
					   : quantity_count((uint64_t)process->goroutines, text));
	add_command(table, process, style);
}

static struct error *write_rows(const struct ps_report *report, const struct style *style,
				struct writer *writer)
{
	static const char *const heads[] = { "PID",    "RELEASE",    "UP",
					     "MEMORY", "GOROUTINES", "COMMAND" };
	_cleanup_(table_deinit) struct table table = { .columns = ARRAY_SIZE(heads) };
	table.right[0] = table.right[2] = table.right[3] = table.right[4] = true;
	for (size_t i = 0; i < ARRAY_SIZE(heads); i++)
		table_cell(&table, STYLE_DIM, heads[i]);
	for (size_t i = 0; i < report->processes.count; i++)
		add_row(&table, &report->processes.items[i], style);
	return table_write(&table, style, writer);
}

/* What was not seen, and what would show it. */
static void write_hidden(const struct ps_report *report, struct writer *writer)
{
	char text[QUANTITY_SIZE];
	if (!report->unseen && !report->closed)
		return;
	writer_char(writer, '\n');
	if (report->unseen)
		writer_printf(writer, "%s process%s may not be looked at from here",
			      quantity_count(report->unseen, text),
			      report->unseen == 1 ? "" : "es");
	if (report->closed)
		writer_printf(writer, "%s%s Go process%s may not be read",
			      report->unseen ? "; " : "", quantity_count(report->closed, text),
			      report->closed == 1 ? "" : "es");
	writer_string(writer, report->privileged
				      ? "; to allow it: see dowse doctor\n"
				      : "; to see more: sudo dowse ps, or see dowse doctor\n");
}

struct error *ps_text(const struct ps_report *report, const struct style *style,
		      struct writer *writer)
{
	const struct ps_process *largest = NULL;
	if (!report->processes.count) {
		writer_string(writer, "No Go process can be seen here.\n");
		write_hidden(report, writer);
		return NULL;
	}
	TRY(write_rows(report, style, writer));
	write_hidden(report, writer);
	/* The largest that can be read. */
	for (size_t i = 0; i < report->processes.count && !largest; i++) {
		if (report->processes.items[i].goroutines >= 0)
			largest = &report->processes.items[i];
	}
	if (!largest)
		largest = &report->processes.items[0];
	writer_printf(writer, "\nnext: dowse %d      (what leaks in %s)\n", (int)largest->pid,
		      largest->goroutines >= 0 ? "the largest of them" : "it, if that is allowed");
	return NULL;
}
