/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_CLI_CLI_H
#define DOWSE_CLI_CLI_H

#include "base/arena.h"
#include "base/writer.h"
#include "cli/options.h"
#include "cli/save_file.h"
#include "report/style.h"

/*
 * The program. A verb is one file: it describes itself (struct verb), main.c parses the command
 * line by that description, opens the output, runs the verb, and reports the one error that may
 * come back. A verb never writes to a descriptor itself, never exits, and prints results only.
 */

/* What dowse ends with. */
enum cli_status {
	CLI_OK = 0,
	CLI_FAILED = 1, /* an error; main prints it */
	CLI_USAGE = 2,  /* ERROR_USAGE */
	CLI_FOUND = 3,  /* findings at or above --fail-on */
	CLI_PARTLY =
		4, /* some of it failed, and was told: 1 for who called, but the rest is kept */
};

struct invocation {
	const struct verb *verb;
	const char *const *operands; /* what is no option; verb's name left out */
	size_t operand_count;
	struct options options;
	struct writer *out;    /* standard output, or -o FILE's; finished by main */
	struct style style;    /* of `out` */
	struct save_file save; /* what is saved besides: a snapshot; no path: nothing */
	struct arena memory;   /* what the verb's `expand` has made */
	const struct heap_indexes *indexes; /* of the operands that are snapshots; NULL: none */
};

struct verb {
	const char *name;    /* NULL: what runs without a verb's name */
	const char *alias;   /* NULL: none */
	const char *usage;   /* "goroutines TARGET [options]" */
	const char *summary; /* one line for dowse --help, no period */
	const char *help;    /* paragraphs and examples for --help; options are listed by main */
	const char *const *formats; /* NULL-terminated; the first is the default; NULL: text only */
	const char *const *by; /* what --by takes; the first is the default; NULL: it takes none */
	const enum option_id
		*options; /* what it takes besides --help, -o and --format; OPTION_END ends it */
	size_t operands_min;
	size_t operands_max;
	const char
		*operand;  /* what they are called in messages: "TARGET"; NULL when it takes none */
	bool keeps_output; /* -o is for what it saves: what it prints goes to standard output */
	bool looks_at_nothing; /* and so runs where there is no memory left, too */
	bool starts_program;   /* which is to find all as dowse has found it */
	bool fails_on_left;    /* --fail-on takes `left`, too */
	/*
	 * NULL, or: put in the place of the operands the files that they stand for. It is done before
	 * dowse confines itself, and so reads nothing but names.
	 */
	struct error *(*expand)(struct invocation *invocation)must_use;
	/* *ret is CLI_OK already: only a verb that finds something has more to say. */
	struct error *(*run)(struct invocation *invocation, enum cli_status *ret)must_use;
};

/* Every verb, NULL-terminated (verbs.c: a new verb is one line there). */
extern const struct verb *const verbs[];

/* The verb of that name or alias; NULL when there is none. */
const struct verb *verbs_find(const char *name);

/* What `dowse` runs without operands, and with a TARGET alone. */
extern const struct verb verb_ps, verb_diagnose;

/* Print an error and destroy it; what to end with. */
enum cli_status cli_report(struct error *error);

/* In a process that is to run another program: signals as they were when dowse began. */
void cli_restore_signals(void);

/* True when --format asks for it: cli_format_is(invocation, "json"). */
bool cli_format_is(const struct invocation *invocation, const char *format);

/* Which of the verb's `by` --by asks for: its index. */
size_t cli_by(const struct invocation *invocation);

#endif
