/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_RUNTIME_GLOBALS_H
#define DOWSE_RUNTIME_GLOBALS_H

#include "runtime/runtime.h"

/*
 * Where the runtime keeps its globals in a process: by the symbol table where there is one, else
 * by the machine code of functions that pclntab names. Either is believed only after the content
 * in memory has been found to be what it must be; an address that was not proved so is 0.
 * The process is not stopped. An error means that nothing could be looked for at all.
 */
struct error *globals_find(const struct binary *binary, uint64_t ret[GLOBAL_COUNT]) must_use;

/* How many trees GLOBAL_SEMTABLE has; an address belongs to one by its remainder. */
#define SEMAPHORE_ROOTS 251u

/* As linked: "runtime.allgs". */
const char *runtime_global_name(enum runtime_global global);

#endif
