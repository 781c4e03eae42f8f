/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_CLI_OUTPUT_H
#define DOWSE_CLI_OUTPUT_H

#include "base/writer.h"

/*
 * Where results go: standard output, or a file that appears under its name only once it is whole.
 * What stood there before stays until then, and for good when something fails.
 */
struct output {
	struct writer writer;
	const char *path; /* NULL: standard output */
	bool nameless;    /* the file that is written has no name yet */
	char *temporary;  /* beside `path`; NULL when it is written in place: a device, a pipe */
};

struct error *output_open(const char *path, struct output *ret) must_use;

/* Write out and, for a file, rename. */
struct error *output_commit(struct output *output) must_use;

/* Lets go; an output that was not committed leaves nothing behind. */
void output_deinit(struct output *output);

#endif
