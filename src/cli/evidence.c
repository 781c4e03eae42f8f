/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/evidence.h"

#include "cli/target.h"
#include "target/process.h"

static const char *evidence_build(const struct binary *binary)
{
	if (!binary->module_count || !binary->modules[0].elf)
		return NULL;
	const char *id = elf_go_build_id(binary->modules[0].elf);
	if (!id || !*id)
		id = elf_build_id(binary->modules[0].elf);
	return id && *id ? id : NULL;
}

static struct error *evidence_fill(pid_t pid, struct evidence *evidence)
{
	struct process_facts facts;
	TRY(process_open(pid, &evidence->target));
	TRY(runtime_open(evidence->target, &evidence->runtime));
	TRY(process_facts_read(pid, &facts));
	TRY(process_executable_read(pid, &evidence->executable));
	const struct binary *binary = runtime_binary(evidence->runtime);
	evidence->subject = (struct subject){
		.kind = "process",
		.name = target_name(evidence->target),
		.pid = pid,
		.executable = evidence->executable.path,
		.release = binary->release,
		.build = evidence_build(binary),
		.uptime_ns = (int64_t)facts.age_ns,
	};
	evidence->subject.warnings = runtime_warnings(evidence->runtime,
						      &evidence->subject.warning_count);
	TRY(live_places_make(&binary->build_info, &evidence->places));
	evidence->subject.places = evidence->places.rule;
	return NULL;
}

struct error *evidence_open(const char *operand, struct evidence *ret)
{
	pid_t pid;
	TRY(cli_target_pid(operand, &pid));
	return evidence_open_process(pid, ret);
}

struct error *evidence_open_process(pid_t pid, struct evidence *ret)
{
	struct evidence evidence = { 0 };
	struct error *error = evidence_fill(pid, &evidence);
	if (error) {
		evidence_deinit(&evidence);
		return error;
	}
	*ret = evidence;
	return NULL;
}

void evidence_deinit(struct evidence *evidence)
{
	runtime_destroy(evidence->runtime);
	target_destroy(evidence->target);
	process_executable_deinit(&evidence->executable);
	live_places_deinit(&evidence->places);
	*evidence = (struct evidence){ 0 };
}
