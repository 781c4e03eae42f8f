/* SPDX-License-Identifier: Apache-2.0 */
#include "confine/policy.h"

#include <stdlib.h>
#include <string.h>

#include "base/macros.h"

struct rule {
	const char *pattern; /* of what follows /proc/PID/; # is a number, * has no slash */
	enum place place;
};

/* Of every process. */
static const struct rule public_rules[] = {
	{ "", PLACE_PROC },
	{ "stat", PLACE_PROC },
	{ "status", PLACE_PROC },
	{ "cmdline", PLACE_PROC },
	{ "comm", PLACE_PROC },
	{ "cgroup", PLACE_PROC },
	{ "mountinfo", PLACE_PROC },
	{ "limits", PLACE_PROC },
	{ "timens_offsets", PLACE_PROC },
	{ "attr/current", PLACE_PROC },
	{ "ns/*", PLACE_PROC_LOOK },
	{ "root", PLACE_PROC_LOOK },
	{ "exe", PLACE_EXECUTABLE },
};

/* Of the target alone. */
static const struct rule target_rules[] = {
	{ "maps", PLACE_PROC },
	{ "mem", PLACE_PROC },
	{ "pagemap", PLACE_PROC },
	{ "smaps", PLACE_PROC },
	{ "smaps_rollup", PLACE_PROC },
	{ "auxv", PLACE_PROC },
	{ "environ", PLACE_PROC }, /* GODEBUG decides what a header shows */
	{ "task", PLACE_PROC },
	{ "task/#/stat", PLACE_PROC },
	{ "task/#/status", PLACE_PROC },
	{ "task/#/comm", PLACE_PROC },
	{ "task/#/maps", PLACE_PROC },
	{ "task/#/mem", PLACE_PROC },
	{ "task/#/pagemap", PLACE_PROC },
	{ "task/#/exe", PLACE_EXECUTABLE },
	{ "map_files/*", PLACE_EXECUTABLE },
	{ "fd", PLACE_PROC },
	{ "fd/#", PLACE_PROC_LOOK },
	{ "fdinfo/#", PLACE_PROC },
	{ "net/tcp", PLACE_PROC },
	{ "net/tcp6", PLACE_PROC },
	{ "net/udp", PLACE_PROC },
	{ "net/udp6", PLACE_PROC },
	{ "net/unix", PLACE_PROC },
};

/* Of the machine. */
static const char *const machine_files[] = {
	"/proc",
	"/proc/meminfo",
	"/proc/sys/kernel/yama/ptrace_scope",
};

static size_t digits(const char *text)
{
	return strspn(text, "0123456789");
}

static bool rule_matches(const char *pattern, const char *text)
{
	while (*pattern) {
		if (*pattern == '#') {
			size_t length = digits(text);
			if (!length)
				return false;
			text += length;
		} else if (*pattern == '*') {
			size_t length = strcspn(text, "/");
			/* Not the folder above, however it is written. */
			if (!length || text[0] == '.')
				return false;
			text += length;
		} else if (*pattern != *text++) {
			return false;
		}
		pattern++;
	}
	return !*text;
}

static enum place find_rule(const struct rule *rules, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++) {
		if (rule_matches(rules[i].pattern, text))
			return rules[i].place;
	}
	return PLACE_REFUSED;
}

bool policy_owns(struct policy *policy, pid_t process)
{
	if (process <= 0 || process == policy->broker || process == policy->worker)
		return false;
	if (policy->every_process || process == policy->fork || process == policy->second)
		return true;
	if (!policy->process)
		policy->process = process;
	return process == policy->process;
}

/* What follows /proc/PID, which *text points to; the process is 0 for "self". */
static bool take_process(const char **text, pid_t *ret)
{
	size_t length = digits(*text);
	if (strncmp(*text, "self", 4) == 0 && ((*text)[4] == '/' || !(*text)[4])) {
		*ret = 0;
		*text += 4;
		return true;
	}
	if (!length || length > 9 || ((*text)[length] && (*text)[length] != '/'))
		return false;
	*ret = (pid_t)strtol(*text, NULL, 10);
	*text += length;
	return true;
}

/* Tells who a process is: dowse is none that can be looked at. */
static bool gives_away(const char *name)
{
	return strcmp(name, "exe") == 0 || strcmp(name, "comm") == 0 ||
	       strcmp(name, "cmdline") == 0;
}

static enum place place_in_process(struct policy *policy, pid_t process, const char *name,
				   const char **ret_rest)
{
	bool ours = process == policy->worker || process == policy->broker;
	if (ours && gives_away(name))
		return PLACE_HIDDEN;
	if (strncmp(name, "root/", 5) == 0) {
		*ret_rest = name + 5;
		return PLACE_TREE;
	}
	enum place place = find_rule(public_rules, ARRAY_SIZE(public_rules), name);
	if (place != PLACE_REFUSED)
		return place;
	place = find_rule(target_rules, ARRAY_SIZE(target_rules), name);
	return place != PLACE_REFUSED && policy_owns(policy, process) ? place : PLACE_REFUSED;
}

static bool is_listed(const char *const *names, size_t count, const char *path)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(names[i], path) == 0)
			return true;
	}
	return false;
}

bool policy_is_source(const char *path)
{
	size_t length = strlen(path);
	return length > 3 && strcmp(path + length - 3, ".go") == 0;
}

bool policy_spools(const struct policy *policy, const char *folder)
{
	return is_listed(policy->spools, policy->spool_count, folder);
}

enum place policy_place(struct policy *policy, const char *path, const char **ret_rest)
{
	if (is_listed(policy->files, policy->file_count, path))
		return PLACE_NAMED;
	for (size_t i = 0; i < ARRAY_SIZE(machine_files); i++) {
		if (strcmp(machine_files[i], path) == 0)
			return PLACE_PROC;
	}
	if (strncmp(path, "/proc/", 6) != 0)
		return policy->sources && policy_is_source(path) ? PLACE_SOURCE : PLACE_FILE;
	const char *text = path + 6;
	pid_t process;
	if (!take_process(&text, &process))
		return PLACE_REFUSED;
	return place_in_process(policy, process, *text ? text + 1 : text, ret_rest);
}
