/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_CLI_SAVE_FILE_H
#define DOWSE_CLI_SAVE_FILE_H

#include "cli/output.h"
#include "cli/save_spool.h"

/*
 * Where a snapshot goes, opened before dowse confines itself and named after that is over. The file
 * appears whole under its name, or as FILE.partial when something of it is missing, or not at all:
 * who ends dowse by a signal is heard by both of its processes, and both clean up. Into a pipe it
 * goes by a spool.
 */
struct save_file {
	const char *path; /* NULL: nothing is saved */
	struct output output;
	int spooled; /* the spool's file, for a pipe; -1: none */
	bool to_pipe;
	struct save_spool *spool; /* in the worker, while it writes */
	struct save_state *state; /* of both processes */
};

#define SAVE_FILE_NONE                                                                             \
	((struct save_file){ .output = { .writer = WRITER_TO_MEMORY }, .spooled = -1 })

/*
 * Nothing is opened where `path` is NULL. A terminal is refused for "-" (ERROR_USAGE). `folder` is
 * for the spool; NULL: the usual one.
 */
struct error *save_file_open(const char *path, const char *folder, struct save_file *ret) must_use;

/* In the worker: `argument` is the struct save_file. */
struct error *save_file_write(void *argument, const void *bytes, size_t size) must_use;

/*
 * An error once dowse is to end; ERROR_LIMIT when the reader of a pipe is so slow that no more can
 * be kept for him.
 */
struct error *save_file_check(void *argument) must_use;

enum save_outcome {
	SAVE_NOTHING,
	SAVE_WHOLE,
	SAVE_PARTIAL, /* as far as there was something to be had */
};

/* Does it get a name: a file, no pipe and no device? */
bool save_file_is_named(const struct save_file *file);

/* What FILE's name gets at its end when something is missing. */
#define SAVE_PARTIAL_END ".partial"

/* All is written: wait until it has gone where it goes. */
struct error *save_file_end(struct save_file *file, enum save_outcome outcome) must_use;

/* After the worker has ended, well or not: give the file the name that it has earned. */
struct error *save_file_commit(struct save_file *file) must_use;
void save_file_deinit(struct save_file *file);

#endif
