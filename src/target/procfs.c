/* SPDX-License-Identifier: Apache-2.0 */
#include "target/procfs.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/file.h"

#define SMALL_FILE         ((size_t)64 << 10)
#define FLAG_KERNEL_THREAD 0x00200000u /* PF_KTHREAD of the kernel's sched.h */
#define IDS_MAX            ((size_t)4 << 20)

static struct error *read_at(int directory, const char *path, size_t limit, struct file_bytes *ret)
{
	_cleanup_(close_descriptor) int file = openat(directory, path, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return error_os(errno, "cannot open /proc/PID/%s", path);
	return file_read_descriptor(file, path, limit, ret);
}

struct error *procfs_open(pid_t pid, int *ret)
{
	char path[32];
	snprintf(path, sizeof(path), "/proc/%d", pid);
	int directory = pid > 0 ? open(path, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	if (directory >= 0) {
		*ret = directory;
		return NULL;
	}
	if (pid > 0 && errno != ENOENT)
		return error_os(errno, "cannot open %s", path);
	if (!file_exists_at(AT_FDCWD, "/proc/self/stat"))
		return error_new(ERROR_NOT_FOUND, "/proc is not mounted here");
	return error_new(ERROR_NOT_FOUND, "no process has the id %d (`dowse ps` lists them)", pid);
}

struct error *procfs_gone(struct error *error, const char *name)
{
	if (!error || error->code == ERROR_NO_MEMORY)
		return error;
	error_destroy(error);
	return error_new(ERROR_GONE, "%s has ended", name);
}

/* The value of a line "Key:\tvalue" of a status file; NULL when there is none. */
static const char *status_value(const struct file_bytes *status, const char *key)
{
	size_t length = strlen(key);
	const char *line = (const char *)status->bytes;

	while (line && *line) {
		if (strncmp(line, key, length) == 0 && line[length] == ':') {
			line += length + 1;
			return line + strspn(line, " \t");
		}
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
	return NULL;
}

static uint64_t status_number(const struct file_bytes *status, const char *key, int base,
			      uint64_t otherwise)
{
	const char *value = status_value(status, key);
	return value ? strtoull(value, NULL, base) : otherwise;
}

static uint64_t status_bytes(const struct file_bytes *status, const char *key)
{
	return status_number(status, key, 10, 0) << 10; /* the kernel says kB and means KiB */
}

/* The last number of a line of several, as NSpid has one for each nested namespace. */
static pid_t status_last_pid(const struct file_bytes *status, const char *key, pid_t otherwise)
{
	const char *value = status_value(status, key);
	while (value && isdigit((unsigned char)*value)) {
		char *end;
		otherwise = (pid_t)strtol(value, &end, 10);
		value = end + strspn(end, " \t");
	}
	return otherwise;
}

static void facts_from_status(struct process_facts *facts, const struct file_bytes *status)
{
	facts->thread_group = (pid_t)status_number(status, "Tgid", 10, (uint64_t)facts->pid);
	facts->tracer = (pid_t)status_number(status, "TracerPid", 10, 0);
	facts->inner_pid = status_last_pid(status, "NSpid", facts->pid);
	const char *uids = status_value(status, "Uid");
	if (uids) {
		char *end;
		facts->real_uid = (uid_t)strtoul(uids, &end, 10);
		facts->uid = (uid_t)strtoul(end, NULL, 10);
	}
	facts->resident = status_bytes(status, "VmRSS");
	facts->resident_anonymous = status_bytes(status, "RssAnon");
	facts->resident_peak = status_bytes(status, "VmHWM");
	facts->swapped = status_bytes(status, "VmSwap");
	facts->page_tables = status_bytes(status, "VmPTE");
	facts->seccomp = (int)status_number(status, "Seccomp", 10, (uint64_t)-1);
	facts->no_new_privs = (int)status_number(status, "NoNewPrivs", 10, (uint64_t)-1);
	facts->capabilities = status_number(status, "CapEff", 16, 0);
	facts->capabilities_permitted = status_number(status, "CapPrm", 16, 0);
	const char *features = status_value(status, "x86_Thread_features");
	facts->shadow_stack = features && strncmp(features, "shstk", 5) == 0;
}

/* The fields of a stat file behind the name, which may itself hold spaces and parentheses. */
struct stat_fields {
	char name[64];
	char state;
	uint64_t numbers[49]; /* [0] is field 4, the parent */
	size_t count;
};

enum {
	STAT_PARENT = 4,
	STAT_FLAGS = 9,
	STAT_THREADS = 20,
	STAT_START = 22,
	STAT_EXIT_SIGNAL = 38,
	STAT_EXIT_CODE = 52,
	STAT_FIRST = 4,
};

static uint64_t stat_field(const struct stat_fields *fields, unsigned number)
{
	return number - STAT_FIRST < fields->count ? fields->numbers[number - STAT_FIRST] : 0;
}

static bool stat_parse(const struct file_bytes *file, struct stat_fields *ret)
{
	const char *text = (const char *)file->bytes;
	const char *open = memchr(text, '(', file->size);
	const char *close = memrchr(text, ')', file->size);
	if (!open || !close || close < open || close + 3 > text + file->size)
		return false;

	size_t length = MIN((size_t)(close - open - 1), sizeof(ret->name) - 1);
	for (size_t i = 0; i < length; i++) {
		char c = open[1 + i];
		ret->name[i] = (unsigned char)c < ' ' || c == 0x7f ? '?' : c;
	}
	ret->name[length] = '\0';
	ret->state = close[2];
	ret->count = 0;
	const char *position = close + 3;
	while (ret->count < ARRAY_SIZE(ret->numbers)) {
		char *end;
		uint64_t number = strtoull(position, &end, 10);
		if (end == position)
			break;
		ret->numbers[ret->count++] = number;
		position = end;
	}
	return ret->count > STAT_START - STAT_FIRST;
}

static uint64_t age_of(uint64_t start_ticks)
{
	struct timespec now;
	clock_gettime(CLOCK_BOOTTIME, &now);
	uint64_t ticks = (uint64_t)sysconf(_SC_CLK_TCK);
	uint64_t started = start_ticks / ticks * 1000000000u +
			   start_ticks % ticks * (1000000000u / ticks);
	uint64_t present = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
	return present > started ? present - started : 0;
}

struct error *process_facts_read_at(int directory, pid_t pid, struct process_facts *ret)
{
	_cleanup_(file_bytes_deinit) struct file_bytes stat = { 0 };
	_cleanup_(file_bytes_deinit) struct file_bytes status = { 0 };
	struct stat_fields fields;

	struct error *error = read_at(directory, "stat", SMALL_FILE, &stat);
	if (!error)
		error = read_at(directory, "status", SMALL_FILE, &status);
	if (error) {
		char name[32];
		snprintf(name, sizeof(name), "process %d", pid);
		return procfs_gone(error, name);
	}
	if (!stat_parse(&stat, &fields))
		return error_new(ERROR_CORRUPT, "/proc/%d/stat: not understood", pid);

	struct process_facts facts = { .pid = pid };
	facts_from_status(&facts, &status);
	_Static_assert(sizeof(facts.name) == sizeof(fields.name), "both hold a name");
	memcpy(facts.name, fields.name, sizeof(facts.name));
	facts.state = fields.state;
	facts.parent = (pid_t)stat_field(&fields, STAT_PARENT);
	facts.threads = (unsigned)stat_field(&fields, STAT_THREADS);
	facts.start_ticks = stat_field(&fields, STAT_START);
	facts.age_ns = age_of(facts.start_ticks);
	facts.kernel_thread = stat_field(&fields, STAT_FLAGS) & FLAG_KERNEL_THREAD;
	facts.exit_signal = (int)stat_field(&fields, STAT_EXIT_SIGNAL);
	facts.exit_code = (int)stat_field(&fields, STAT_EXIT_CODE);
	bool ended = facts.state == 'Z' || facts.state == 'X';
	facts.main_thread_ended = ended && facts.threads > 1;
	facts.zombie = ended && !facts.main_thread_ended;
	facts.stopped = facts.state == 'T';
	*ret = facts;
	return NULL;
}

struct error *process_facts_read(pid_t pid, struct process_facts *ret)
{
	_cleanup_(close_descriptor) int directory = -1;
	TRY(procfs_open(pid, &directory));
	return process_facts_read_at(directory, pid, ret);
}

int procfs_open_at_thread(int directory, pid_t thread, const char *what, int flags)
{
	char path[64];
	snprintf(path, sizeof(path), "task/%d/%s", thread, what);
	return openat(directory, path, flags | O_CLOEXEC);
}

bool procfs_thread_state(int directory, pid_t thread, char *ret_state, uint64_t *ret_flags)
{
	char path[48];
	_cleanup_(file_bytes_deinit) struct file_bytes stat = { 0 };
	struct stat_fields fields;

	snprintf(path, sizeof(path), "task/%d/stat", thread);
	if (!error_ignore(read_at(directory, path, SMALL_FILE, &stat)) ||
	    !stat_parse(&stat, &fields))
		return false;
	*ret_state = fields.state;
	*ret_flags = stat_field(&fields, STAT_FLAGS);
	return true;
}

pid_t procfs_thread_namespace_id(int directory, pid_t thread)
{
	char path[48];
	_cleanup_(file_bytes_deinit) struct file_bytes status = { 0 };

	snprintf(path, sizeof(path), "task/%d/status", thread);
	if (!error_ignore(read_at(directory, path, SMALL_FILE, &status)))
		return 0;
	return status_last_pid(&status, "NSpid", thread);
}

struct error *process_command_line(pid_t pid, size_t limit, char **ret)
{
	_cleanup_(close_descriptor) int directory = -1;
	TRY(procfs_open(pid, &directory));
	_cleanup_(close_descriptor) int file = openat(directory, "cmdline", O_RDONLY | O_CLOEXEC);
	_cleanup_(free_pointer) char *line = malloc(limit + 1);
	if (!line)
		return error_no_memory();

	ssize_t n = file < 0 ? 0 : read(file, line, limit);
	size_t length = n > 0 ? (size_t)n : 0;
	while (length > 0 && line[length - 1] == '\0')
		length--;
	for (size_t i = 0; i < length; i++) {
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
			line[i] = line[i] == '\0' ? ' ' : '?';
	}
	line[length] = '\0';
	*ret = TAKE_PTR(line);
	return NULL;
}

#define DELETED " (deleted)"

struct error *process_executable_read(pid_t pid, struct process_executable *ret)
{
	_cleanup_(close_descriptor) int directory = -1;
	TRY(procfs_open(pid, &directory));

	char path[4096 + sizeof(DELETED)];
	ssize_t n = readlinkat(directory, "exe", path, sizeof(path) - 1);
	if (n < 0) {
		*ret = (struct process_executable){ 0 }; /* it may not be read */
		return NULL;
	}
	path[n] = '\0';
	struct stat running, present;
	bool known = fstatat(directory, "exe", &running, 0) == 0;
	bool deleted = known && running.st_nlink == 0;
	size_t suffix = strlen(DELETED);
	if ((size_t)n > suffix && memcmp(path + n - suffix, DELETED, suffix) == 0) {
		deleted = true;
		path[(size_t)n - suffix] = '\0';
	}

	struct process_executable executable = { .deleted = deleted, .path = strdup(path) };
	if (!executable.path)
		return error_no_memory();
	/* Its own view of the tree: it may live in another mount namespace. */
	_cleanup_(close_descriptor) int root = openat(directory, "root", O_PATH | O_CLOEXEC);
	executable.replaced = known && root >= 0 && path[0] == '/' && path[1] &&
			      fstatat(root, path + 1, &present, 0) == 0 &&
			      (present.st_dev != running.st_dev ||
			       present.st_ino != running.st_ino);
	*ret = executable;
	return NULL;
}

void process_executable_deinit(struct process_executable *executable)
{
	free(executable->path);
	*executable = (struct process_executable){ 0 };
}

bool process_in_other_namespace(pid_t pid, const char *kind)
{
	char path[64];
	struct stat theirs, ours;

	snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, kind);
	if (stat(path, &theirs) < 0)
		return false;
	snprintf(path, sizeof(path), "/proc/self/ns/%s", kind);
	if (stat(path, &ours) < 0)
		return false;
	return theirs.st_ino != ours.st_ino || theirs.st_dev != ours.st_dev;
}

struct error *procfs_list_at(int directory, const char *path, pid_t **ret, size_t *ret_count)
{
	int descriptor = openat(directory, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (descriptor < 0)
		return error_os(errno, "cannot list /proc/PID/%s", path);
	DIR *stream = fdopendir(descriptor);
	if (!stream) {
		close(descriptor);
		return error_no_memory();
	}

	pid_t *ids = NULL;
	size_t count = 0, capacity = 0;
	for (struct dirent *entry; count < IDS_MAX && (entry = readdir(stream));) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		if (count == capacity) {
			capacity = capacity ? capacity * 2 : 64;
			pid_t *grown = reallocarray(ids, capacity, sizeof(*ids));
			if (!grown) {
				free(ids);
				closedir(stream);
				return error_no_memory();
			}
			ids = grown;
		}
		ids[count++] = (pid_t)strtol(entry->d_name, NULL, 10);
	}
	closedir(stream);
	*ret = ids;
	*ret_count = count;
	return NULL;
}

static int compare_ids(const void *a, const void *b)
{
	pid_t left = *(const pid_t *)a, right = *(const pid_t *)b;
	return (left > right) - (left < right);
}

struct error *procfs_list(pid_t **ret, size_t *ret_count)
{
	TRY(procfs_list_at(AT_FDCWD, "/proc", ret, ret_count));
	if (*ret_count)
		qsort(*ret, *ret_count, sizeof(**ret), compare_ids);
	return NULL;
}

/* "monotonic   <seconds>   <nanoseconds>" against the first time namespace; 0 when unknown. */
static int64_t monotonic_offset(int directory, const char *path)
{
	_cleanup_(file_bytes_deinit) struct file_bytes file = { 0 };
	if (!error_ignore(read_at(directory, path, SMALL_FILE, &file)))
		return 0;
	const char *line = strstr((const char *)file.bytes, "monotonic");
	if (!line)
		return 0;
	char *end;
	int64_t seconds = strtoll(line + strlen("monotonic"), &end, 10);
	return seconds * 1000000000 + strtoll(end, NULL, 10);
}

int64_t procfs_clock_offset(int directory)
{
	return monotonic_offset(directory, "timens_offsets") -
	       monotonic_offset(AT_FDCWD, "/proc/self/timens_offsets");
}
