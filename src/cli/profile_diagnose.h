/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_CLI_PROFILE_DIAGNOSE_H
#define DOWSE_CLI_PROFILE_DIAGNOSE_H

#include "cli/target.h"
#include "cli/telling.h"

/* `dowse PROFILE`, `dowse BEFORE AFTER`: `target` is the last of the words. */
struct error *profile_diagnose(struct invocation *invocation, const struct cli_target *target,
			       struct telling *telling, enum cli_status *ret) must_use;

#endif
