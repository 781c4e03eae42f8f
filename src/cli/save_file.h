/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_CLI_SAVE_FILE_H
#define DOWSE_CLI_SAVE_FILE_H

#include "cli/output.h"

/*
 * Where a snapshot goes, opened before dowse confines itself and named after that is over. The file
 * appears whole under its name, or as FILE.partial when something of it is missing, or not at all:
 * who ends dowse by a signal is heard by both of its processes, and both clean up.
 */
struct save_file {
	const char *path; /* NULL: nothing is saved */
	struct output output;
	struct save_state *state; /* of both processes */
};

/* Nothing is opened where `path` is NULL. A terminal is refused for "-" (ERROR_USAGE). */
struct error *save_file_open(const char *path, struct save_file *ret) must_use;

/* In the worker: an error once dowse is to end. */
struct error *save_file_check(const struct save_file *file) must_use;

/* In the worker: the file is complete, or only as far as there was something to be had. */
enum save_outcome {
	SAVE_NOTHING,
	SAVE_WHOLE,
	SAVE_PARTIAL,
};

void save_file_outcome(struct save_file *file, enum save_outcome outcome);

/* After the worker has ended well or not: give the file the name that it has earned. */
struct error *save_file_commit(struct save_file *file) must_use;
void save_file_deinit(struct save_file *file);

#endif
