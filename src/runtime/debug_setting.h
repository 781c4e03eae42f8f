/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_RUNTIME_DEBUG_SETTING_H
#define DOWSE_RUNTIME_DEBUG_SETTING_H

#include "runtime/runtime.h"

/*
 * A GODEBUG setting that the program started with: what its environment says, else what its main
 * module's go line made the default, else `otherwise`. Changes at run time are not seen.
 */
int debug_setting(const struct runtime *runtime, const char *name, int otherwise);

#endif
