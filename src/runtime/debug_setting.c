/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/debug_setting.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"

#define ENVIRONMENT_MAX ((size_t)4 << 20)

/* The last "name=value" of a list like "a=1,b=0" counts. */
static int find_in_list(const char *list, const char *name, int otherwise)
{
	size_t length = strlen(name);
	for (const char *at = list; at; at = strchr(at, ',')) {
		at += *at == ',';
		if (strncmp(at, name, length) == 0 && at[length] == '=')
			otherwise = (int)strtol(at + length + 1, NULL, 10);
	}
	return otherwise;
}

static int find_in_environment(pid_t pid, const char *name, int otherwise)
{
	static const char variable[] = "GODEBUG=";
	char path[64];
	_cleanup_(file_bytes_deinit) struct file_bytes environment = { 0 };
	snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
	if (!pid || !error_ignore(file_read(path, ENVIRONMENT_MAX, &environment)))
		return otherwise;

	const char *at = (const char *)environment.bytes;
	const char *end = at + environment.size;
	for (; at < end; at += strlen(at) + 1) {
		if (strncmp(at, variable, sizeof(variable) - 1) == 0)
			return find_in_list(at + sizeof(variable) - 1, name, otherwise);
	}
	return otherwise;
}

int debug_setting(const struct runtime *runtime, const char *name, int otherwise)
{
	const struct build_info *info = &runtime_binary(runtime)->build_info;
	const char *defaults = build_info_setting(info, "DefaultGODEBUG");
	if (defaults)
		otherwise = find_in_list(defaults, name, otherwise);
	const char *saved = target_fact(runtime_target(runtime), "environment.GODEBUG");
	if (saved)
		return find_in_list(saved, name, otherwise);
	return find_in_environment(target_pid(runtime_target(runtime)), name, otherwise);
}
