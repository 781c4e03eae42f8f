/* SPDX-License-Identifier: Apache-2.0 */
#include "target/cgroup.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"

#define FILE_LIMIT ((size_t)16 << 20)
#define LEVELS_MAX 64

/* A hierarchy that accounts for memory, as a process's mounts show it. */
struct hierarchy {
	const char *group; /* the process's place in it */
	const char *root;  /* what of it is mounted */
	const char *mount; /* where */
};

/* In place: \040 and the like, as mountinfo writes spaces. */
static void unescape(char *text)
{
	char *to = text;
	for (const char *from = text; *from; to++) {
		if (from[0] == '\\' && from[1] && from[2] && from[3]) {
			*to = (char)((from[1] - '0') << 6 | (from[2] - '0') << 3 | (from[3] - '0'));
			from += 4;
		} else {
			*to = *from++;
		}
	}
	*to = '\0';
}

static bool has_word(const char *list, size_t length, const char *word)
{
	size_t size = strlen(word);
	for (const char *end = list + length; list < end;) {
		const char *comma = memchr(list, ',', (size_t)(end - list));
		size_t item = (size_t)((comma ? comma : end) - list);
		if (item == size && memcmp(list, word, size) == 0)
			return true;
		list += item + 1;
	}
	return false;
}

/* "4:memory:/path" for version 1, "0::/path" for version 2; NULL when it is in none. */
static char *group_of(const char *text, bool version2)
{
	while (*text) {
		const char *end = strchrnul(text, '\n');
		const char *first = memchr(text, ':', (size_t)(end - text));
		const char *second = first ? memchr(first + 1, ':', (size_t)(end - first - 1))
					   : NULL;
		if (second) {
			size_t length = (size_t)(second - first - 1);
			if (version2 ? length == 0 : has_word(first + 1, length, "memory"))
				return strndup(second + 1, (size_t)(end - second - 1));
		}
		text = *end ? end + 1 : end;
	}
	return NULL;
}

/* The part of the group's path that lies below what is mounted; NULL when it lies elsewhere. */
static const char *below_mount(const struct hierarchy *hierarchy)
{
	size_t length = strlen(hierarchy->root);
	if (strcmp(hierarchy->root, "/") == 0)
		length = 0;
	if (strncmp(hierarchy->group, hierarchy->root, length) != 0)
		return NULL;
	const char *rest = hierarchy->group + length;
	if (*rest && *rest != '/')
		return NULL;
	/* Above the top of our own cgroup namespace: not to be reached by this mount. */
	return strncmp(rest, "/..", 3) == 0 ? NULL : rest;
}

static struct error *visit_levels(const struct hierarchy *hierarchy, const char *prefix,
				  struct error *(*visit)(void *argument, const char *path),
				  void *argument)
{
	char path[PATH_MAX];
	const char *rest = below_mount(hierarchy);
	if (!rest)
		rest = ""; /* what is mounted there limits it, if anything does */
	int length = snprintf(path, sizeof(path), "%s%s%s", prefix, hierarchy->mount, rest);
	if (length < 0 || (size_t)length >= sizeof(path))
		return NULL;

	size_t top = strlen(prefix) + strlen(hierarchy->mount);
	for (unsigned level = 0; level < LEVELS_MAX; level++) {
		TRY(visit(argument, path));
		char *slash = strrchr(path, '/');
		if (!slash || (size_t)(slash - path) < top)
			break;
		*slash = '\0';
	}
	return NULL;
}

/*
 * 35 31 0:32 /root /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
 */
static bool mount_parse(char *line, struct hierarchy *ret, bool *ret_version2)
{
	char *fields[5], *position = line;
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		fields[i] = position;
		position = strchr(position, ' ');
		if (!position)
			return false;
		*position++ = '\0';
	}
	char *type = strstr(position, " - ");
	if (!type)
		return false;
	type += 3;
	*ret_version2 = strncmp(type, "cgroup2 ", 8) == 0;
	if (!*ret_version2) {
		char *options = strrchr(type, ' ');
		if (strncmp(type, "cgroup ", 7) != 0 || !options ||
		    !has_word(options + 1, strlen(options + 1), "memory"))
			return false;
	}
	unescape(fields[3]);
	unescape(fields[4]);
	ret->root = fields[3];
	ret->mount = fields[4];
	return true;
}

struct error *cgroup_visit(pid_t pid, pid_t viewer,
			   struct error *(*visit)(void *argument, const char *path), void *argument)
{
	_cleanup_(file_bytes_deinit) struct file_bytes groups = { 0 };
	_cleanup_(file_bytes_deinit) struct file_bytes mounts = { 0 };
	char path[64], prefix[64] = "";

	snprintf(path, sizeof(path), "/proc/%d/cgroup", pid);
	TRY(file_read(path, FILE_LIMIT, &groups));
	if (viewer) {
		snprintf(path, sizeof(path), "/proc/%d/mountinfo", viewer);
		snprintf(prefix, sizeof(prefix), "/proc/%d/root", viewer);
	} else {
		snprintf(path, sizeof(path), "/proc/self/mountinfo");
	}
	TRY(file_read(path, FILE_LIMIT, &mounts));

	_cleanup_(free_pointer) char *group1 = group_of((const char *)groups.bytes, false);
	_cleanup_(free_pointer) char *group2 = group_of((const char *)groups.bytes, true);
	for (char *line = (char *)mounts.bytes; *line;) {
		char *end = strchrnul(line, '\n');
		char *next = *end ? end + 1 : end;
		*end = '\0';
		struct hierarchy hierarchy;
		bool version2;
		if (mount_parse(line, &hierarchy, &version2)) {
			hierarchy.group = version2 ? group2 : group1;
			if (hierarchy.group)
				TRY(visit_levels(&hierarchy, prefix, visit, argument));
		}
		line = next;
	}
	return NULL;
}
