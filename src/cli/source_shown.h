/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_CLI_SOURCE_SHOWN_H
#define DOWSE_CLI_SOURCE_SHOWN_H

#include "cli/options.h"
#include "report/diagnosis.h"

/* The lines of source that a report shows, where the source is at hand. All zeroes: none. */
struct source_shown {
	struct excerpts *excerpts;
	struct arena arena;
};

/*
 * By when the program was built, since 1970: before its executable, its process or the file that
 * tells of it (`descriptor`; -1: there is none) came to be. 0 when nothing of it is known.
 */
int64_t source_built_before(const struct subject *subject, int descriptor);

/* Look up the places of findings, by --source and by the paths in the binary. */
struct error *source_show(const struct options *options, const struct diagnosis *diagnosis,
			  struct findings *findings, struct source_shown *ret) must_use;
void source_shown_deinit(struct source_shown *shown);

#endif
