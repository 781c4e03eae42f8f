/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_CLI_EVIDENCE_H
#define DOWSE_CLI_EVIDENCE_H

#include "report/subject.h"
#include "runtime/runtime.h"

/* A Go process that is being looked at, and what is known about it without a stop. */
struct evidence {
	struct target *target;
	struct runtime *runtime;
	struct subject subject;
	char *executable;
	const char **modules; /* paths, for subject.places */
};

/* Resolve and open a TARGET. */
struct error *evidence_open(const char *operand, struct evidence *ret) must_use;
void evidence_deinit(struct evidence *evidence);

/* True when the layout is another release's. */
bool evidence_is_guessed(const struct evidence *evidence);

#endif
