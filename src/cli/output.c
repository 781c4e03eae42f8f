/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/output.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

/* What mkstemp() makes is private; the result gets the mode that any new file would have. */
static mode_t output_mode(void)
{
	mode_t mask = umask(0);
	umask(mask);
	return 0666 & ~mask;
}

/* The file itself and not a link to it, so that renaming keeps links as they are. */
static struct error *output_resolve(const char *path, char **ret)
{
	char *resolved = realpath(path, NULL);
	if (!resolved && errno != ENOENT)
		return error_os(errno, "cannot write %s", path);
	if (!resolved)
		resolved = strdup(path);
	if (!resolved)
		return error_no_memory();
	*ret = resolved;
	return NULL;
}

/*
 * A file without a name, in the folder of `resolved`: dowse may be killed at any moment, and leaves
 * nothing behind then. -1 where the file system has none.
 */
static int output_open_nameless(const char *resolved)
{
	_cleanup_(free_pointer) char *folder = strdup(resolved);
	if (!folder)
		return -1;
	return open(dirname(folder), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
}

/* NULL, too, when memory runs out. */
static char *output_temporary_name(const char *resolved)
{
	char *name = NULL;
	return asprintf(&name, "%s.XXXXXX", resolved) < 0 ? NULL : name;
}

static struct error *output_open_temporary(const char *path, mode_t mode, struct output *ret)
{
	_cleanup_(free_pointer) char *resolved = NULL;
	_cleanup_(free_pointer) char *temporary = NULL;
	TRY(output_resolve(path, &resolved));
	int descriptor = output_open_nameless(resolved);
	if (descriptor < 0) {
		temporary = output_temporary_name(resolved);
		if (!temporary)
			return error_no_memory();
		descriptor = mkostemp(temporary, O_CLOEXEC);
	}
	if (descriptor < 0)
		return error_os(errno, "cannot write %s", path);
	if (fchmod(descriptor, mode) < 0) {
		struct error *error = error_os(errno, "cannot write %s", path);
		close(descriptor);
		if (temporary)
			unlink(temporary);
		return error;
	}
	*ret = (struct output){
		.writer = WRITER_TO_DESCRIPTOR(descriptor),
		.path = path,
		.nameless = !temporary,
		.temporary = TAKE_PTR(temporary),
	};
	return NULL;
}

/* 0, or the errno of what went wrong. */
static int output_link(const struct output *output, const char *name)
{
	char from[48];
	snprintf(from, sizeof(from), "/proc/self/fd/%d", output->writer.descriptor);
	return linkat(AT_FDCWD, from, AT_FDCWD, name, AT_SYMLINK_FOLLOW) < 0 ? errno : 0;
}

/* Letters by chance for the X at the end: that nobody else has the name is for link() to see. */
static void output_draw_name(char *template)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	char *end = template + strlen(template);
	for (char *at = end; at > template && at[-1] == 'X'; at--) {
		unsigned char byte = 0;
		if (getrandom(&byte, 1, GRND_NONBLOCK) != 1)
			byte = (unsigned char)(getpid() + (end - at));
		at[-1] = letters[byte % (sizeof(letters) - 1)];
	}
}

/*
 * Give the nameless file its name at last. A link cannot replace what is there: where something
 * is, the link gets a name of its own beside it, to be renamed.
 */
static struct error *output_name(struct output *output, const char *resolved)
{
	int problem = output_link(output, resolved);
	for (int tries = 0; problem == EEXIST && tries < 100; tries++) {
		_cleanup_(free_pointer) char *temporary = output_temporary_name(resolved);
		if (!temporary)
			return error_no_memory();
		output_draw_name(temporary);
		problem = output_link(output, temporary);
		if (!problem)
			output->temporary = TAKE_PTR(temporary);
	}
	return problem ? error_os(problem, "cannot write %s", output->path) : NULL;
}

struct error *output_open(const char *path, struct output *ret)
{
	if (!path || strcmp(path, "-") == 0) {
		*ret = (struct output){ .writer = WRITER_TO_DESCRIPTOR(STDOUT_FILENO) };
		return NULL;
	}
	struct stat status;
	bool exists = stat(path, &status) == 0;
	if (exists && S_ISDIR(status.st_mode))
		return error_os(EISDIR, "cannot write %s", path);
	if (!exists || S_ISREG(status.st_mode))
		return output_open_temporary(path, exists ? status.st_mode & 0777 : output_mode(),
					     ret);

	int descriptor = open(path, O_WRONLY | O_CLOEXEC);
	if (descriptor < 0)
		return error_os(errno, "cannot write %s", path);
	*ret = (struct output){ .writer = WRITER_TO_DESCRIPTOR(descriptor), .path = path };
	return NULL;
}

static struct error *output_publish(struct output *output)
{
	_cleanup_(free_pointer) char *resolved = NULL;
	TRY(output_resolve(output->path, &resolved));
	if (output->nameless)
		TRY(output_name(output, resolved));
	if (output->temporary && rename(output->temporary, resolved) < 0)
		return error_os(errno, "cannot write %s", output->path);
	free(TAKE_PTR(output->temporary));
	return NULL;
}

struct error *output_commit(struct output *output)
{
	sigset_t ends, before;
	TRY(writer_finish(&output->writer));
	if (!output->temporary && !output->nameless)
		return NULL;

	/* To replace a file takes two steps: who ends dowse politely waits for both. */
	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGHUP);
	sigaddset(&ends, SIGQUIT);
	pthread_sigmask(SIG_BLOCK, &ends, &before);
	struct error *error = output_publish(output);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error;
}

void output_deinit(struct output *output)
{
	if (output->temporary) {
		unlink(output->temporary);
		free(output->temporary);
	}
	if (output->path && output->writer.descriptor >= 0)
		close(output->writer.descriptor);
	writer_deinit(&output->writer);
	*output = (struct output){ .writer = WRITER_TO_MEMORY };
}
