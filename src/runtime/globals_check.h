/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_RUNTIME_GLOBALS_CHECK_H
#define DOWSE_RUNTIME_GLOBALS_CHECK_H

#include "runtime/runtime.h"

enum global_verdict {
	GLOBAL_WRONG,    /* no such global is there */
	GLOBAL_POSSIBLE, /* nothing speaks against it: it may be one that is empty */
	GLOBAL_CERTAIN,  /* its content cannot be anything else */
};

/*
 * Does the memory at `address` look like that global? `known` holds what has been found before it
 * in the order of the enum (0: not found), against which it is checked.
 */
enum global_verdict global_check(const struct binary *binary, const uint64_t known[GLOBAL_COUNT],
				 enum runtime_global global, uint64_t address);

#endif
