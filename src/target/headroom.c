/* SPDX-License-Identifier: Apache-2.0 */
#include "target/headroom.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/vector.h"
#include "target/cgroup.h"

#define NO_LIMIT ((uint64_t)1 << 60) /* version 1 writes "none" as a number near 2^63 */
#define MIB      ((uint64_t)1 << 20)

struct group {
	int directory; /* -1: the whole machine */
	uint64_t device;
	uint64_t inode;
	char *path;
	bool ours;
};

DEFINE_VECTOR(group_vector, struct group);
DEFINE_VECTOR(level_vector, struct headroom_level);

struct headroom {
	struct group_vector groups;
	struct level_vector levels; /* as last read */
};

static bool read_text(int directory, const char *name, struct file_bytes *ret)
{
	_cleanup_(close_descriptor) int file = openat(directory, name, O_RDONLY | O_CLOEXEC);
	return file >= 0 && error_ignore(file_read_descriptor(file, name, 64 << 10, ret));
}

/* A file of one number; UINT64_MAX for "max" and for what is not there. */
static uint64_t read_number(int directory, const char *name)
{
	_cleanup_(file_bytes_deinit) struct file_bytes file = { 0 };
	if (!read_text(directory, name, &file))
		return UINT64_MAX;
	char *end;
	uint64_t number = strtoull((const char *)file.bytes, &end, 10);
	return end == (const char *)file.bytes || number >= NO_LIMIT ? UINT64_MAX : number;
}

/* The value behind a key at the beginning of a line. */
static uint64_t find_number(const struct file_bytes *file, const char *key, uint64_t otherwise)
{
	size_t length = strlen(key);
	const char *line = (const char *)file->bytes;
	while (line && *line) {
		if (strncmp(line, key, length) == 0 && (line[length] == ' ' || line[length] == ':'))
			return strtoull(line + length + 1, NULL, 10);
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
	return otherwise;
}

static void read_version2(int directory, struct headroom_level *level)
{
	_cleanup_(file_bytes_deinit) struct file_bytes stat = { 0 };

	/* At memory.high nobody is killed, but everything nearly stands still. */
	level->limit = MIN(read_number(directory, "memory.max"),
			   read_number(directory, "memory.high"));
	level->used = read_number(directory, "memory.current");
	if (!read_text(directory, "memory.stat", &stat))
		return;
	level->page_cache = find_number(&stat, "file", UINT64_MAX);
	level->kernel = find_number(&stat, "kernel", UINT64_MAX);
	uint64_t busy = find_number(&stat, "file_dirty", 0) +
			find_number(&stat, "file_writeback", 0);
	uint64_t inactive = find_number(&stat, "inactive_file", 0);
	level->reclaimable = inactive - MIN(inactive, busy);
}

static void read_version1(int directory, struct headroom_level *level)
{
	_cleanup_(file_bytes_deinit) struct file_bytes stat = { 0 };

	level->limit = read_number(directory, "memory.limit_in_bytes");
	level->used = read_number(directory, "memory.usage_in_bytes");
	level->kernel = read_number(directory, "memory.kmem.usage_in_bytes");
	if (!read_text(directory, "memory.stat", &stat))
		return;
	level->page_cache = find_number(&stat, "total_cache", UINT64_MAX);
	uint64_t busy = find_number(&stat, "total_dirty", 0) +
			find_number(&stat, "total_writeback", 0);
	uint64_t inactive = find_number(&stat, "total_inactive_file", 0);
	level->reclaimable = inactive - MIN(inactive, busy);
}

static void read_machine(struct headroom_level *level)
{
	_cleanup_(file_bytes_deinit) struct file_bytes file = { 0 };
	if (!read_text(AT_FDCWD, "/proc/meminfo", &file))
		return;
	level->limit = find_number(&file, "MemTotal", UINT64_MAX >> 10) << 10;
	uint64_t available = find_number(&file, "MemAvailable", 0) << 10;
	level->used = level->limit - MIN(level->limit, available);
}

static struct headroom_level level_read(const struct group *group)
{
	struct headroom_level level = {
		.path = group->path,
		.limit = UINT64_MAX,
		.used = UINT64_MAX,
		.page_cache = UINT64_MAX,
		.kernel = UINT64_MAX,
		.ours = group->ours,
	};
	if (group->directory < 0)
		read_machine(&level);
	else if (file_exists_at(group->directory, "memory.current"))
		read_version2(group->directory, &level);
	else
		read_version1(group->directory, &level);

	level.left = UINT64_MAX;
	if (level.limit != UINT64_MAX && level.used != UINT64_MAX) {
		uint64_t kept = level.used - MIN(level.used, level.reclaimable);
		level.left = level.limit - MIN(level.limit, kept);
	}
	return level;
}

static int compare_levels(const void *a, const void *b)
{
	const struct headroom_level *left = a, *right = b;
	return (left->left > right->left) - (left->left < right->left);
}

const struct headroom_level *headroom_read(struct headroom *headroom, size_t *ret_count)
{
	/* Room for all was made when they were added. */
	headroom->levels.count = 0;
	for (size_t i = 0; i < headroom->groups.count; i++)
		headroom->levels.items[headroom->levels.count++] =
			level_read(&headroom->groups.items[i]);
	if (headroom->levels.count)
		qsort(headroom->levels.items, headroom->levels.count, sizeof(struct headroom_level),
		      compare_levels);
	*ret_count = headroom->levels.count;
	return headroom->levels.items;
}

static struct error *group_append(struct headroom *headroom, struct group *group)
{
	if (group->path) {
		struct error *error = level_vector_reserve(&headroom->levels,
							   headroom->groups.count + 1);
		if (!error)
			error = group_vector_append(&headroom->groups, group);
		if (!error)
			return NULL;
		error_destroy(error);
	}
	free(group->path);
	close_descriptor(&group->directory);
	return error_no_memory();
}

struct error *headroom_add(struct headroom *headroom, const char *path, bool ours)
{
	struct stat status;
	_cleanup_(close_descriptor) int directory = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (directory < 0 || fstat(directory, &status) < 0)
		return NULL; /* not visible from here */
	if (!file_exists_at(directory, "memory.current") &&
	    !file_exists_at(directory, "memory.usage_in_bytes"))
		return NULL; /* the top of a hierarchy, or one that does not count memory */

	for (size_t i = 0; i < headroom->groups.count; i++) {
		struct group *group = &headroom->groups.items[i];
		if (group->device == status.st_dev && group->inode == status.st_ino) {
			group->ours |= ours;
			return NULL;
		}
	}
	struct group group = {
		.directory = TAKE_FD(directory),
		.device = status.st_dev,
		.inode = status.st_ino,
		.path = strdup(path),
		.ours = ours,
	};
	return group_append(headroom, &group);
}

static struct error *add_theirs(void *argument, const char *path)
{
	return headroom_add(argument, path, false);
}

/* A group that dowse is in counts only if the process is in it too. */
static struct error *mark_ours(void *argument, const char *path)
{
	struct headroom *headroom = argument;
	struct stat status;
	if (stat(path, &status) < 0)
		return NULL;
	for (size_t i = 0; i < headroom->groups.count; i++) {
		struct group *group = &headroom->groups.items[i];
		if (group->device == status.st_dev && group->inode == status.st_ino)
			group->ours = true;
	}
	return NULL;
}

struct error *headroom_create(struct headroom **ret)
{
	struct headroom *headroom = calloc(1, sizeof(*headroom));
	if (!headroom)
		return error_no_memory();
	*ret = headroom;
	return NULL;
}

struct error *headroom_open(pid_t pid, struct headroom **ret)
{
	_cleanup_(headroom_cleanup) struct headroom *headroom = NULL;
	TRY(headroom_create(&headroom));

	struct group machine = { .directory = -1, .path = strdup(HEADROOM_MACHINE), .ours = true };
	TRY(group_append(headroom, &machine));
	TRY(error_wrap(cgroup_visit(pid, 0, add_theirs, headroom),
		       "cannot tell in which control groups process %d is", pid));
	/* Its own mounts show what ours may not. They may be closed to us: then so be it. */
	error_destroy(cgroup_visit(pid, pid, add_theirs, headroom));
	error_destroy(cgroup_visit(getpid(), 0, mark_ours, headroom));
	*ret = TAKE_PTR(headroom);
	return NULL;
}

void headroom_destroy(struct headroom *headroom)
{
	if (!headroom)
		return;
	for (size_t i = 0; i < headroom->groups.count; i++) {
		close_descriptor(&headroom->groups.items[i].directory);
		free(headroom->groups.items[i].path);
	}
	group_vector_deinit(&headroom->groups);
	level_vector_deinit(&headroom->levels);
	free(headroom);
}

struct error *headroom_check(struct headroom *headroom, uint64_t theirs, uint64_t ours,
			     const char *what)
{
	size_t count;
	const struct headroom_level *levels = headroom_read(headroom, &count);
	for (size_t i = 0; i < count; i++) {
		uint64_t needed = theirs + (levels[i].ours ? ours : 0);
		if (needed <= levels[i].left)
			continue;
		bool machine = strcmp(levels[i].path, HEADROOM_MACHINE) == 0;
		return error_new(
			ERROR_LIMIT, "%s may take %llu MiB, and %s%s has %llu MiB left of %llu",
			what, (unsigned long long)((needed + MIB - 1) / MIB),
			machine ? "the machine" : "the memory control group ",
			machine ? "" : levels[i].path, (unsigned long long)(levels[i].left / MIB),
			(unsigned long long)(levels[i].limit / MIB));
	}
	return NULL;
}

static bool processor_time(clockid_t clock, uint64_t *ret)
{
	struct timespec time;
	if (clock_gettime(clock, &time) < 0)
		return false;
	*ret = (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
	return true;
}

static long processors(void)
{
	return MAX(sysconf(_SC_NPROCESSORS_ONLN), 1L);
}

/*
 * How many times the work that the processors have wants to run: who got a third of one a moment
 * ago, because others wanted it too, may have a whole one when it matters. "0.20 0.18 0.12 3/80 11206"
 */
static double crowding(void)
{
	_cleanup_(file_bytes_deinit) struct file_bytes file = { 0 };
	if (!error_ignore(file_read("/proc/loadavg", 4096, &file)) || !file.size)
		return 1;
	const char *slash = strchr((const char *)file.bytes, '/');
	while (slash && slash > (const char *)file.bytes && slash[-1] != ' ')
		slash--;
	double running = slash ? strtod(slash, NULL) : 0;
	return MAX(running / (double)processors(), 1.0);
}

uint64_t headroom_write_rate(pid_t pid, uint64_t ns)
{
	clockid_t clock;
	uint64_t began, ended, used_before, used_after;
	double crowded = crowding();

	if (clock_getcpuclockid(pid, &clock) != 0 || !processor_time(CLOCK_MONOTONIC, &began) ||
	    !processor_time(clock, &used_before))
		return UINT64_MAX;
	struct timespec pause = { .tv_sec = (time_t)(ns / 1000000000u),
				  .tv_nsec = (long)(ns % 1000000000u) };
	while (clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, &pause) == EINTR) {
	}
	if (!processor_time(CLOCK_MONOTONIC, &ended) || !processor_time(clock, &used_after) ||
	    ended <= began)
		return UINT64_MAX;
	double share = (double)(used_after - used_before) / (double)(ended - began);
	share = MAX(share, MIN(share * MAX(crowded, crowding()), (double)processors()));
	return (uint64_t)(share * HEADROOM_COPY_RATE);
}
