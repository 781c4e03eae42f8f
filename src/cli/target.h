/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_CLI_TARGET_H
#define DOWSE_CLI_TARGET_H

#include <sys/types.h>

#include "base/decompress.h"

/*
 * What the words on the command line mean: a number is a PID, an existing path is a file, a
 * URL is fetched, all else is the name of a process; `pid:` and `name:` force it, and `-` is standard input. The error lists the candidates where a
 * name fits several processes. A file is what its content says, whatever it is called.
 */
enum cli_target_kind {
	CLI_TARGET_PROCESS,
	CLI_TARGET_CORE,
	CLI_TARGET_SNAPSHOT,
	CLI_TARGET_TEXT, /* or what may be text: a log, a dump */
	CLI_TARGET_PROFILE,
};

struct cli_target {
	enum cli_target_kind kind;
	pid_t pid;                     /* of a process */
	const char *path;              /* of a file; borrowed from the operand */
	int descriptor;                /* of a file, at its beginning; owned; -1 else */
	enum compression compression;  /* of that file */
	uint8_t *head; /* of standard input: what was read to see what it is; owned; NULL: none */
	size_t head_size;
};

struct error *cli_target_find(const char *operand, struct cli_target *ret) must_use;
void cli_target_deinit(struct cli_target *target);

/* For what only a process can be asked; `doing` completes "FILE is a core file: it cannot be ...". */
struct error *cli_target_pid(const char *operand, const char *doing, pid_t *ret) must_use;

#endif
