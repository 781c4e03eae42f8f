/* SPDX-License-Identifier: Apache-2.0 */
#include "group.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/macros.h"

static bool write_file(const char *folder, const char *name, const char *text)
{
	char path[320];
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	_cleanup_(close_descriptor) int file = open(path, O_WRONLY | O_CLOEXEC);
	return file >= 0 && write(file, text, strlen(text)) == (ssize_t)strlen(text);
}

static bool has_file(const char *folder, const char *name)
{
	char path[320];
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return access(path, F_OK) == 0;
}

bool group_create(struct group *ret, const char *name)
{
	struct group group = { 0 };

	snprintf(group.path, sizeof(group.path), "/sys/fs/cgroup/memory/dowse-%s-%d", name,
		 getpid());
	if (mkdir(group.path, 0755) == 0 && has_file(group.path, "memory.usage_in_bytes")) {
		*ret = group;
		return true;
	}
	rmdir(group.path);
	group.version2 = true;
	write_file("/sys/fs/cgroup", "cgroup.subtree_control", "+memory");
	snprintf(group.path, sizeof(group.path), "/sys/fs/cgroup/dowse-%s-%d", name, getpid());
	if (mkdir(group.path, 0755) == 0 && has_file(group.path, "memory.current")) {
		*ret = group;
		return true;
	}
	rmdir(group.path);
	return false;
}

void group_destroy(struct group *group)
{
	/* Its processes have ended, which the group learns a little later. */
	for (unsigned i = 0; i < 1000 && rmdir(group->path) < 0 && errno == EBUSY; i++)
		nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
}

bool group_enter(const struct group *group, pid_t pid)
{
	char text[16];
	snprintf(text, sizeof(text), "%d", pid);
	return write_file(group->path, "cgroup.procs", text);
}

bool group_limit(const struct group *group, uint64_t bytes)
{
	char text[32];
	snprintf(text, sizeof(text), "%llu", (unsigned long long)bytes);
	return write_file(group->path, group->version2 ? "memory.max" : "memory.limit_in_bytes",
			  text);
}

uint64_t group_used(const struct group *group)
{
	char path[320], text[32] = { 0 };
	snprintf(path, sizeof(path), "%s/%s", group->path,
		 group->version2 ? "memory.current" : "memory.usage_in_bytes");
	_cleanup_(close_descriptor) int file = open(path, O_RDONLY | O_CLOEXEC);
	return file >= 0 && read(file, text, sizeof(text) - 1) > 0 ? strtoull(text, NULL, 10) : 0;
}
