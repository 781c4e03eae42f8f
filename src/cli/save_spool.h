/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_CLI_SAVE_SPOOL_H
#define DOWSE_CLI_SAVE_SPOOL_H

#include "base/error.h"

/*
 * Stands between somebody who must not wait and a pipe whose reader may be slow: what is written
 * goes to a file without a name, as far as there is room, and from there into the pipe. Where
 * there is no folder for such a file, up to 32 MiB are kept in memory. Writing never waits: when
 * the room is used up save_spool_is_full() says so, and what little is still written stays in memory.
 */
struct save_spool;

/* Open the file in a folder (NULL: $TMPDIR, else /tmp); -1 when there is none to be had. */
int save_spool_open_file(const char *folder);

/* `file` may be -1; both descriptors stay the caller's. */
struct error *save_spool_create(int file, int output, struct save_spool **ret) must_use;
struct error *save_spool_write(struct save_spool *spool, const void *bytes, size_t size) must_use;
bool save_spool_is_full(struct save_spool *spool);

/*
 * Everything was written: wait until the reader has it. `check` is asked now and then, and its
 * error ends the waiting.
 */
struct error *save_spool_finish(struct save_spool *spool, struct error *(*check)(void *argument),
				void *argument) must_use;

/*
 * NULL is accepted. A reader that does not read is left alone: the spool's thread then lives until
 * the process ends.
 */
void save_spool_destroy(struct save_spool *spool);

#endif
