/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/save_file.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

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
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		struct sigaction before;
		if (sigaction(signals[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
			sigaction(signals[i], &action, NULL);
	}
}

struct error *save_file_open(const char *path, struct save_file *ret)
{
	*ret = (struct save_file){ .output = { .writer = WRITER_TO_MEMORY } };
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
	return NULL;
}

struct error *save_file_check(const struct save_file *file)
{
	int signal = file->state->signal;
	const char *name = sigabbrev_np(signal);
	return signal ? error_new(ERROR_OTHER, "ended by SIG%s: nothing was saved",
				  name ? name : "?")
		      : NULL;
}

void save_file_outcome(struct save_file *file, enum save_outcome outcome)
{
	file->state->outcome = outcome;
}

struct error *save_file_commit(struct save_file *file)
{
	_cleanup_(free_pointer) char *partial = NULL;
	if (!file->path || file->state->outcome == SAVE_NOTHING)
		return NULL;
	TRY(save_file_check(file));
	if (file->state->outcome == SAVE_PARTIAL && (file->output.nameless || file->output.temporary)) {
		if (asprintf(&partial, "%s.partial", file->path) < 0) {
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
	output_deinit(&file->output);
	if (file->state)
		munmap(file->state, sizeof(*file->state));
	*file = (struct save_file){ .output = { .writer = WRITER_TO_MEMORY } };
}
