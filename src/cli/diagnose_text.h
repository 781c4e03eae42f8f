/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_CLI_DIAGNOSE_TEXT_H
#define DOWSE_CLI_DIAGNOSE_TEXT_H

#include "cli/text.h"
#include "leak/dump/told.h"

/* What a text tells of leaks: its dump, against an earlier one where there is one. */
struct text_judgement {
	struct text text;
	struct text earlier; /* of another file; empty: none */
	struct told told;
	bool has_earlier;
};

/*
 * `earlier` may be NULL. Of one file with several dumps of a process the first is the earlier
 * moment of the last.
 */
struct error *text_judge(struct cli_target *target, struct cli_target *earlier,
			 const struct options *options, struct text_judgement *ret) must_use;
void text_judgement_deinit(struct text_judgement *judgement);

#endif
