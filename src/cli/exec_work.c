/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "cli/exec_private.h"
#include "cli/telling.h"
#include "confine/confine.h"
#include "target/process.h"

/* Each look would say the same. */
static void warn(const char *why)
{
	static bool warned;
	if (!warned)
		exec_warn(
			"what is looked at can do what dowse can, for dowse cannot confine itself here",
			why);
	warned = true;
}

struct error *exec_work(struct exec *exec, int (*run)(void *argument), void *argument,
			const int *outputs, size_t output_count)
{
	const struct options *options = &exec->invocation->options;
	const char *files[2];
	size_t file_count = 0;
	int status = CLI_OK;
	if (options->suppress)
		files[file_count++] = options->suppress;
	if (options->baseline)
		files[file_count++] = options->baseline;
	const struct confine_work work = {
		.required = options->given[OPTION_REQUIRE_SANDBOX],
		.outputs = outputs,
		.output_count = output_count,
		.files = files,
		.file_count = file_count,
		.process = exec->spawned.pid,
		.sources = true,
		.run = run,
		.argument = argument,
		.warn = warn,
	};
	exec->told->problem[0] = '\0';
	TRY(confine_run(&work, &status));
	exec->told->problem[sizeof(exec->told->problem) - 1] = '\0';
	if (exec->told->problem[0])
		return error_new(status == CLI_USAGE ? ERROR_USAGE : ERROR_OTHER, "%s",
				 exec->told->problem);
	return status == CLI_OK ? NULL
				: error_new(ERROR_OTHER, "the program could not be looked at");
}

int exec_work_status(struct exec *exec, struct error *error)
{
	if (!error)
		return CLI_OK;
	int status = error->code == ERROR_USAGE ? CLI_USAGE : CLI_FAILED;
	snprintf(exec->told->problem, sizeof(exec->told->problem), "%s", error->message);
	error_destroy(error);
	return status;
}

static struct error *plan(struct exec *exec)
{
	_cleanup_(target_cleanup) struct target *target = NULL;
	_cleanup_(binary_cleanup) struct binary *binary = NULL;
	_cleanup_(telling_deinit) struct telling telling = { 0 };
	/* Wrong use is told before anything runs, not in those packages alone that leak. */
	TRY(telling_read(&exec->invocation->options, &telling));
	TRY(process_open(exec->spawned.pid, &target));
	TRY(binary_open(target, &binary));
	return watch_plan_make(binary, exec->address, exec->area, &exec->told->plan);
}

static int plan_work(void *argument)
{
	return exec_work_status(argument, plan(argument));
}

#define JUMP      0xe9
#define JUMP_SIZE 5

/* A jump into the code that is shared, and nothing else. */
static bool is_jump(const struct exec *exec, const struct watch_patch *patch)
{
	int32_t distance;
	if (patch->size != JUMP_SIZE || patch->after[0] != JUMP)
		return false;
	memcpy(&distance, patch->after + 1, sizeof(distance));
	uint64_t to = patch->address + JUMP_SIZE + (uint64_t)(int64_t)distance;
	return to >= exec->address && to - exec->address < WATCH_CODE_SIZE;
}

/* What a worker says is to be changed. */
static struct error *check_plan(const struct exec *exec)
{
	const struct watch_plan *plan = &exec->told->plan;
	bool good = plan->patch_count <= WATCH_PATCHES_MAX;
	for (uint32_t i = 0; good && i < plan->patch_count; i++)
		good = is_jump(exec, &plan->patches[i]);
	return good ? NULL : error_new(ERROR_CORRUPT, "the plan to watch the program is damaged");
}

struct error *exec_watch(struct exec *exec)
{
	TRY(exec_work(exec, plan_work, exec, NULL, 0));
	/* The worker is gone; no later one may change what the program runs. */
	TRY(exec_area_settle(exec));
	const struct watch_plan *plan = &exec->told->plan;
	TRY(check_plan(exec));
	for (uint32_t i = 0; i < plan->patch_count; i++) {
		const struct watch_patch *patch = &plan->patches[i];
		TRY(spawn_patch(&exec->spawned, patch->address, patch->before, patch->after,
				patch->size));
	}
	return NULL;
}
