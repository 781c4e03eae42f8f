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

/* What is kept of two rounds of tests, and how many there were: to judge what grows by. */
struct exec_rounds {
	struct live_past past; /* when all tests had run once; `rounds` NULL: nothing is known */
	struct live_rounds rounds;
};

struct error *exec_rounds_read(const struct exec *exec, struct exec_rounds *ret) must_use;
void exec_rounds_forget(struct exec_rounds *rounds);

/*
 * Whose test is it where no goroutine tells: the one that the function is of, or the only one that was
 * run, without its subtests. NULL: nobody knows. In the arena.
 */
struct error *exec_test_of(const struct watch_owners *owners, const char *function,
			   struct arena *arena, const char **ret) must_use;

struct ignored exec_ignored(const struct options *options);

/* What is there but no finding is told as well: at the end of tests, where that is asked for. */
bool exec_wants_left(const struct exec *exec, enum exec_moment moment);

/*
 * With nobody left there is nothing that the heap could tell of them. Who has only just been started,
 * or is about to end, gets a moment to come to rest.
 */
bool exec_anybody_left(struct exec *exec, enum exec_moment moment, struct evidence *evidence);

/* Then: gather it, into the findings' arena. `told`: findings that are told, or known not to be wanted. */
struct error *exec_left(const struct exec *exec, const struct watch_owners *owners,
			struct live_look *live, const struct findings *told,
			struct diagnosis *diagnosis) must_use;

#endif
