/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/evidence.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/target.h"
#include "target/core.h"
#include "target/process.h"
#include "target/snapshot.h"

static const char *evidence_build(const struct binary *binary)
{
	if (!binary->module_count || !binary->modules[0].elf)
		return NULL;
	const char *id = elf_go_build_id(binary->modules[0].elf);
	if (!id || !*id)
		id = elf_build_id(binary->modules[0].elf);
	return id && *id ? id : NULL;
}

/* What the runtime warns of, and what the core does. */
static struct error *gather_warnings(struct evidence *evidence)
{
	size_t count = 0;
	const char *const *warnings = runtime_warnings(evidence->runtime, &count);
	const struct core_facts *core = core_facts(evidence->target);
	const char *gap = snapshot_is_target(evidence->target) ? snapshot_gap(evidence->target)
							       : NULL;
	size_t more = core ? core->warning_count : gap != NULL;
	if (!(evidence->warnings = calloc(count + more + 1, sizeof(*evidence->warnings))))
		return error_no_memory();
	if (gap)
		evidence->warnings[0] = gap;
	else if (more)
		memcpy(evidence->warnings, core->warnings, more * sizeof(*evidence->warnings));
	if (count)
		memcpy(evidence->warnings + more, warnings, count * sizeof(*evidence->warnings));
	evidence->subject.warnings = evidence->warnings;
	evidence->subject.warning_count = count + more;
	return NULL;
}

void evidence_note_gap(struct evidence *evidence)
{
	const char *gap = snapshot_is_target(evidence->target) ? snapshot_gap(evidence->target)
							       : NULL;
	struct subject *subject = &evidence->subject;
	for (size_t i = 0; i < subject->warning_count; i++) {
		if (evidence->warnings[i] == gap)
			return;
	}
	/* gather_warnings() has left room for it. */
	if (gap)
		evidence->warnings[subject->warning_count++] = gap;
}

struct error *evidence_warn(struct evidence *evidence, const char *text)
{
	struct subject *subject = &evidence->subject;
	/* Two looks warn of one thing. */
	for (size_t i = 0; i < subject->warning_count; i++) {
		if (strcmp(subject->warnings[i], text) == 0)
			return NULL;
	}
	const char **warnings = realloc(evidence->warnings,
					(subject->warning_count + 2) * sizeof(*warnings));
	if (!warnings)
		return error_no_memory();
	warnings[subject->warning_count++] = text;
	/* One more place stays free for a gap. */
	subject->warnings = evidence->warnings = warnings;
	return NULL;
}

struct error *evidence_explain(const struct evidence *evidence, struct error *error)
{
	const struct target *target = evidence->target;
	const struct core_facts *core = target ? core_facts(target) : NULL;
	const char *gap = NULL;
	if (!error || error->code == ERROR_USAGE || error->code == ERROR_NO_MEMORY)
		return error;
	if (target && snapshot_is_target(target))
		gap = snapshot_gap(target);
	else if (core && core->warning_count)
		gap = core->warnings[0];
	if (gap)
		error = error_wrap(error, "%s", gap);
	const char *path = evidence->path;
	return path && !strstr(error->message, path) ? error_wrap(error, "%s", path) : error;
}

/* Once there is a target: everything that no kind of target knows better than another. */
static struct error *open_runtime(struct evidence *evidence)
{
	TRY(runtime_open(evidence->target, &evidence->runtime));
	const struct binary *binary = runtime_binary(evidence->runtime);
	evidence->subject.release = binary->release;
	evidence->subject.build = evidence_build(binary);
	TRY(live_places_make(&binary->build_info, &evidence->places));
	evidence->subject.places = evidence->places.rule;
	return gather_warnings(evidence);
}

static struct error *fill_process(pid_t pid, struct evidence *evidence)
{
	struct process_facts facts;
	TRY(process_open(pid, &evidence->target));
	TRY(open_runtime(evidence));
	TRY(process_facts_read(pid, &facts));
	TRY(process_executable_read(pid, &evidence->executable));
	evidence->subject.kind = "process";
	evidence->subject.name = target_name(evidence->target);
	evidence->subject.pid = pid;
	evidence->subject.executable = evidence->executable.path;
	evidence->subject.uptime_ns = (int64_t)facts.age_ns;
	return NULL;
}

/* Without the executable a core has no names, mostly: say so instead of what follows from it. */
static struct error *explain_missing(struct error *error, const struct core_facts *core)
{
	if (!error || core->executable_found || error->code == ERROR_NO_MEMORY)
		return error;
	error_destroy(error);
	return error_new(ERROR_NOT_FOUND,
			 "%s: the executable %s is needed (%s): give it by --exe FILE", core->path,
			 core->executable ? core->executable : "of the process", core->problem);
}

static struct error *name_core(const struct core_facts *core, char **ret)
{
	const char *program = core->executable ? text_base_name(core->executable) : core->program;
	const char *comma = *program && core->pid ? ", " : "";
	char pid[32] = "";
	if (core->pid)
		snprintf(pid, sizeof(pid), "pid %d", (int)core->pid);
	if (asprintf(ret, "%s (core of %s%s%s)", core->path,
		     *program || core->pid ? program : "a process", comma, pid) >= 0)
		return NULL;
	*ret = NULL;
	return error_no_memory();
}

static struct error *fill_core(const struct cli_target *target, const struct options *options,
			       struct evidence *evidence)
{
	struct core_options wanted = {
		.executable = options->executable,
		.spool = options->spool,
	};
	TRY(core_open_packed(target->descriptor, target->path, &wanted, &evidence->target));
	const struct core_facts *core = core_facts(evidence->target);
	TRY(explain_missing(open_runtime(evidence), core));
	TRY(name_core(core, &evidence->name));
	evidence->subject.kind = "core";
	evidence->subject.name = evidence->name;
	evidence->subject.path = core->path;
	evidence->subject.pid = core->pid;
	evidence->subject.executable = core->executable;
	evidence->subject.uptime_ns = -1;
	return NULL;
}

static struct error *name_snapshot(const struct target *snapshot, const char *path, char **ret)
{
	const char *program = snapshot_text(snapshot, "process.name");
	int64_t pid = snapshot_number(snapshot, "process.pid", 0);
	if (asprintf(ret, "%s (snapshot of %s, pid %lld)", path, program ? program : "a process",
		     (long long)pid) >= 0)
		return NULL;
	*ret = NULL;
	return error_no_memory();
}

static struct error *fill_snapshot(const struct cli_target *target, struct evidence *evidence)
{
	TRY(snapshot_open(target->descriptor, target->path, &evidence->target));
	TRY(open_runtime(evidence));
	TRY(name_snapshot(evidence->target, target->path, &evidence->name));
	evidence->subject.kind = "snapshot";
	evidence->subject.name = evidence->name;
	evidence->subject.path = target->path;
	evidence->subject.pid = (int32_t)snapshot_number(evidence->target, "process.pid", 0);
	evidence->subject.executable = snapshot_text(evidence->target, "process.executable");
	evidence->subject.uptime_ns = snapshot_number(evidence->target, "process.age_ns", -1);
	return NULL;
}

static struct error *fill(const struct cli_target *target, const struct options *options,
			  struct evidence *evidence)
{
	if (target->kind == CLI_TARGET_TEXT)
		return error_new(
			ERROR_UNSUPPORTED,
			"%s is no snapshot and no core file: of a log or a dump `dowse %s` "
			"and `dowse goroutines %s` tell what is in it",
			target->path, target->path, target->path);
	if (target->kind == CLI_TARGET_PROFILE)
		return error_new(ERROR_UNSUPPORTED,
				 "%s is a profile, which has no goroutines or objects to look at: "
				 "dowse FILE judges it",
				 target->path);
	if (target->kind == CLI_TARGET_CORE)
		return fill_core(target, options, evidence);
	if (options->executable)
		return error_new(ERROR_USAGE, "--exe is for core files: a process names its own");
	if (target->kind == CLI_TARGET_SNAPSHOT)
		return fill_snapshot(target, evidence);
	return fill_process(target->pid, evidence);
}

static struct error *finish(struct error *error, struct evidence *evidence, struct evidence *ret)
{
	if (error) {
		error = evidence_explain(evidence, error);
		evidence_deinit(evidence);
		return error;
	}
	*ret = *evidence;
	return NULL;
}

struct error *evidence_open(const char *operand, const struct options *options,
			    struct evidence *ret)
{
	_cleanup_(cli_target_deinit) struct cli_target target = { .descriptor = -1 };
	TRY(cli_target_find(operand, &target));
	return evidence_open_target(&target, options, ret);
}

struct error *evidence_open_target(const struct cli_target *target, const struct options *options,
				   struct evidence *ret)
{
	struct evidence evidence = { .path = target->path };
	return finish(fill(target, options, &evidence), &evidence, ret);
}

struct error *evidence_open_process(pid_t pid, struct evidence *ret)
{
	struct evidence evidence = { 0 };
	return finish(fill_process(pid, &evidence), &evidence, ret);
}

struct error *evidence_grow_older(struct evidence *evidence)
{
	struct process_facts facts;
	TRY(process_facts_read(evidence->subject.pid, &facts));
	evidence->subject.uptime_ns = (int64_t)facts.age_ns;
	return NULL;
}

void evidence_deinit(struct evidence *evidence)
{
	runtime_destroy(evidence->runtime);
	target_destroy(evidence->fork);
	target_destroy(evidence->target);
	process_executable_deinit(&evidence->executable);
	live_places_deinit(&evidence->places);
	free(evidence->warnings);
	free(evidence->name);
	*evidence = (struct evidence){ 0 };
}
