/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/evidence.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "cli/target.h"

#define STAT_LIMIT       ((size_t)16 << 10)
#define STAT_START_FIELD 22

/* Nanoseconds since the process began; -1 when the kernel does not say. */
static int64_t evidence_uptime(pid_t pid)
{
	char path[64];
	struct file_bytes stat = { 0 };
	struct timespec now;
	int64_t uptime = -1;
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (error_ignore(file_read(path, STAT_LIMIT, &stat)) &&
	    clock_gettime(CLOCK_BOOTTIME, &now) == 0) {
		/* The name, field 2, may hold spaces and parentheses of its own. */
		const char *at = strrchr((const char *)stat.bytes, ')');
		for (int field = 2; at && field < STAT_START_FIELD; field++)
			at = strchr(at + 1, ' ');
		long ticks = sysconf(_SC_CLK_TCK);
		if (at && ticks > 0) {
			double start = (double)strtoull(at, NULL, 10) / (double)ticks;
			double since = (double)now.tv_sec + (double)now.tv_nsec / 1e9 - start;
			uptime = since > 0 ? (int64_t)(since * 1e9) : 0;
		}
	}
	file_bytes_deinit(&stat);
	return uptime;
}

/* NULL when it cannot be told. */
static char *evidence_executable(pid_t pid)
{
	char path[64], link[4096];
	snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	ssize_t length = readlink(path, link, sizeof(link) - 1);
	return length > 0 ? strndup(link, (size_t)length) : NULL;
}

static const char *evidence_build(const struct binary *binary)
{
	if (!binary->module_count || !binary->modules[0].elf)
		return NULL;
	const char *id = elf_go_build_id(binary->modules[0].elf);
	if (!id || !*id)
		id = elf_build_id(binary->modules[0].elf);
	return id && *id ? id : NULL;
}

static struct error *evidence_fill(const char *operand, struct evidence *evidence)
{
	TRY(cli_target_open(operand, &evidence->target));
	TRY(runtime_open(evidence->target, &evidence->runtime));
	const struct binary *binary = runtime_binary(evidence->runtime);
	pid_t pid = target_pid(evidence->target);
	evidence->executable = evidence_executable(pid);
	evidence->subject = (struct subject){
		.kind = "process",
		.name = target_name(evidence->target),
		.pid = pid,
		.executable = evidence->executable,
		.release = binary->release,
		.build = evidence_build(binary),
		.uptime_ns = evidence_uptime(pid),
	};
	evidence->subject.warnings = runtime_warnings(evidence->runtime,
						      &evidence->subject.warning_count);
	TRY(live_places_make(&binary->build_info, &evidence->places));
	evidence->subject.places = evidence->places.rule;
	return NULL;
}

struct error *evidence_open(const char *operand, struct evidence *ret)
{
	struct evidence evidence = { 0 };
	struct error *error = evidence_fill(operand, &evidence);
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
	free(evidence->executable);
	live_places_deinit(&evidence->places);
	*evidence = (struct evidence){ 0 };
}
