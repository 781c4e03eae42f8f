/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <time.h>

#include "cli/cli.h"
#include "cli/evidence.h"
#include "cli/keep.h"
#include "cli/keep_facts.h"
#include "cli/limits.h"
#include "target/core.h"
#include "target/snapshot.h"

#define COMMAND_MAX 2000

static int64_t since_unix(int64_t unix_ns)
{
	struct timespec now;
	if (unix_ns <= 0 || clock_gettime(CLOCK_REALTIME, &now) != 0)
		return -1;
	int64_t since = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec - unix_ns;
	return MAX(since, INT64_C(0));
}

static struct error *print(struct invocation *invocation, const struct info_report *report)
{
	if (!cli_format_is(invocation, "json"))
		return info_text(report, invocation->out);
	info_json(report, invocation->out);
	return NULL;
}

/* Of a process: what the kernel says of it, and where its memory went. */
static struct error *info_process(struct invocation *invocation, struct evidence *evidence,
				  struct info_report *report)
{
	_cleanup_(free_pointer) char *command = NULL;
	_cleanup_(error_cleanup) struct error *problem = NULL;
	struct process_facts facts;
	struct runtime_memory memory;
	pid_t pid = target_pid(evidence->target);
	TRY(process_facts_read(pid, &facts));
	error_ignore(process_command_line(pid, COMMAND_MAX, &command));
	problem = runtime_memory_read(evidence->runtime, report->counters, &memory);
	report->facts = &facts;
	report->executable = &evidence->executable;
	report->command = command ? command : "";
	report->memory = problem ? NULL : &memory;
	report->memory_problem = problem ? problem->message : NULL;
	report->since_gc_ns = since_unix(report->counters->last_gc_unix_ns);
	limits_read(pid, &report->limits);
	return print(invocation, report);
}

static struct error *info_core(struct invocation *invocation, const struct core_facts *core,
			       struct info_report *report)
{
	report->core = core;
	report->command = core->command;
	report->since_gc_ns = -1;
	report->limits = (struct info_limits){ -1, -1, -1, -1 };
	return print(invocation, report);
}

/* What was known when it was taken. */
static struct error *info_snapshot(struct invocation *invocation, const struct target *snapshot,
				   struct info_report *report)
{
	const struct process_facts facts = {
		.uid = (uid_t)snapshot_number(snapshot, "process.uid", 0),
		.threads = (unsigned)snapshot_number(snapshot, "process.threads", 0),
	};
	const char *path = snapshot_text(snapshot, "process.executable");
	_cleanup_(process_executable_deinit) struct process_executable executable = {
		.path = path ? strdup(path) : NULL,
		.deleted = snapshot_number(snapshot, "process.deleted", 0),
		.replaced = snapshot_number(snapshot, "process.replaced", 0),
	};
	const char *command = snapshot_text(snapshot, "process.command");
	struct runtime_memory memory;
	int64_t taken = snapshot_number(snapshot, "taken_unix_ns", 0);
	int64_t collected = report->counters->last_gc_unix_ns;
	report->facts = &facts;
	report->executable = &executable;
	report->command = command ? command : "";
	report->memory = keep_facts_memory(snapshot, &memory) ? &memory : NULL;
	report->memory_problem = "the snapshot does not say";
	report->since_gc_ns = taken > 0 && collected > 0 && collected <= taken ? taken - collected
									       : -1;
	keep_facts_limits(snapshot, &report->limits);
	return print(invocation, report);
}

static struct error *info_run(struct invocation *invocation, enum cli_status *ret)
{
	(void)ret;
	_cleanup_(evidence_deinit) struct evidence evidence = { 0 };
	struct runtime_counters counters;
	TRY(evidence_open(invocation->operands[0], &invocation->options, &evidence));
	TRY(keep_moment(invocation, &evidence));
	TRY(evidence_explain(&evidence, runtime_counters_read(evidence.runtime, &counters)));
	evidence_note_gap(&evidence);
	struct info_report report = {
		.subject = &evidence.subject,
		.binary = runtime_binary(evidence.runtime),
		.counters = &counters,
		.modules = invocation->options.given[OPTION_MODULES],
		.style = &invocation->style,
	};
	const struct core_facts *core = core_facts(evidence.target);
	if (snapshot_is_target(evidence.target))
		return info_snapshot(invocation, evidence.target, &report);
	return core ? info_core(invocation, core, &report)
		    : info_process(invocation, &evidence, &report);
}

static const char *const formats[] = { "text", "json", "html", NULL };
static const enum option_id options[] = { OPTION_MODULES, OPTION_SAVE, OPTION_EXECUTABLE,
					  OPTION_SPOOL, OPTION_END };

const struct verb verb_info = {
	.name = "info",
	.usage = "info TARGET [options]",
	.summary = "one process: how it was built, what it may use, where its memory went",
	.help = "What a Go process is and where its memory went: the release and settings that it was\n"
		"built with, goroutines, threads, collections, limits, and a table of its memory that\n"
		"sums to what is resident. Nothing is stopped: numbers may be of moments that lie\n"
		"microseconds apart.\n"
		"\n"
		"Examples:\n"
		"  dowse info 4242\n"
		"  dowse info shop --modules     every module that it was built from\n"
		"  dowse info shop --format json | jq .memory.parts\n",
	.formats = formats,
	.options = options,
	.operands_min = 1,
	.operands_max = 1,
	.operand = "TARGET",
	.run = info_run,
};
