/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/limits.h"

#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "target/cgroup.h"

#define TEXT_MAX (64u << 10)

/* "Max open files            1024                 524288               files" */
static int64_t read_descriptor_limit(pid_t pid)
{
	static const char name[] = "Max open files";
	_cleanup_(file_bytes_deinit) struct file_bytes file = { 0 };
	char path[64], *end;
	snprintf(path, sizeof(path), "/proc/%d/limits", (int)pid);
	if (!error_ignore(file_read(path, TEXT_MAX, &file)) || !file.size)
		return -1;
	const char *line = strstr((const char *)file.bytes, name);
	if (!line)
		return -1;
	int64_t limit = strtoll(line + strlen(name), &end, 10);
	/* Or the word "unlimited". */
	return end == line + strlen(name) ? -1 : limit;
}

static int64_t count_descriptors(pid_t pid)
{
	_cleanup_(close_descriptor) int directory = -1;
	_cleanup_(free_pointer) pid_t *numbers = NULL;
	size_t count;
	if (!error_ignore(procfs_open(pid, &directory)) ||
	    !error_ignore(procfs_list_at(directory, "fd", &numbers, &count)))
		return -1;
	return (int64_t)count;
}

static int64_t count_allowed(pid_t pid)
{
	cpu_set_t set;
	return sched_getaffinity(pid, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : -1;
}

static bool read_numbers(const char *directory, const char *name, double *ret_first,
			 double *ret_second)
{
	_cleanup_(file_bytes_deinit) struct file_bytes file = { 0 };
	char path[PATH_MAX], *end, *last;
	if (snprintf(path, sizeof(path), "%s/%s", directory, name) >= (int)sizeof(path) ||
	    !error_ignore(file_read(path, TEXT_MAX, &file)) || !file.size)
		return false;
	const char *text = (const char *)file.bytes;
	double first = strtod(text, &end);
	if (end == text || first < 0)
		return false;
	double second = strtod(end, &last);
	*ret_first = first;
	*ret_second = last == end ? 0 : second;
	return true;
}

static void tighten(double *least, double quota, double period)
{
	if (period > 0 && (*least < 0 || quota / period < *least))
		*least = quota / period;
}

/*
 * The memory groups' folders are also those of the processors in version 2; in version 1 the
 * group has, as a rule, the same path in the hierarchy beside.
 */
static struct error *visit(void *argument, const char *path)
{
	static const char memory[] = "/memory";
	static const char *const besides[] = { "/cpu", "/cpu,cpuacct" };
	double *least = argument, quota, period, unused;
	if (read_numbers(path, "cpu.max", &quota, &period))
		tighten(least, quota, period);
	const char *at = strstr(path, memory);
	for (size_t i = 0; at && i < ARRAY_SIZE(besides); i++) {
		char beside[PATH_MAX];
		if (snprintf(beside, sizeof(beside), "%.*s%s%s", (int)(at - path), path, besides[i],
			     at + strlen(memory)) < (int)sizeof(beside) &&
		    read_numbers(beside, "cpu.cfs_quota_us", &quota, &unused) &&
		    read_numbers(beside, "cpu.cfs_period_us", &period, &unused))
			tighten(least, quota, period);
	}
	return NULL;
}

void limits_read(pid_t pid, struct info_limits *ret)
{
	struct info_limits limits = {
		.descriptors = count_descriptors(pid),
		.descriptor_limit = read_descriptor_limit(pid),
		.processors = -1,
		.allowed_processors = count_allowed(pid),
	};
	/* What is not seen stays unknown. */
	error_ignore(cgroup_visit(pid, 0, visit, &limits.processors));
	error_ignore(cgroup_visit(pid, pid, visit, &limits.processors));
	*ret = limits;
}
