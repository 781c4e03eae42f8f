/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_CLI_CONFINED_H
#define DOWSE_CLI_CONFINED_H

#include "cli/cli.h"

/*
 * Run the verb in a worker that is allowed next to nothing (see confine/confine.h), since it reads
 * the bytes of strangers. The worker writes to the invocation's output and reports its own error;
 * *ret is what it ended with, and only after CLI_OK and CLI_FOUND is the output whole.
 */
struct error *confined_run(struct invocation *invocation, enum cli_status *ret) must_use;

#endif
