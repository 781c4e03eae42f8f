/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_CLI_EVIDENCE_H
#define DOWSE_CLI_EVIDENCE_H

#include "leak/live/look.h"
#include "report/subject.h"
#include "target/procfs.h"

/* A Go process that is being looked at, and what is known about it without a stop. */
struct evidence {
	struct target *target;
	struct runtime *runtime;
	struct subject subject;
	struct process_executable executable;
	struct live_places places; /* of `subject` */
};

/* Resolve and open a TARGET. */
struct error *evidence_open(const char *operand, struct evidence *ret) must_use;
struct error *evidence_open_process(pid_t pid, struct evidence *ret) must_use;
void evidence_deinit(struct evidence *evidence);

#endif
