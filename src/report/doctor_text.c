/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "model/quantity.h"
#include "report/doctor_report.h"
#include "report/table.h"
#include "runtime/globals.h"

#define CAPABILITIES 64u

static void row(struct table *table, const char *name, struct writer *text)
{
	const char *bytes = writer_text(text);
	table_cell(table, STYLE_DIM, name);
	table_cell(table, STYLE_PLAIN, bytes ? bytes : "");
	writer_deinit(text);
}

/* By name; those of a full set are not worth reading one by one. */
static void write_capabilities(uint64_t set, struct writer *writer)
{
	unsigned known = 0, held = 0;
	for (unsigned i = 0; i < CAPABILITIES && permission_capability_name(i); i++) {
		known++;
		held += set >> i & 1;
	}
	if (!held) {
		writer_string(writer, "none");
		return;
	}
	if (held == known) {
		writer_string(writer, "all");
		return;
	}
	if (held > known - 6) {
		writer_string(writer, "all but");
		set = ~set;
	}
	const char *separator = held > known - 6 ? " " : "";
	for (unsigned i = 0; i < known; i++) {
		if (set >> i & 1) {
			writer_printf(writer, "%s%s", separator, permission_capability_name(i));
			separator = ", ";
		}
	}
}

static const char *scope_meaning(int scope)
{
	switch (scope) {
	case 0:
		return "0: a user may look into all processes of the same user";
	case 1:
		return "1: a user may look into what it started itself; root into all";
	case 2:
		return "2: only who has CAP_SYS_PTRACE may look into a process";
	case 3:
		return "3: nobody may attach to a process";
	default:
		return "not there: a user may look into all processes of the same user";
	}
}

static const char *seccomp_meaning(int mode)
{
	return mode == 0 ? "none" : mode == 1 ? "strict" : mode == 2 ? "a filter" : "unknown";
}

static struct error *write_self(const struct doctor_report *report, struct writer *writer)
{
	const struct permission_self *self = report->self;
	_cleanup_(table_deinit) struct table table = { .columns = 2, .indent = 2 };
	struct writer text = WRITER_TO_MEMORY;
	writer_printf(&text, "%s, %s", report->kernel, report->machine);
	row(&table, "system", &text);

	text = WRITER_TO_MEMORY;
	writer_printf(&text, "uid %u%s", (unsigned)self->uid, self->uid ? "" : ", root");
	row(&table, "dowse runs as", &text);

	text = WRITER_TO_MEMORY;
	write_capabilities(self->capabilities, &text);
	row(&table, "capabilities", &text);

	text = WRITER_TO_MEMORY;
	writer_string(&text, scope_meaning(self->ptrace_scope));
	row(&table, "ptrace_scope", &text);

	text = WRITER_TO_MEMORY;
	writer_printf(&text, "%s%s", seccomp_meaning(self->seccomp),
		      self->no_new_privs > 0 ? "; no_new_privs" : "");
	row(&table, "seccomp", &text);

	text = WRITER_TO_MEMORY;
	writer_string(&text, self->security_module[0] ? self->security_module : "none");
	row(&table, "security module", &text);
	writer_string(writer, "dowse\n");
	return table_write(&table, report->style, writer);
}

/* "yes", or "no: why", and what it costs. */
static void write_answer(bool yes, const char *reason, struct writer *writer)
{
	writer_string(writer, yes ? "yes" : "no");
	if (!yes)
		writer_printf(writer, ": %s", reason[0] ? reason : "the kernel refuses");
}

static void write_trial(const struct doctor_trial *trial, struct writer *writer)
{
	char text[QUANTITY_SIZE];
	if (!trial->made)
		return;
	if (trial->problem)
		writer_printf(writer, "; tried just now: %s", trial->problem);
	else
		writer_printf(writer, "; tried just now: %s",
			      quantity_duration((int64_t)trial->pause.nanoseconds, text));
}

static void add_stop(struct table *table, const struct doctor_report *report)
{
	const struct process_permission *process = report->process;
	struct writer text = WRITER_TO_MEMORY;
	char pause[QUANTITY_SIZE];
	bool yes = process->stop == PERMISSION_GRANTED;
	write_answer(yes, process->stop_reason, &text);
	if (yes)
		writer_printf(&text, ", for about %s (%u thread%s)",
			      quantity_duration((int64_t)process->stop_pause_ns, pause),
			      process->facts.threads, process->facts.threads == 1 ? "" : "s");
	write_trial(&report->stop, &text);
	row(table, "stop it", &text);
}

static void add_fork(struct table *table, const struct doctor_report *report)
{
	const struct process_permission *process = report->process;
	struct writer text = WRITER_TO_MEMORY;
	char pause[QUANTITY_SIZE], size[QUANTITY_SIZE];
	write_answer(process->can_fork, process->fork_reason, &text);
	if (process->can_fork)
		writer_printf(&text, ", which stops it for about %s and takes %s or more",
			      quantity_duration((int64_t)process->fork_pause_ns, pause),
			      quantity_bytes((int64_t)process->fork_bytes, size));
	write_trial(&report->fork, &text);
	row(table, "fork it", &text);

	text = WRITER_TO_MEMORY;
	if (process->headroom == UINT64_MAX)
		writer_string(&text, "no memory limit can be seen");
	else
		writer_printf(
			&text, "%s left in %s",
			quantity_bytes((int64_t)MIN(process->headroom, (uint64_t)INT64_MAX), size),
			process->headroom_path[0] == '/' ? process->headroom_path
							 : "the whole machine");
	row(table, "headroom", &text);
}

static void add_process(struct table *table, const struct process_permission *process)
{
	const struct process_facts *facts = &process->facts;
	struct writer text = WRITER_TO_MEMORY;
	writer_printf(&text, "uid %u, capabilities ", (unsigned)facts->uid);
	write_capabilities(facts->capabilities, &text);
	writer_printf(&text, ", seccomp %s", seccomp_meaning(facts->seccomp));
	row(table, "it runs as", &text);
	if (!process->other_pid_namespace && !process->other_mount_namespace &&
	    !process->other_user_namespace)
		return;
	text = WRITER_TO_MEMORY;
	writer_string(&text, "it lives in others:");
	writer_printf(&text, "%s%s%s", process->other_pid_namespace ? " PID" : "",
		      process->other_mount_namespace ? " mount" : "",
		      process->other_user_namespace ? " user" : "");
	row(table, "namespaces", &text);
}

/* Without its globals little can be said of a Go process, so they are counted here. */
static void add_runtime(struct table *table, const struct doctor_report *report)
{
	struct writer text = WRITER_TO_MEMORY;
	if (!report->globals) {
		writer_string(&text,
			      report->runtime_problem ? report->runtime_problem : "not looked at");
		row(table, "its Go runtime", &text);
		return;
	}
	size_t found = 0;
	for (int i = 0; i < GLOBAL_COUNT; i++)
		found += report->globals[i] != 0;
	writer_printf(&text, "%s: %zu of %d structures found", report->subject->release, found,
		      (int)GLOBAL_COUNT);
	const char *separator = ", not ";
	for (int i = 0; i < GLOBAL_COUNT; i++) {
		if (!report->globals[i]) {
			writer_printf(&text, "%s%s", separator, runtime_global_name(i));
			separator = ", ";
		}
	}
	row(table, "its Go runtime", &text);
}

static struct error *write_process(const struct doctor_report *report, struct writer *writer)
{
	const struct process_permission *process = report->process;
	_cleanup_(table_deinit) struct table table = { .columns = 2, .indent = 2 };
	struct writer text = WRITER_TO_MEMORY;
	add_process(&table, process);
	write_answer(process->read == PERMISSION_GRANTED, process->read_reason, &text);
	row(&table, "read it", &text);
	add_stop(&table, report);
	add_fork(&table, report);
	add_runtime(&table, report);
	writer_char(writer, '\n');
	subject_text(report->subject, report->style, writer);
	writer_char(writer, '\n');
	return table_write(&table, report->style, writer);
}

static const char *self_verdict(const struct permission_self *self)
{
	if (self->ptrace_scope == 3)
		return "nothing may be stopped here: kernel.yama.ptrace_scope is 3 until a restart";
	if (self->can_trace_all)
		return "dowse may look into every process that it can see";
	if (self->ptrace_scope > 0)
		return "dowse may look only into what it started itself: use sudo dowse, or "
		       "sudo sysctl kernel.yama.ptrace_scope=0";
	return "dowse may look into processes of its own user; sudo dowse sees the others";
}

static void write_end(const struct doctor_report *report, struct writer *writer)
{
	const struct process_permission *process = report->process;
	writer_char(writer, '\n');
	if (!process) {
		writer_string(writer, self_verdict(report->self));
		writer_string(writer, "\nnext: dowse doctor PID      (what it may do to one "
				      "process)\n");
		return;
	}
	if (process->command[0])
		writer_printf(writer, "to allow more: %s\n", process->command);
	else if (process->stop == PERMISSION_GRANTED)
		writer_string(writer, "nothing stands in the way\n");
	else
		writer_string(writer, "dowse knows no command that would allow more\n");
	if (process->stop == PERMISSION_GRANTED && !report->runtime_problem)
		writer_printf(writer, "next: dowse %d\n", (int)process->facts.pid);
}

struct error *doctor_text(const struct doctor_report *report, struct writer *writer)
{
	TRY(write_self(report, writer));
	if (report->process)
		TRY(write_process(report, writer));
	write_end(report, writer);
	return NULL;
}
