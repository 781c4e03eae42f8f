/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/target.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/spool.h"
#include "base/text.h"
#include "base/vector.h"
#include "base/writer.h"
#include "cli/file_kind.h"
#include "cli/remote.h"
#include "target/procfs.h"

DEFINE_VECTOR(pid_vector, pid_t);

#define COMMAND_LINE_LIMIT ((size_t)4 << 20)
#define CANDIDATES_SHOWN   8

#define HEAD_SIZE   ((size_t)512)
#define HEAD_MAX    ((size_t)256 << 10)
#define PROFILE_MAX ((uint64_t)1 << 30)

/* True when all of it is digits; *ret is 0 when they mean no PID. */
static bool target_parse_pid(const char *text, pid_t *ret)
{
	if (!*text || strspn(text, "0123456789") != strlen(text))
		return false;
	errno = 0;
	unsigned long number = strtoul(text, NULL, 10);
	*ret = errno || number > INT32_MAX ? 0 : (pid_t)number;
	return true;
}

/* A process's names: its executable's, the one that it was called by, the kernel's short one. */
static bool target_has_name(pid_t pid, const char *name)
{
	_cleanup_(process_executable_deinit) struct process_executable executable = { 0 };
	error_ignore(process_executable_read(pid, &executable));
	if (executable.path && text_equal(text_base_name(executable.path), name))
		return true;

	char path[64];
	struct file_bytes bytes = { 0 };
	bool same = false;
	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
	if (error_ignore(file_read(path, COMMAND_LINE_LIMIT, &bytes)))
		same = bytes.size && text_equal(text_base_name((const char *)bytes.bytes), name);
	file_bytes_deinit(&bytes);
	if (same)
		return true;

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	if (error_ignore(file_read(path, COMMAND_LINE_LIMIT, &bytes))) {
		size_t size = bytes.size && bytes.bytes[bytes.size - 1] == '\n' ? bytes.size - 1
										: bytes.size;
		same = size == strlen(name) && memcmp(bytes.bytes, name, size) == 0;
	}
	file_bytes_deinit(&bytes);
	return same;
}

static struct error *target_find_named(const char *name, struct pid_vector *ret)
{
	_cleanup_(free_pointer) pid_t *pids = NULL;
	size_t count;
	TRY(procfs_list(&pids, &count));
	for (size_t i = 0; i < count; i++) {
		if (pids[i] != getpid() && target_has_name(pids[i], name))
			TRY(pid_vector_append(ret, &pids[i]));
	}
	return NULL;
}

static struct error *target_ambiguous(const char *name, const struct pid_vector *found)
{
	struct writer list = WRITER_TO_MEMORY;
	for (size_t i = 0; i < found->count && i < CANDIDATES_SHOWN; i++)
		writer_printf(&list, "%s%d", i ? ", " : "", (int)found->items[i]);
	if (found->count > CANDIDATES_SHOWN)
		writer_printf(&list, " and %zu more", found->count - CANDIDATES_SHOWN);
	const char *text = writer_text(&list);
	struct error *error = error_new(ERROR_NOT_FOUND,
					"%zu processes are called %s: say which PID: %s",
					found->count, name, text ? text : "");
	writer_deinit(&list);
	return error;
}

static struct error *target_named(const char *name, pid_t *ret)
{
	struct pid_vector found = { 0 };
	struct error *error = target_find_named(name, &found);
	if (!error && !found.count)
		error = error_new(ERROR_NOT_FOUND,
				  "no process is called %s (dowse ps lists what can be looked at)",
				  name);
	else if (!error && found.count > 1)
		error = target_ambiguous(name, &found);
	else if (!error)
		*ret = found.items[0];
	pid_vector_deinit(&found);
	return error;
}

static struct error *target_file(const char *path, struct cli_target *ret)
{
	_cleanup_(close_descriptor) int file = -1;
	enum file_kind kind;
	enum compression compression;
	TRY(file_kind_open(path, &file, &kind, &compression));
	if (kind == FILE_XZ)
		return error_new(ERROR_UNSUPPORTED,
				 "%s is compressed by xz, which dowse does not read: unpack it by "
				 "xz -dk first",
				 path);
	/* In the folder where a program was built its name is a file's, too; what runs is meant. */
	if (kind == FILE_EXECUTABLE && !strchr(path, '/')) {
		pid_t pid = 0;
		TRY(error_wrap(target_named(path, &pid), "%s is %s", path, file_kind_name(kind)));
		*ret = (struct cli_target){ .pid = pid, .descriptor = -1 };
		return NULL;
	}
	if (kind != FILE_CORE && kind != FILE_SNAPSHOT && kind != FILE_PROFILE &&
	    kind != FILE_TEXT && kind != FILE_OTHER)
		return error_new(
			ERROR_UNSUPPORTED,
			"%s is %s: give a snapshot, a core file, a profile, a log, a PID or a "
			"process's name (name:NAME forces a name)",
			path, file_kind_name(kind));
	*ret = (struct cli_target){
		.kind = kind == FILE_CORE       ? CLI_TARGET_CORE
			: kind == FILE_SNAPSHOT ? CLI_TARGET_SNAPSHOT
			: kind == FILE_PROFILE  ? CLI_TARGET_PROFILE
						: CLI_TARGET_TEXT,
		.path = path,
		.descriptor = TAKE_FD(file),
		.compression = compression,
	};
	return NULL;
}

static struct error *target_process(const char *name, struct cli_target *ret)
{
	pid_t pid = 0;
	TRY(target_named(name, &pid));
	*ret = (struct cli_target){ .pid = pid, .descriptor = -1 };
	return NULL;
}

/* Until there are `size` bytes, or no more. */
static struct error *read_input(uint8_t *into, size_t size, size_t *done)
{
	while (*done < size) {
		ssize_t n = read(STDIN_FILENO, into + *done, size - *done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_os(errno, "standard input cannot be read");
		if (n == 0)
			break;
		*done += (size_t)n;
	}
	return NULL;
}

static bool input_is_profile(const struct cli_target *target)
{
	_cleanup_(decompressor_cleanup) struct decompressor *decompressor = NULL;
	uint8_t unpacked[HEAD_SIZE];
	const char *problem;
	size_t size = 0;
	if (target->compression == COMPRESSION_NONE)
		return file_kind_of(target->head, MIN(target->head_size, HEAD_SIZE)) ==
		       FILE_PROFILE;
	if (!error_ignore(
		    decompressor_create(target->compression, target->head_size, &decompressor)))
		return false;
	for (size_t at = 0; size < sizeof(unpacked);) {
		struct decompress_step step = {
			.input = target->head + at,
			.input_size = target->head_size - at,
			.output = unpacked + size,
			.output_size = sizeof(unpacked) - size,
		};
		bool good = decompressor_step(decompressor, &step, &problem);
		at += step.taken;
		size += step.made;
		if (!good || (!step.taken && !step.made))
			break;
	}
	return file_kind_of(unpacked, size) == FILE_PROFILE;
}

static struct error *write_spool(int file, const uint8_t *bytes, size_t size)
{
	while (size) {
		ssize_t n = write(file, bytes, size);
		if (n < 0 && errno != EINTR)
			return error_os(errno, "standard input finds no room: write it to a file, "
					       "and name that");
		bytes += n > 0 ? n : 0;
		size -= n > 0 ? (size_t)n : 0;
	}
	return NULL;
}

/* A profile is read in any order: all of it goes into a file without a name. */
static struct error *spool_input(struct cli_target *target, struct cli_target *ret)
{
	static const char name[] = "standard input";
	_cleanup_(close_descriptor) int file = -1;
	uint64_t size = 0;
	TRY(spool_open(NULL, name, &file));
	while (target->head_size) {
		TRY(write_spool(file, target->head, target->head_size));
		size += target->head_size;
		if (size > PROFILE_MAX)
			return error_new(ERROR_LIMIT,
					 "%s: it begins like a profile, and has more "
					 "than 1 GiB: no profile does",
					 name);
		target->head_size = 0;
		TRY(read_input(target->head, HEAD_MAX, &target->head_size));
	}
	*ret = (struct cli_target){
		.kind = CLI_TARGET_PROFILE,
		.path = name,
		.descriptor = TAKE_FD(file),
		.compression = target->compression,
	};
	return NULL;
}

/* It may be a pipe: what was read of it is handed on. */
static struct error *target_input(const char *operand, struct cli_target *ret)
{
	_cleanup_(cli_target_deinit) struct cli_target target = {
		.kind = CLI_TARGET_TEXT,
		.path = operand,
		.descriptor = -1,
	};
	if (!(target.head = malloc(HEAD_MAX)))
		return error_no_memory();
	TRY(read_input(target.head, HEAD_SIZE, &target.head_size));
	target.compression = compression_of(target.head, target.head_size);
	/* These give nothing before a block of theirs is whole. */
	if (target.compression == COMPRESSION_ZSTD || target.compression == COMPRESSION_LZ4)
		TRY(read_input(target.head, HEAD_MAX, &target.head_size));
	if (input_is_profile(&target)) {
		TRY(spool_input(&target, ret));
		return NULL;
	}
	if ((target.descriptor = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)) < 0)
		return error_os(errno, "standard input cannot be read");
	*ret = target;
	target = (struct cli_target){ .descriptor = -1 };
	return NULL;
}

struct error *cli_target_find(const char *operand, struct cli_target *ret)
{
	pid_t pid;
	if (strcmp(operand, "-") == 0)
		return target_input(operand, ret);
	bool forced = strncmp(operand, "pid:", 4) == 0;
	if (target_parse_pid(forced ? operand + 4 : operand, &pid)) {
		if (!pid)
			return error_new(ERROR_NOT_FOUND, "%s can be no process's id", operand);
		*ret = (struct cli_target){ .pid = pid, .descriptor = -1 };
		return NULL;
	}
	if (forced)
		return error_new(ERROR_USAGE, "pid: takes a number, not '%s'", operand + 4);
	if (strncmp(operand, "name:", 5) == 0)
		return operand[5] ? target_process(operand + 5, ret)
				  : error_new(ERROR_USAGE, "name: takes the name of a process");
	if (!*operand)
		return error_new(ERROR_USAGE, "an empty word is no TARGET");

	if (remote_is(operand))
		return remote_fetch(operand, REMOTE_AS_NAMED, ret);
	struct stat status;
	if (stat(operand, &status) == 0)
		return target_file(operand, ret);
	if (strchr(operand, '/'))
		return errno == EACCES ? error_os(errno, "%s", operand)
				       : error_new(ERROR_NOT_FOUND, "there is no file %s", operand);
	return target_process(operand, ret);
}

void cli_target_deinit(struct cli_target *target)
{
	close_descriptor(&target->descriptor);
	target->descriptor = -1;
	free(target->head);
	target->head = NULL;
}

struct error *cli_target_pid(const char *operand, const char *doing, pid_t *ret)
{
	_cleanup_(cli_target_deinit) struct cli_target target = { .descriptor = -1 };
	TRY(cli_target_find(operand, &target));
	if (target.kind != CLI_TARGET_PROCESS)
		return error_new(ERROR_USAGE, "%s is a %s: it cannot be %s", operand,
				 target.kind == CLI_TARGET_CORE      ? "core file"
				 : target.kind == CLI_TARGET_TEXT    ? "text"
				 : target.kind == CLI_TARGET_PROFILE ? "profile"
								     : "snapshot",
				 doing);
	*ret = target.pid;
	return NULL;
}
