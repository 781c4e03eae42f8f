/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_CLI_EVIDENCE_H
#define DOWSE_CLI_EVIDENCE_H

#include "cli/options.h"
#include "cli/target.h"
#include "leak/live/look.h"
#include "report/subject.h"
#include "target/procfs.h"

/* What is being looked at, a Go process or a core of one, and what is known without a stop. */
struct evidence {
	struct target *target;
	struct runtime *runtime;
	struct subject subject;
	struct process_executable executable;
	struct live_places places; /* of `subject` */
	const char **warnings;     /* of `subject`; owned, the texts are not */
	char *name;                /* of `subject`, for a file */
	const char *path;          /* of the file, as it was given; NULL for a process; borrowed */
	struct target *fork;       /* of the target, which the runtime looks at; NULL: none */
	uint64_t pause_ns;         /* that it cost */
	bool small_holders;        /* are to be told apart, too */
	/* Called as soon as the process may go on, though it is going to be read; NULL. */
	void (*on_fork)(void *argument);
	void *on_fork_argument;
};

/* Resolve and open a TARGET, by the options that say how (--exe). */
struct error *evidence_open(const char *operand, const struct options *options,
			    struct evidence *ret) must_use;
/* The same of a TARGET that was found. */
struct error *evidence_open_target(const struct cli_target *target, const struct options *options,
				   struct evidence *ret) must_use;
struct error *evidence_open_process(pid_t pid, struct evidence *ret) must_use;

/* Before a report: add the warning of what was found missing meanwhile, in a damaged file. */
void evidence_note_gap(struct evidence *evidence);

/* Another warning for the report; the text must live as long as the evidence. */
struct error *evidence_warn(struct evidence *evidence, const char *text) must_use;

/* An error of a look, with what is missing in the file, which may be why. NULL stays NULL. */
struct error *evidence_explain(const struct evidence *evidence, struct error *error) must_use;

/* Of a process, after a while: how long it has been there by now. */
struct error *evidence_grow_older(struct evidence *evidence) must_use;

void evidence_deinit(struct evidence *evidence);

#endif
