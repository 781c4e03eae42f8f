/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/file.h"
#include "cli/exec_private.h"
#include "cli/output.h"

/* What the worker wrote, from its beginning. */
static struct error *read_memory(int descriptor, struct file_bytes *ret)
{
	if (descriptor < 0 || lseek(descriptor, 0, SEEK_END) == 0)
		return NULL;
	return file_map(descriptor, "the report", ret);
}

static struct error *print(int descriptor)
{
	_cleanup_(file_bytes_deinit) struct file_bytes bytes = { 0 };
	struct writer writer = WRITER_TO_DESCRIPTOR(STDERR_FILENO);
	TRY(read_memory(descriptor, &bytes));
	if (!bytes.size)
		return NULL;
	writer_bytes(&writer, bytes.bytes, bytes.size);
	struct error *error = writer_finish(&writer);
	writer_deinit(&writer);
	/* Whoever closed the pipe has seen enough. */
	if (error && error->os_error == EPIPE) {
		error_destroy(error);
		return NULL;
	}
	return error;
}

/* Nobody else takes the name: when, and which process. */
static struct error *name_file(const struct exec *exec, char **ret)
{
	const char *slash = strrchr(exec->arguments[0], '/');
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	if (asprintf(ret, "%s/%s-%lld.%09ld-%d.json", exec->invocation->options.out,
		     slash ? slash + 1 : exec->arguments[0], (long long)now.tv_sec, now.tv_nsec,
		     exec->spawned.pid) >= 0)
		return NULL;
	*ret = NULL;
	return error_no_memory();
}

/* Each folder of the path, where it is missing: several processes may do so at once. */
static struct error *make_folder(const char *path)
{
	_cleanup_(free_pointer) char *copy = strdup(path);
	if (!copy)
		return error_no_memory();
	for (char *at = copy + 1;; at++) {
		char c = *at;
		if (c && c != '/')
			continue;
		*at = '\0';
		if (mkdir(copy, 0777) < 0 && errno != EEXIST)
			return error_os(errno, "cannot make the folder %s", copy);
		if (!c)
			return NULL;
		*at = c;
	}
}

static struct error *save(const struct exec *exec, int descriptor)
{
	_cleanup_(file_bytes_deinit) struct file_bytes bytes = { 0 };
	_cleanup_(free_pointer) char *path = NULL;
	_cleanup_(output_deinit) struct output output = { .writer = WRITER_TO_MEMORY };
	TRY(read_memory(descriptor, &bytes));
	if (!bytes.size)
		return NULL;
	TRY(make_folder(exec->invocation->options.out));
	TRY(name_file(exec, &path));
	TRY(output_open(path, &output));
	writer_bytes(&output.writer, bytes.bytes, bytes.size);
	return output_commit(&output);
}

struct error *exec_tell(struct exec *exec, const struct exec_look *look)
{
	TRY(print(look->text));
	return exec->invocation->options.out ? save(exec, look->json) : NULL;
}
