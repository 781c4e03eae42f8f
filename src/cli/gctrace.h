/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_CLI_GCTRACE_H
#define DOWSE_CLI_GCTRACE_H

#include "cli/cli.h"
#include "cli/text.h"
#include "dump/gctrace.h"

/* Print what the collections of a text tell; *ret_leak: that the live heap grows and grows. */
struct error *gctrace_print(struct invocation *invocation, const struct text *text,
			    const struct gctrace *trace, bool *ret_leak) must_use;

#endif
