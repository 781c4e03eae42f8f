/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_CLI_DIAGNOSE_TEXT_H
#define DOWSE_CLI_DIAGNOSE_TEXT_H

#include "cli/target.h"
#include "cli/telling.h"

/*
 * What a text tells of leaks: its dump, against an earlier one where there is one, of another file or
 * of its own; or if it has none its collections.
 */
struct error *diagnose_text(struct invocation *invocation, struct cli_target *target,
			    struct telling *telling, enum cli_status *ret) must_use;

#endif
