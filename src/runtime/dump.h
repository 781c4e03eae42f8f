/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_RUNTIME_DUMP_H
#define DOWSE_RUNTIME_DUMP_H

#include "base/writer.h"
#include "runtime/runtime.h"

/*
 * The goroutine as the runtime prints it in a debug=2 dump, arguments of calls included: header,
 * frames, creator; no empty line after it. `goroutines` must have been made with `arguments`.
 */
void runtime_dump_goroutine(const struct runtime *runtime, const struct goroutines *goroutines,
			    const struct goroutine *goroutine, struct writer *writer);

#endif
