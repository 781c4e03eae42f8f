/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_CLI_MOMENT_H
#define DOWSE_CLI_MOMENT_H

#include "cli/cli.h"
#include "cli/evidence.h"

/*
 * Have the evidence stand still, to be read for as long as that takes: a process is forked, and where
 * that is refused copied while it is stopped; a file stands still by itself. What --save asks for is
 * kept as well.
 */
struct moment {
	uint64_t pause_ns;
	uint64_t began_ns;
	uint64_t fork_ns; /* how long the fork lived; 0: there was none, or it still does */
	bool copied;
};

struct error *moment_begin(struct invocation *invocation, struct evidence *evidence,
			   struct moment *ret) must_use;

/* Memory has been read: let the fork go. The runtime looks at the process itself again. */
void moment_end(struct evidence *evidence, struct moment *moment);

#endif
