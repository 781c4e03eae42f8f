/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_CLI_SNAPSHOT_CORE_H
#define DOWSE_CLI_SNAPSHOT_CORE_H

#include "cli/cli.h"
#include "cli/evidence.h"

/* `snapshot --elf-core`: writes a core instead, and says what is in it. */
struct error *snapshot_core(struct invocation *invocation, struct evidence *evidence) must_use;

#endif
