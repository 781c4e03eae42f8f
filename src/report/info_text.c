/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "model/quantity.h"
#include "report/info_report.h"
#include "report/memory_report.h"
#include "report/table.h"

/* A row of the first table: what, and a text that is put together. */
struct row {
	struct table *table;
	struct writer text;
};

static struct row row_begin(struct table *table, const char *name)
{
	table_cell(table, STYLE_DIM, name);
	return (struct row){ .table = table, .text = WRITER_TO_MEMORY };
}

static void row_end(struct row *row)
{
	const char *text = writer_text(&row->text);
	table_cell(row->table, STYLE_PLAIN, text ? text : "");
	writer_deinit(&row->text);
}

static void add_executable(struct table *table, const struct info_report *report)
{
	const struct process_executable *executable = report->executable;
	struct row row = row_begin(table, "executable");
	const char *path = report->subject->executable;
	writer_string(&row.text, path ? path : "unknown");
	if (report->core && !report->core->executable_found)
		writer_printf(&row.text, "  (%s)", report->core->problem);
	else if (executable && executable->replaced)
		writer_string(&row.text, "  (another file has taken its place since)");
	else if (executable && executable->deleted)
		writer_string(&row.text, "  (deleted since)");
	row_end(&row);
	if (!report->command[0])
		return;
	row = row_begin(table, "command");
	writer_string(&row.text, report->command);
	row_end(&row);
}

/* What the core is, what it has, and what ended the process. */
static void add_core(struct table *table, const struct core_facts *core)
{
	char held[QUANTITY_SIZE], memory[QUANTITY_SIZE];
	struct row row = row_begin(table, "ended by");
	if (core->signal)
		writer_printf(&row.text, "signal %d (SIG%s)", core->signal,
			      sigabbrev_np(core->signal) ? sigabbrev_np(core->signal) : "?");
	else
		writer_string(&row.text, "nothing: it ran on");
	row_end(&row);

	row = row_begin(table, "core");
	writer_printf(&row.text, "%s of %s that were mapped",
		      quantity_bytes((int64_t)MIN(core->held, (uint64_t)INT64_MAX), held),
		      quantity_bytes((int64_t)MIN(core->memory, (uint64_t)INT64_MAX), memory));
	if (core->cut)
		writer_printf(&row.text, "; %s of %zu segments are missing: it was cut short",
			      quantity_bytes((int64_t)MIN(core->cut, (uint64_t)INT64_MAX), held),
			      core->cut_segments);
	row_end(&row);
}

static void add_module(struct table *table, const struct build_info *build)
{
	char text[QUANTITY_SIZE];
	struct row row = row_begin(table, "module");
	if (build->main.path)
		writer_printf(&row.text, "%s %s", build->main.path,
			      build->main.version ? build->main.version : "");
	else
		writer_string(&row.text, build->path ? build->path : "unknown");
	if (build->module_count)
		writer_printf(&row.text, ", with %s other%s (--modules)",
			      quantity_count(build->module_count, text),
			      build->module_count == 1 ? "" : "s");
	row_end(&row);
}

/*
 * The settings as `go version -m` has them; those of the version control apart, and without the
 * long list of compatibility settings that follows from go.mod (they are in the JSON).
 */
static void add_settings(struct table *table, const struct build_info *build)
{
	const char *revision = build_info_setting(build, "vcs.revision");
	const char *modified = build_info_setting(build, "vcs.modified");
	const char *time = build_info_setting(build, "vcs.time");
	struct row row = row_begin(table, "built with");
	bool any = false;
	for (size_t i = 0; i < build->setting_count; i++) {
		const struct build_setting *setting = &build->settings[i];
		if (!strncmp(setting->key, "vcs", 3) || !setting->value[0] ||
		    !strcmp(setting->key, "DefaultGODEBUG"))
			continue;
		writer_printf(&row.text, "%s%s=%s", any ? " " : "", setting->key, setting->value);
		any = true;
	}
	if (!any)
		writer_string(&row.text, "unknown");
	row_end(&row);
	if (!revision)
		return;
	row = row_begin(table, "revision");
	writer_printf(&row.text, "%s%s%s%s", revision, time ? " of " : "", time ? time : "",
		      modified && !strcmp(modified, "true") ? ", with changes" : "");
	row_end(&row);
}

static void add_layout(struct table *table, const struct binary *binary)
{
	struct row row = row_begin(table, "structures");
	switch (binary->layout_source) {
	case LAYOUT_FROM_DWARF:
		writer_string(&row.text, "read by the program's own debug information");
		break;
	case LAYOUT_FROM_TABLE:
		writer_string(&row.text, "read by dowse's table of releases");
		break;
	case LAYOUT_FROM_NEAREST:
		writer_printf(&row.text, "read as those of %s, the nearest release that is known",
			      binary->layout_release);
		break;
	}
	row_end(&row);
}

static void add_scheduling(struct table *table, const struct info_report *report)
{
	const struct runtime_counters *counters = report->counters;
	char text[QUANTITY_SIZE];
	struct row row = row_begin(table, "goroutines");
	if (counters->goroutines >= 0)
		writer_string(&row.text, quantity_count((uint64_t)counters->goroutines, text));
	else
		writer_string(&row.text, "unknown");
	row_end(&row);

	row = row_begin(table, "threads");
	writer_printf(&row.text, "%zu",
		      report->core ? report->core->threads : report->facts->threads);
	row_end(&row);

	row = row_begin(table, "GOMAXPROCS");
	if (counters->processors >= 0)
		writer_printf(&row.text, "%" PRId64, counters->processors);
	else
		writer_string(&row.text, "unknown");
	if (report->limits.allowed_processors > 0)
		writer_printf(&row.text, ", on %" PRId64 " processor%s",
			      report->limits.allowed_processors,
			      report->limits.allowed_processors == 1 ? "" : "s");
	if (report->limits.processors >= 0)
		writer_printf(&row.text, "; its control group gives it %.2g",
			      report->limits.processors);
	row_end(&row);
}

static void add_collector(struct table *table, const struct info_report *report)
{
	const struct runtime_counters *counters = report->counters;
	char text[QUANTITY_SIZE];
	struct row row = row_begin(table, "collections");
	if (counters->gc_count >= 0)
		writer_string(&row.text, quantity_count((uint64_t)counters->gc_count, text));
	else
		writer_string(&row.text, "unknown");
	if (report->since_gc_ns >= 0)
		writer_printf(&row.text, ", the last %s ago",
			      quantity_duration(report->since_gc_ns, text));
	if (counters->heap_goal > 0)
		writer_printf(&row.text, "; the next at a heap of %s",
			      quantity_bytes(counters->heap_goal, text));
	row_end(&row);

	row = row_begin(table, "GOGC");
	if (counters->gc_percent == INT64_MIN)
		writer_string(&row.text, "unknown");
	else if (counters->gc_percent < 0)
		writer_string(&row.text, "off");
	else
		writer_printf(&row.text, "%" PRId64, counters->gc_percent);
	if (counters->memory_limit == INT64_MAX)
		writer_string(&row.text, ", no GOMEMLIMIT");
	else if (counters->memory_limit >= 0)
		writer_printf(&row.text, ", GOMEMLIMIT %s",
			      quantity_bytes(counters->memory_limit, text));
	row_end(&row);
}

static void add_descriptors(struct table *table, const struct info_limits *limits)
{
	char text[QUANTITY_SIZE];
	struct row row = row_begin(table, "descriptors");
	if (limits->descriptors >= 0)
		writer_string(&row.text, quantity_count((uint64_t)limits->descriptors, text));
	else
		writer_string(&row.text, "unknown");
	if (limits->descriptor_limit >= 0)
		writer_printf(&row.text, " of %s",
			      quantity_count((uint64_t)limits->descriptor_limit, text));
	row_end(&row);
}

static struct error *write_facts(const struct info_report *report, struct writer *writer)
{
	_cleanup_(table_deinit) struct table table = { .columns = 2, .indent = 2 };
	const struct build_info *build = &report->binary->build_info;
	add_executable(&table, report);
	if (report->core)
		add_core(&table, report->core);
	add_module(&table, build);
	add_settings(&table, build);
	add_layout(&table, report->binary);
	add_scheduling(&table, report);
	add_collector(&table, report);
	if (!report->core)
		add_descriptors(&table, &report->limits);
	return table_write(&table, report->style, writer);
}

static struct error *write_modules(const struct info_report *report, struct writer *writer)
{
	const struct build_info *build = &report->binary->build_info;
	_cleanup_(table_deinit) struct table table = { .columns = 3, .indent = 2 };
	for (size_t i = 0; i < build->module_count; i++) {
		const struct build_module *module = &build->modules[i];
		table_cell(&table, STYLE_PLAIN, module->path);
		table_cell(&table, STYLE_PLAIN, module->version ? module->version : "");
		table_cell_printf(&table, STYLE_DIM, "%s%s", module->replaced_by ? "=> " : "",
				  module->replaced_by ? module->replaced_by : "");
	}
	writer_string(writer, "\nmodules\n");
	if (!build->module_count)
		writer_string(writer, "  none but its own\n");
	return table_write(&table, report->style, writer);
}

struct error *info_text(const struct info_report *report, struct writer *writer)
{
	subject_text(report->subject, report->style, writer);
	writer_string(writer, "\n\n");
	TRY(write_facts(report, writer));
	writer_char(writer, '\n');
	if (report->core)
		TRY(memory_accounts_text(report->counters, report->style, writer));
	else if (report->memory)
		TRY(memory_text(report->memory, report->style, writer));
	else
		writer_printf(writer, "memory: unknown: %s\n", report->memory_problem);
	if (report->modules)
		TRY(write_modules(report, writer));
	writer_char(writer, '\n');
	subject_warnings_text(report->subject, report->style, writer);
	writer_string(writer, "next: dowse goroutines ");
	if (!subject_operand(report->subject, writer))
		writer_string(writer, "FILE");
	writer_printf(writer, "      (what they %s)\n",
		      report->subject->path || report->subject->saved
			      ? "did"
			      : "do; stops it for milliseconds");
	return NULL;
}
