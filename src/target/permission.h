/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_TARGET_PERMISSION_H
#define DOWSE_TARGET_PERMISSION_H

#include <sys/types.h>

#include "base/error.h"

/*
 * The kernel has refused with `os_error` to let dowse look into a process: the error says which of
 * its rules it was, as far as can be known, and what to do.
 */
struct error *permission_error(pid_t pid, const char *name, int os_error) must_use;

#endif
