/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_CONFINE_TRAP_H
#define DOWSE_CONFINE_TRAP_H

#include "base/error.h"

/*
 * The system calls that open and look at files, and list folders, are trapped by the worker's
 * filter and done by the broker instead: so that the library need not know of it, and none of its
 * openings is forgotten. What returns is what the call would have returned.
 */
struct error *trap_init(void) must_use;

/* Which calls those are; ends with -1. */
extern const int trap_calls[];

#endif
