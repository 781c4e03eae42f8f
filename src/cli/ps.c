/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "report/ps_report.h"
#include "runtime/memory.h"
#include "target/process.h"
#include "target/procfs.h"

/*
 * Which processes run Go code: by their executables alone, of which only the section headers and
 * the build information are looked at. Nothing is stopped.
 */

#define COMMAND_MAX 400

static const char *copy(struct ps_report *report, const char *text)
{
	return text ? arena_copy_string(&report->arena, text, strlen(text)) : NULL;
}

/* Has the executable what only Go's linker puts there? *ret_release may stay NULL. */
static bool is_go(int descriptor, const char *name, struct ps_report *report,
		  const char **ret_release)
{
	_cleanup_(elf_cleanup) struct elf *elf = NULL;
	struct build_info info = { 0 };
	if (!error_ignore(elf_open(descriptor, name, &elf)))
		return false;
	bool found = elf_find_section(elf, ".gopclntab") ||
		     elf_find_section(elf, ".go.buildinfo") ||
		     elf_find_section(elf, ".data.rel.ro.gopclntab") ||
		     elf_find_section(elf, ".note.go.buildid");
	size_t sections;
	elf_sections(elf, &sections);
	/* Without section headers the build information is searched for in the data. */
	if (!found && sections)
		return false;
	if (error_ignore(build_info_read(elf, &info))) {
		*ret_release = copy(report, info.release);
		found = true;
	}
	build_info_deinit(&info);
	return found;
}

/* -1 where the memory may not be read, or is not understood. */
static int64_t count_goroutines(pid_t pid)
{
	_cleanup_(target_cleanup) struct target *target = NULL;
	_cleanup_(runtime_cleanup) struct runtime *runtime = NULL;
	struct runtime_counters counters;
	if (!error_ignore(process_open(pid, &target)) ||
	    !error_ignore(runtime_open(target, &runtime)) ||
	    !error_ignore(runtime_counters_read(runtime, &counters)))
		return -1;
	return counters.goroutines;
}

static struct error *describe(struct ps_report *report, const struct process_facts *facts,
			      const char *release)
{
	_cleanup_(process_executable_deinit) struct process_executable executable = { 0 };
	_cleanup_(free_pointer) char *command = NULL;
	TRY(process_executable_read(facts->pid, &executable));
	error_ignore(process_command_line(facts->pid, COMMAND_MAX, &command));
	struct ps_process process = {
		.pid = facts->pid,
		.uid = facts->uid,
		.name = copy(report, facts->name),
		.release = release,
		.executable = copy(report, executable.path),
		.command = copy(report, command ? command : ""),
		.age_ns = (int64_t)facts->age_ns,
		.resident = (int64_t)facts->resident,
		.goroutines = count_goroutines(facts->pid),
		.replaced = executable.replaced,
		.deleted = executable.deleted,
	};
	if (!process.name || !process.command)
		return error_no_memory();
	report->closed += process.goroutines < 0;
	return ps_process_vector_append(&report->processes, &process);
}

static struct error *consider(struct ps_report *report, pid_t pid)
{
	struct process_facts facts;
	char path[64];
	if (!error_ignore(process_facts_read(pid, &facts)) || facts.kernel_thread || facts.zombie)
		return NULL;
	snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	_cleanup_(close_descriptor) int descriptor = open(path, O_RDONLY | O_CLOEXEC);
	if (descriptor < 0) {
		report->unseen += errno == EACCES || errno == EPERM;
		return NULL;
	}
	const char *release = NULL;
	if (!is_go(descriptor, path, report, &release))
		return NULL;
	struct error *error = describe(report, &facts, release);
	if (error && error->code != ERROR_NO_MEMORY) {
		/* It ended while it was looked at. */
		error_destroy(error);
		return NULL;
	}
	return error;
}

static int compare_size(const void *left, const void *right)
{
	const struct ps_process *a = left, *b = right;
	return a->resident != b->resident ? (a->resident < b->resident ? 1 : -1)
					  : (a->pid > b->pid) - (a->pid < b->pid);
}

static struct error *ps_run(struct invocation *invocation, enum cli_status *ret)
{
	(void)ret;
	_cleanup_(ps_report_deinit) struct ps_report report = { .privileged = geteuid() == 0 };
	_cleanup_(free_pointer) pid_t *pids = NULL;
	size_t count;
	TRY(procfs_list(&pids, &count));
	for (size_t i = 0; i < count; i++)
		TRY(consider(&report, pids[i]));
	if (report.processes.count)
		qsort(report.processes.items, report.processes.count,
		      sizeof(report.processes.items[0]), compare_size);
	if (!cli_format_is(invocation, "json"))
		return ps_text(&report, &invocation->style, invocation->out);
	ps_json(&report, invocation->out);
	return NULL;
}

static const char *const formats[] = { "text", "json", "html", NULL };

const struct verb verb_ps = {
	.name = "ps",
	.usage = "ps [options]",
	.summary = "the Go processes that can be seen here",
	.help = "Lists the processes that run Go programs, the largest first: with the release that\n"
		"built them, how long they run, the memory that they take, and how many goroutines\n"
		"they have. Nothing is stopped. `dowse` alone does the same.\n"
		"\n"
		"Examples:\n"
		"  dowse ps\n"
		"  sudo dowse ps                 processes of other users too\n"
		"  dowse ps --format json\n",
	.formats = formats,
	.run = ps_run,
};
