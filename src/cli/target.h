/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_CLI_TARGET_H
#define DOWSE_CLI_TARGET_H

#include <sys/types.h>

#include "base/error.h"

/*
 * What the words on the command line mean: a number is a PID, an existing path is a file, all
 * else the name of a process; `pid:` and `name:` force it. The error lists the candidates where a
 * name fits several processes.
 */
struct error *cli_target_pid(const char *operand, pid_t *ret) must_use;

#endif
