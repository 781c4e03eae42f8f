/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_CLI_HELP_H
#define DOWSE_CLI_HELP_H

#include "cli/cli.h"

/* dowse --help: every verb, what a TARGET is, the exit status. */
void help_program(struct writer *writer);

/* dowse VERB --help. */
void help_verb(const struct verb *verb, struct writer *writer);

#endif
