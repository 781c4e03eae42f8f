/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
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

static struct error *output_open_temporary(const char *path, mode_t mode, struct output *ret)
{
	_cleanup_(free_pointer) char *resolved = NULL;
	TRY(output_resolve(path, &resolved));
	_cleanup_(free_pointer) char *temporary = NULL;
	if (asprintf(&temporary, "%s.XXXXXX", resolved) < 0) {
		temporary = NULL;
		return error_no_memory();
	}
	int descriptor = mkostemp(temporary, O_CLOEXEC);
	if (descriptor < 0)
		return error_os(errno, "cannot write %s", path);
	if (fchmod(descriptor, mode) < 0) {
		struct error *error = error_os(errno, "cannot write %s", path);
		close(descriptor);
		unlink(temporary);
		return error;
	}
	*ret = (struct output){
		.writer = WRITER_TO_DESCRIPTOR(descriptor),
		.path = path,
		.temporary = TAKE_PTR(temporary),
	};
	return NULL;
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

struct error *output_commit(struct output *output)
{
	TRY(writer_finish(&output->writer));
	if (!output->temporary)
		return NULL;
	_cleanup_(free_pointer) char *resolved = NULL;
	TRY(output_resolve(output->path, &resolved));
	if (rename(output->temporary, resolved) < 0)
		return error_os(errno, "cannot write %s", output->path);
	free(TAKE_PTR(output->temporary));
	return NULL;
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
