/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/save_file.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

/* Shared by the process that opened the file and the one that fills it. */
struct save_state {
	volatile sig_atomic_t signal; /* that told dowse to end; 0: none */
	volatile enum save_outcome outcome;
};

static struct save_state *minded; /* by the handler */

static void note_signal(int signal)
{
	minded->signal = signal;
}

/*
 * dowse goes on for the milliseconds that it takes to let the fork go and to clean up. Whoever
 * asks a second time does not have to wait.
 */
static void mind_signals(void)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGHUP };
	const struct sigaction action = {
		.sa_handler = note_signal,
		.sa_flags = SA_RESTART | (int)SA_RESETHAND,
	};
	/* A file that may not grow is an error like any other. */
	signal(SIGXFSZ, SIG_IGN);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		struct sigaction before;
		if (sigaction(signals[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
			sigaction(signals[i], &action, NULL);
	}
}

/* A pipe's reader may be slow; a file that standard output was led to is not. */
static bool is_pipe(int descriptor)
{
	struct stat status;
	return fstat(descriptor, &status) == 0 && !S_ISREG(status.st_mode);
}

struct error *save_file_open(const char *path, const char *folder, struct save_file *ret)
{
	*ret = SAVE_FILE_NONE;
	if (!path)
		return NULL;
	if (!strcmp(path, "-") && isatty(STDOUT_FILENO))
		return error_new(ERROR_USAGE, "a snapshot is not for a terminal: -o FILE, or -o - "
					      "into a pipe");
	void *shared = mmap(NULL, sizeof(struct save_state), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return error_no_memory();
	struct error *error = output_open(path, &ret->output);
	if (error) {
		munmap(shared, sizeof(struct save_state));
		return error;
	}
	ret->path = path;
	ret->state = minded = shared;
	mind_signals();
	ret->to_pipe = is_pipe(ret->output.writer.descriptor);
	if (!ret->to_pipe)
		return NULL;
	ret->spooled = save_spool_open_file(folder);
	return ret->spooled < 0 && folder
		       ? error_os(errno, "--spool %s: no file can be had there", folder)
		       : NULL;
}

static struct error *write_file(const struct save_file *file, const uint8_t *bytes, size_t size)
{
	for (size_t done = 0; done < size;) {
		ssize_t n = write(file->output.writer.descriptor, bytes + done, size - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_os(errno, "cannot write %s", file->path);
		done += (size_t)n;
	}
	return NULL;
}

struct error *save_file_write(void *argument, const void *bytes, size_t size)
{
	struct save_file *file = argument;
	if (!file->to_pipe)
		return write_file(file, bytes, size);
	if (!file->spool)
		TRY(save_spool_create(file->spooled, file->output.writer.descriptor, &file->spool));
	return save_spool_write(file->spool, bytes, size);
}

static struct error *check_signals(void *argument)
{
	const struct save_file *file = argument;
	int signal = file->state->signal;
	const char *name = sigabbrev_np(signal);
	return signal ? error_new(ERROR_OTHER, "ended by SIG%s: nothing was saved",
				  name ? name : "?")
		      : NULL;
}

struct error *save_file_check(void *argument)
{
	const struct save_file *file = argument;
	TRY(check_signals(argument));
	if (file->spool && save_spool_is_full(file->spool))
		return error_new(ERROR_LIMIT,
				 "whoever reads it is too slow, and the spool is full (--spool DIR "
				 "has it elsewhere)");
	return NULL;
}

bool save_file_is_named(const struct save_file *file)
{
	return file->output.nameless || file->output.temporary;
}

struct error *save_file_end(struct save_file *file, enum save_outcome outcome)
{
	if (file->spool)
		TRY(save_spool_finish(file->spool, check_signals, file));
	file->state->outcome = outcome;
	return NULL;
}

struct error *save_file_commit(struct save_file *file)
{
	_cleanup_(free_pointer) char *partial = NULL;
	if (!file->path || file->state->outcome == SAVE_NOTHING)
		return NULL;
	TRY(check_signals(file));
	if (file->state->outcome == SAVE_PARTIAL && save_file_is_named(file)) {
		if (asprintf(&partial, "%s" SAVE_PARTIAL_END, file->path) < 0) {
			partial = NULL;
			return error_no_memory();
		}
		file->output.path = partial;
	}
	struct error *error = output_commit(&file->output);
	file->output.path = file->path;
	return error;
}

void save_file_deinit(struct save_file *file)
{
	save_spool_destroy(file->spool);
	output_deinit(&file->output);
	close_descriptor(&file->spooled);
	/* The state stays: a signal may come until the very end. */
	*file = SAVE_FILE_NONE;
}
