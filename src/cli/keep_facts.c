/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/keep_facts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "cli/limits.h"
#include "runtime/memory.h"
#include "target/core.h"
#include "target/snapshot.h"

#define COMMAND_MAX     2000
#define ENVIRONMENT_MAX ((size_t)4 << 20)

struct error *keep_facts_add(struct keep_facts *facts, const char *name, const char *value)
{
	if (!value)
		return NULL;
	struct snapshot_fact fact = {
		.name = arena_copy_string(&facts->arena, name, strlen(name)),
		.value = arena_copy_string(&facts->arena, value, strlen(value)),
	};
	if (!fact.name || !fact.value)
		return error_no_memory();
	return snapshot_fact_vector_append(&facts->list, &fact);
}

struct error *keep_facts_number(struct keep_facts *facts, const char *name, int64_t value)
{
	char text[32];
	snprintf(text, sizeof(text), "%" PRId64, value);
	return keep_facts_add(facts, name, text);
}

struct named_number {
	const char *name;
	int64_t value;
};

static struct error *add_numbers(struct keep_facts *facts, const struct named_number *numbers,
				 size_t count)
{
	for (size_t i = 0; i < count; i++)
		TRY(keep_facts_number(facts, numbers[i].name, numbers[i].value));
	return NULL;
}

static struct error *add_memory(const struct evidence *evidence, struct keep_facts *facts)
{
	struct runtime_counters counters;
	struct runtime_memory memory;
	if (!error_ignore(runtime_counters_read(evidence->runtime, &counters)) ||
	    !error_ignore(runtime_memory_read(evidence->runtime, &counters, &memory)))
		return NULL;
	for (int part = 0; part < MEMORY_PART_COUNT; part++) {
		char name[64];
		snprintf(name, sizeof(name), "memory.%s", memory_part_key((enum memory_part)part));
		TRY(keep_facts_number(facts, name, memory.parts[part]));
	}
	const struct named_number numbers[] = {
		{ "memory.resident", memory.resident },
		{ "memory.swapped", memory.swapped },
		{ "memory.peak", memory.peak },
		{ "cgroup.limit", memory.cgroup.limit },
		{ "cgroup.used", memory.cgroup.used },
		{ "cgroup.page_cache", memory.cgroup.page_cache },
		{ "cgroup.kernel", memory.cgroup.kernel },
	};
	TRY(keep_facts_add(facts, "cgroup.path", memory.cgroup.path));
	return add_numbers(facts, numbers, ARRAY_SIZE(numbers));
}

/* Of the environment, the one variable that changes what the runtime prints; no other is kept. */
static struct error *add_debug_settings(pid_t pid, struct keep_facts *facts)
{
	static const char variable[] = "GODEBUG=";
	_cleanup_(file_bytes_deinit) struct file_bytes environment = { 0 };
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
	if (!error_ignore(file_read(path, ENVIRONMENT_MAX, &environment)) || !environment.size)
		return NULL;
	const char *at = (const char *)environment.bytes, *end = at + environment.size;
	for (; at < end; at += strlen(at) + 1) {
		if (!strncmp(at, variable, strlen(variable)))
			return keep_facts_add(facts, "environment.GODEBUG", at + strlen(variable));
	}
	return NULL;
}

struct error *keep_facts_of_process(const struct evidence *evidence, struct keep_facts *facts)
{
	_cleanup_(free_pointer) char *command = NULL;
	struct process_facts process;
	struct info_limits limits;
	struct timespec now = { 0 };
	pid_t pid = evidence->subject.pid;
	TRY(process_facts_read(pid, &process));
	error_ignore(process_command_line(pid, COMMAND_MAX, &command));
	limits_read(pid, &limits);
	clock_gettime(CLOCK_REALTIME, &now);
	const struct named_number numbers[] = {
		{ "taken_unix_ns", (int64_t)now.tv_sec * 1000000000 + now.tv_nsec },
		{ "process.pid", pid },
		{ "process.uid", process.uid },
		{ "process.threads", process.threads },
		{ "process.age_ns", (int64_t)process.age_ns },
		{ "process.deleted", evidence->executable.deleted },
		{ "process.replaced", evidence->executable.replaced },
		{ "limits.descriptors", limits.descriptors },
		{ "limits.descriptor_limit", limits.descriptor_limit },
		{ "limits.millicpus",
		  limits.processors < 0 ? -1 : (int64_t)(limits.processors * 1000) },
		{ "limits.cpus_allowed", limits.allowed_processors },
	};
	TRY(keep_facts_add(facts, "process.name", process.name));
	TRY(keep_facts_add(facts, "process.executable", evidence->executable.path));
	TRY(keep_facts_add(facts, "process.command", command));
	TRY(keep_facts_add(facts, "go.build", evidence->subject.build));
	TRY(add_numbers(facts, numbers, ARRAY_SIZE(numbers)));
	TRY(add_debug_settings(pid, facts));
	return add_memory(evidence, facts);
}

/* Of what is found anew, and would be wrong of the new file. */
static bool is_of_the_file(const char *name)
{
	static const char *const own[] = { "now_ns", "go.release", "layout", "way", "incomplete" };
	for (size_t i = 0; i < ARRAY_SIZE(own); i++) {
		if (!strcmp(name, own[i]))
			return true;
	}
	return !strncmp(name, "saved.", strlen("saved."));
}

static struct error *copy_facts(const struct target *snapshot, struct keep_facts *facts)
{
	const struct snapshot_fact_vector *all = &snapshot_records(snapshot)->facts;
	for (size_t i = 0; i < all->count; i++) {
		if (!is_of_the_file(all->items[i].name))
			TRY(keep_facts_add(facts, all->items[i].name, all->items[i].value));
	}
	/* What it lacks, the new one lacks too. */
	return keep_facts_add(facts, "incomplete", snapshot_gap(snapshot));
}

struct error *keep_facts_of_file(const struct evidence *evidence, struct keep_facts *facts)
{
	const struct subject *subject = &evidence->subject;
	const struct core_facts *core = core_facts(evidence->target);
	if (snapshot_is_target(evidence->target))
		return copy_facts(evidence->target, facts);
	TRY(keep_facts_number(facts, "process.pid", subject->pid));
	TRY(keep_facts_add(facts, "process.executable", subject->executable));
	TRY(keep_facts_add(facts, "go.build", subject->build));
	if (!core)
		return NULL;
	TRY(keep_facts_add(facts, "process.name", core->program));
	TRY(keep_facts_number(facts, "process.threads", (int64_t)core->threads));
	return keep_facts_add(facts, "process.command", core->command);
}

void keep_facts_deinit(struct keep_facts *facts)
{
	arena_deinit(&facts->arena);
	snapshot_fact_vector_deinit(&facts->list);
}

bool keep_facts_memory(const struct target *snapshot, struct runtime_memory *ret)
{
	struct runtime_memory memory = {
		.resident = snapshot_number(snapshot, "memory.resident", -1),
		.swapped = snapshot_number(snapshot, "memory.swapped", 0),
		.peak = snapshot_number(snapshot, "memory.peak", 0),
		.cgroup = {
			.limit = snapshot_number(snapshot, "cgroup.limit", -1),
			.used = snapshot_number(snapshot, "cgroup.used", -1),
			.page_cache = snapshot_number(snapshot, "cgroup.page_cache", -1),
			.kernel = snapshot_number(snapshot, "cgroup.kernel", -1),
		},
	};
	const char *path = snapshot_text(snapshot, "cgroup.path");
	int64_t sum = 0;
	const int64_t most = INT64_C(1) << 56;
	snprintf(memory.cgroup.path, sizeof(memory.cgroup.path), "%s", path ? path : "");
	for (int part = 0; part < MEMORY_PART_COUNT; part++) {
		char name[64];
		snprintf(name, sizeof(name), "memory.%s", memory_part_key((enum memory_part)part));
		int64_t value = snapshot_number(snapshot, name, 0);
		if (value < -most || value > most)
			return false;
		memory.parts[part] = value;
		sum += value;
	}
	/* The parts sum to the whole, or somebody has meddled with them. */
	if (memory.resident < 0 || memory.resident > most || sum != memory.resident)
		return false;
	*ret = memory;
	return true;
}

void keep_facts_limits(const struct target *snapshot, struct info_limits *ret)
{
	int64_t millicpus = snapshot_number(snapshot, "limits.millicpus", -1);
	*ret = (struct info_limits){
		.descriptors = snapshot_number(snapshot, "limits.descriptors", -1),
		.descriptor_limit = snapshot_number(snapshot, "limits.descriptor_limit", -1),
		.processors = millicpus < 0 ? -1 : (double)millicpus / 1000,
		.allowed_processors = snapshot_number(snapshot, "limits.cpus_allowed", -1),
	};
}
