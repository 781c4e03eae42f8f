/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_CLI_SNAPSHOT_WORDS_H
#define DOWSE_CLI_SNAPSHOT_WORDS_H

#include "cli/cli.h"

/* What is told alike of a snapshot and of a core that was written. */

/* What may be secret in it. */
void snapshot_caveat(bool with_data, struct writer *writer);

/* A file in a command to type, as a shell takes it; `otherwise` where it has no name to be typed. */
void snapshot_operand(const char *path, const char *otherwise, struct writer *writer);

/*
 * Have `write` tell of it, in the format that is asked for: to the output, unless the file went
 * there itself: then to standard error.
 */
struct error *snapshot_tell(struct invocation *invocation,
			    void (*write)(const void *argument, bool as_json,
					  struct writer *writer),
			    const void *argument) must_use;

#endif
