/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_RUNTIME_FUNCTION_NAME_H
#define DOWSE_RUNTIME_FUNCTION_NAME_H

#include "base/arena.h"
#include "binary/layout.h"

/*
 * How the runtime prints a function's name: type arguments become "[...]", and runtime.gopanic is
 * "panic". NULL when memory is out.
 */
const char *function_printed_name(const char *linked, int minor, struct arena *arena) must_use;

/*
 * Whether the runtime's dump shows a frame of that function. `callee` is the FuncID of the frame
 * that it called, `first` whether nothing was shown so far.
 */
bool function_is_shown(const char *linked, int32_t func_id, int32_t callee, bool first,
		       const struct layout *layout, int minor);

#endif
