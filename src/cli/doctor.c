/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <sys/utsname.h>

#include "cli/cli.h"
#include "cli/evidence.h"
#include "cli/target.h"
#include "report/doctor_report.h"
#include "target/process.h"

/* Everything that a report borrows from. */
struct examination {
	struct utsname system;
	char kernel[160];
	char name[96];
	struct permission_self self;
	struct process_permission process;
	struct process_executable executable;
	struct subject subject;
	struct evidence evidence;
	uint64_t globals[GLOBAL_COUNT];
	struct error *runtime_problem;
	struct error *stop_problem;
	struct error *fork_problem;
};

static void examination_deinit(struct examination *examination)
{
	evidence_deinit(&examination->evidence);
	process_executable_deinit(&examination->executable);
	error_destroy(examination->runtime_problem);
	error_destroy(examination->stop_problem);
	error_destroy(examination->fork_problem);
}

static struct error *examine_self(struct examination *examination, struct doctor_report *report)
{
	TRY(permission_self_read(&examination->self));
	if (uname(&examination->system) == 0)
		snprintf(examination->kernel, sizeof(examination->kernel), "%s %s",
			 examination->system.sysname, examination->system.release);
	report->self = &examination->self;
	report->kernel = examination->kernel;
	report->machine = examination->system.machine;
	return NULL;
}

static struct error *out_of_memory_only(struct error *error, struct error **ret)
{
	if (error && error->code == ERROR_NO_MEMORY)
		return error;
	*ret = error;
	return NULL;
}

/* A process that cannot be read has a diagnosis too: from /proc alone. */
static struct error *examine_process(struct examination *examination, const char *operand,
				     struct doctor_report *report)
{
	struct process_permission *process = &examination->process;
	pid_t pid;
	TRY(cli_target_pid(operand, "stopped or forked", &pid));
	TRY(process_permission(pid, process));
	snprintf(examination->name, sizeof(examination->name), "%s (pid %d)", process->facts.name,
		 (int)pid);
	error_ignore(process_executable_read(pid, &examination->executable));
	examination->subject = (struct subject){
		.kind = "process",
		.name = examination->name,
		.pid = pid,
		.executable = examination->executable.path,
		.uptime_ns = (int64_t)process->facts.age_ns,
	};
	report->process = process;
	report->subject = &examination->subject;
	if (process->read != PERMISSION_GRANTED)
		return NULL;

	TRY(out_of_memory_only(evidence_open_process(pid, &examination->evidence),
			       &examination->runtime_problem));
	if (examination->runtime_problem) {
		report->runtime_problem = examination->runtime_problem->message;
		return NULL;
	}
	for (int i = 0; i < GLOBAL_COUNT; i++)
		examination->globals[i] = runtime_global(examination->evidence.runtime, i);
	report->globals = examination->globals;
	report->subject = &examination->evidence.subject;
	return NULL;
}

/* Stop it once, and fork it once: what is measured is what every other verb would cost. */
static struct error *measure(struct examination *examination, struct doctor_report *report)
{
	_cleanup_(target_cleanup) struct target *opened = NULL;
	_cleanup_(target_cleanup) struct target *fork = NULL;
	struct target *target = examination->evidence.target;
	if (!target) {
		TRY(process_open(report->process->facts.pid, &opened));
		target = opened;
	}
	report->stop.made = true;
	TRY(out_of_memory_only(target_stop(target), &examination->stop_problem));
	target_release(target, &report->stop.pause);
	if (examination->stop_problem) {
		report->stop.problem = examination->stop_problem->message;
		return NULL;
	}
	const struct process_fork_options options = { 0 };
	report->fork.made = true;
	TRY(out_of_memory_only(process_fork(target, &options, &fork, &report->fork.pause),
			       &examination->fork_problem));
	if (examination->fork_problem)
		report->fork.problem = examination->fork_problem->message;
	return NULL;
}

static struct error *doctor_run(struct invocation *invocation, enum cli_status *ret)
{
	(void)ret;
	_cleanup_(examination_deinit) struct examination examination = { 0 };
	struct doctor_report report = { .style = &invocation->style };
	bool measured = invocation->options.given[OPTION_MEASURE];
	if (measured && !invocation->operand_count)
		return error_new(ERROR_USAGE,
				 "--measure needs a TARGET: dowse doctor PID --measure");
	TRY(examine_self(&examination, &report));
	if (invocation->operand_count)
		TRY(examine_process(&examination, invocation->operands[0], &report));
	if (measured)
		TRY(measure(&examination, &report));
	if (!cli_format_is(invocation, "json"))
		return doctor_text(&report, invocation->out);
	doctor_json(&report, invocation->out);
	return NULL;
}

static const char *const formats[] = { "text", "json", "html", NULL };
static const enum option_id options[] = { OPTION_MEASURE, OPTION_END };

const struct verb verb_doctor = {
	.name = "doctor",
	.usage = "doctor [TARGET] [options]",
	.summary = "what dowse may do here and why not, and the command that allows more",
	.help = "Tells what the kernel lets dowse do: on this machine, and to one process if one is\n"
		"named. Reading memory, stopping, and forking are asked for one by one; each refusal\n"
		"comes with the rule that it follows from. Nothing is stopped, unless --measure asks\n"
		"for one stop and one fork to see what they cost.\n"
		"\n"
		"Examples:\n"
		"  dowse doctor                  what is allowed on this machine\n"
		"  dowse doctor 4242             what is allowed with PID 4242\n"
		"  dowse doctor 4242 --measure   and how long it really stands still\n",
	.formats = formats,
	.options = options,
	.operands_max = 1,
	.operand = "TARGET",
	.run = doctor_run,
};
