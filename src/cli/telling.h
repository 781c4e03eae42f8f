/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_CLI_TELLING_H
#define DOWSE_CLI_TELLING_H

#include "base/file.h"
#include "cli/cli.h"
#include "cli/source_shown.h"
#include "report/diagnosis.h"

/*
 * Which findings are told, and how: what --rules, --min-certainty, --suppress, --baseline, --format
 * and --fail-on say. It is the same whatever the findings come from.
 */
struct telling {
	uint64_t rules;
	enum certainty at_least;
	struct suppressions suppressions;
	struct file_bytes baseline;
	struct source_shown source;
};

/* What was written wrong is told before anything is looked at. */
struct error *telling_read(const struct options *options, struct telling *ret) must_use;

/*
 * Leave out what is not to be told, print the rest, and say what to end with. `gone`: findings of an
 * earlier process of the program; NULL.
 */
struct error *telling_tell(struct telling *telling, const struct invocation *invocation,
			   struct findings *findings, struct findings *gone,
			   struct diagnosis *diagnosis, enum cli_status *ret) must_use;

/* The parts of it: leave out, print as text, JSON, SARIF or annotations, judge. */
struct error *telling_leave_out(struct telling *telling, const struct options *options,
				struct findings *findings, struct findings *gone,
				struct diagnosis *diagnosis) must_use;
void telling_print(const struct invocation *invocation, const struct diagnosis *diagnosis);
enum cli_status telling_judge(const struct options *options, const struct findings *findings);

/* The least that fails; false: nothing does. */
bool telling_fails_on(const struct options *options, enum certainty *ret);

void telling_deinit(struct telling *telling);

#endif
