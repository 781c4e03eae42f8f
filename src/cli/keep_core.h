/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_CLI_KEEP_CORE_H
#define DOWSE_CLI_KEEP_CORE_H

#include "cli/evidence.h"
#include "runtime/selection.h"
#include "target/core_writer.h"

/*
 * Keep the evidence that was opened as an ELF core, for gdb, Delve and viewcore: of a process by a
 * fork, or (`freeze`) read while it is stopped.
 */
struct keep_core_options {
	bool with_data;
	bool freeze;
	uint64_t max_pause_ns; /* 0: no limit */
	struct core_sink sink; /* where it goes */
	/* Asked while memory is read; an error ends all. NULL: nobody. */
	struct error *(*check)(void *argument)must_use;
	void *argument;
};

struct kept_core {
	struct target_pause pause;
	struct core_written written;
	struct selection_summary selection;
};

struct error *keep_core(struct evidence *evidence, const struct keep_core_options *options,
			struct kept_core *ret) must_use;

#endif
