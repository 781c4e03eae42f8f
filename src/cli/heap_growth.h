/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_CLI_HEAP_GROWTH_H
#define DOWSE_CLI_HEAP_GROWTH_H

#include "cli/cli.h"

/* `dowse heap OLD NEW`: what grew, by type or by holder. */
struct error *heap_growth_run(struct invocation *invocation, bool by_holder) must_use;

#endif
