/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/memory_cgroup.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"

#define TEXT_MAX (1u << 20)

/* v1 says "no limit" by the largest number of pages that fits. */
#define NO_LIMIT (INT64_C(1) << 60)

static const struct hierarchy {
	const char *filesystem;
	const char *limit, *used;
	const char *cache, *shared; /* members of memory.stat, children included */
} hierarchies[] = {
	{ "cgroup2", "memory.max", "memory.current", "file", "shmem" },
	{ "cgroup", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_cache",
	  "total_shmem" },
};

static struct error *read_text(const char *directory, const char *name, struct file_bytes *ret)
{
	char path[PATH_MAX];
	if (snprintf(path, sizeof(path), "%s/%s", directory, name) >= (int)sizeof(path))
		return error_new(ERROR_LIMIT, "%s: the path is too long", directory);
	return file_read(path, TEXT_MAX, ret);
}

/* The number in a file of one line; -1 when there is no such file, or it says "max". */
static int64_t read_number(const char *directory, const char *name)
{
	_cleanup_(file_bytes_deinit) struct file_bytes file = { 0 };
	if (!error_ignore(read_text(directory, name, &file)) || !file.size || file.bytes[0] < '0' ||
	    file.bytes[0] > '9')
		return -1;
	int64_t number = strtoll((const char *)file.bytes, NULL, 10);
	return number < NO_LIMIT ? number : -1;
}

/* A member of memory.stat; -1 without it. */
static int64_t stat_member(const struct file_bytes *stat, const char *name)
{
	size_t length = strlen(name);
	for (const char *line = (const char *)stat->bytes; line && *line;) {
		if (!strncmp(line, name, length) && line[length] == ' ')
			return strtoll(line + length + 1, NULL, 10);
		line = strchr(line, '\n');
		if (line)
			line++;
	}
	return -1;
}

/* v2 has one number from Linux 5.18 on; before, its larger pieces are added up. */
static int64_t kernel_memory(const char *directory, const struct file_bytes *stat)
{
	static const char *const pieces[] = { "slab", "kernel_stack", "pagetables", "percpu" };
	int64_t sockets = stat_member(stat, "sock"), kernel = stat_member(stat, "kernel"), sum = 0;
	if (sockets < 0)
		return read_number(directory, "memory.kmem.usage_in_bytes");
	for (size_t i = 0; i < ARRAY_SIZE(pieces); i++)
		sum += MAX(stat_member(stat, pieces[i]), INT64_C(0));
	return (kernel >= 0 ? kernel : sum) + sockets;
}

static void read_details(const struct hierarchy *hierarchy, struct memory_cgroup *group)
{
	_cleanup_(file_bytes_deinit) struct file_bytes stat = { 0 };
	if (!error_ignore(read_text(group->path, "memory.stat", &stat)) || !stat.size)
		return;
	int64_t cache = stat_member(&stat, hierarchy->cache);
	int64_t shared = stat_member(&stat, hierarchy->shared);
	group->page_cache = cache >= 0 ? MAX(cache - MAX(shared, INT64_C(0)), INT64_C(0)) : -1;
	group->kernel = kernel_memory(group->path, &stat);
}

static int64_t room(int64_t limit, int64_t used)
{
	return limit < 0 ? INT64_MAX : limit - used;
}

/*
 * One directory, if its memory is accounted. The first one seen is kept for what it uses, even
 * without a limit; another one only if it is tighter.
 */
static bool consider(const struct hierarchy *hierarchy, const char *directory,
		     struct memory_cgroup *best)
{
	int64_t used = read_number(directory, hierarchy->used);
	if (used < 0)
		return false;
	int64_t limit = read_number(directory, hierarchy->limit);
	if (best->path[0] && room(limit, used) >= room(best->limit, best->used))
		return true;
	*best = (struct memory_cgroup){
		.limit = limit, .used = used, .page_cache = -1, .kernel = -1
	};
	snprintf(best->path, sizeof(best->path), "%s", directory);
	return true;
}

/* From the process's own directory up to where the hierarchy is mounted. */
static void walk_up(const struct hierarchy *hierarchy, const char *mount, const char *below,
		    struct memory_cgroup *best)
{
	char directory[PATH_MAX];
	if (snprintf(directory, sizeof(directory), "%s%s", mount, below) >= (int)sizeof(directory))
		return;
	for (;;) {
		size_t length = strlen(directory);
		while (length > strlen(mount) && directory[length - 1] == '/')
			directory[--length] = '\0';
		consider(hierarchy, directory, best);
		if (length <= strlen(mount))
			return;
		*strrchr(directory, '/') = '\0';
	}
}

/* Does a comma-separated list have the word? */
static bool has_word(const char *list, const char *word)
{
	size_t length = strlen(word);
	for (const char *at = list; at && *at; at = strchr(at, ',')) {
		at += *at == ',';
		if (!strncmp(at, word, length) && (at[length] == ',' || !at[length]))
			return true;
	}
	return false;
}

/* The process's path in the hierarchy: "9:memory:/a/b", "0::/a/b". Cuts `text` into lines. */
static const char *find_path(char *text, const char *filesystem)
{
	bool second = !strcmp(filesystem, "cgroup2");
	for (char *line = text, *next; line && *line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		char *controllers = strchr(line, ':');
		char *path = controllers ? strchr(controllers + 1, ':') : NULL;
		if (!path)
			continue;
		*path++ = '\0';
		if (second ? !controllers[1] : has_word(controllers + 1, "memory"))
			return path;
	}
	return NULL;
}

/*
 * A line of mountinfo: "36 35 98:0 /root /mount rw,... optional - cgroup cgroup rw,memory".
 * True when it is the hierarchy that accounts memory.
 */
static bool parse_mount(char *line, const char *filesystem, char root[PATH_MAX],
			char mount[PATH_MAX])
{
	char type[32], options[256];
	const char *tail = strstr(line, " - ");
	if (!tail || sscanf(tail, " - %31s %*s %255s", type, options) != 2 ||
	    strcmp(type, filesystem) != 0 ||
	    sscanf(line, "%*d %*d %*s %4095s %4095s", root, mount) != 2)
		return false;
	return !strcmp(filesystem, "cgroup2") || has_word(options, "memory");
}

/* Through our own mounts, where the process's path can be seen in them. */
static void consider_mounts(const struct hierarchy *hierarchy, const char *path,
			    struct memory_cgroup *best)
{
	_cleanup_(file_bytes_deinit) struct file_bytes file = { 0 };
	char root[PATH_MAX], mount[PATH_MAX];
	if (!error_ignore(file_read("/proc/self/mountinfo", TEXT_MAX, &file)) || !file.size)
		return;
	for (char *line = (char *)(uintptr_t)file.bytes, *next; line && *line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		if (!parse_mount(line, hierarchy->filesystem, root, mount))
			continue;
		/* The mount may show a part of the hierarchy only. */
		size_t length = strcmp(root, "/") == 0 ? 0 : strlen(root);
		if (!strncmp(path, root, length) && (path[length] == '/' || !path[length]))
			walk_up(hierarchy, mount, path + length, best);
	}
}

void memory_cgroup_read(pid_t pid, struct memory_cgroup *ret)
{
	struct memory_cgroup best = { .limit = -1, .used = -1, .page_cache = -1, .kernel = -1 };
	const struct hierarchy *used = NULL;
	char path[PATH_MAX];
	snprintf(path, sizeof(path), "/proc/%d/cgroup", (int)pid);
	for (size_t i = 0; i < ARRAY_SIZE(hierarchies); i++) {
		_cleanup_(file_bytes_deinit) struct file_bytes file = { 0 };
		struct memory_cgroup before = best;
		if (!error_ignore(file_read(path, TEXT_MAX, &file)) || !file.size)
			break;
		const char *below = find_path((char *)(uintptr_t)file.bytes,
					      hierarchies[i].filesystem);
		/* A path outside of our own cgroup namespace begins with "/..". */
		if (below && strncmp(below, "/..", 3) != 0)
			consider_mounts(&hierarchies[i], below, &best);
		/* In a container the process sees its own group at the top. */
		char inside[64];
		snprintf(inside, sizeof(inside), "/proc/%d/root/sys/fs/cgroup%s", (int)pid,
			 i == 0 ? "" : "/memory");
		consider(&hierarchies[i], inside, &best);
		if (strcmp(before.path, best.path) != 0)
			used = &hierarchies[i];
	}
	if (used)
		read_details(used, &best);
	*ret = best;
}
