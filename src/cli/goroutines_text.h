/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_CLI_GOROUTINES_TEXT_H
#define DOWSE_CLI_GOROUTINES_TEXT_H

#include "cli/cli.h"
#include "cli/target.h"

/* `dowse goroutines` of a text that has dumps in it. */
struct error *goroutines_of_text(struct invocation *invocation, struct cli_target *target) must_use;

#endif
