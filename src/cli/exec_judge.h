/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_CLI_EXEC_JUDGE_H
#define DOWSE_CLI_EXEC_JUDGE_H

#include "cli/exec_private.h"
#include "cli/look.h"
#include "leak/ignored.h"
#include "report/diagnosis.h"
#include "runtime/watch_owners.h"

/* What the worker of a look at `dowse exec`'s program is made of. */

/* Who started what, as the program has noted it. */
struct watch_owners exec_owners(const struct exec *exec);

/*
 * Find out whose tests are run: exec->told->program. Up to Go 1.23 a test binary does not say what it was
 * built from; its first test's function does, and what belongs to that package is the program's own.
 */
struct error *exec_name_package(struct exec *exec, struct evidence *evidence) must_use;

struct ignored exec_ignored(const struct options *options);

/* What is there but no finding is told as well. */
bool exec_wants_left(const struct exec *exec);

/* Then: gather it, into the findings' arena. */
struct error *exec_left(const struct exec *exec, const struct watch_owners *owners,
			struct live_look *live, struct diagnosis *diagnosis) must_use;

#endif
