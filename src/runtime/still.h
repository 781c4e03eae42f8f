/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_RUNTIME_STILL_H
#define DOWSE_RUNTIME_STILL_H

#include "runtime/runtime.h"

/*
 * Look again at some goroutines, where the runtime is now: `wanted` has a flag for each of the list.
 * Those that do not stand exactly as they did lose theirs: woken, ended, parked elsewhere. Nothing
 * is stopped for it. *ret_read is how many could be read at all.
 */
struct error *runtime_goroutines_still(struct runtime *runtime, const struct goroutines *goroutines,
				       bool *wanted, size_t *ret_read) must_use;

#endif
