/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_RUNTIME_ARGUMENTS_H
#define DOWSE_RUNTIME_ARGUMENTS_H

#include "base/writer.h"
#include "runtime/unwind.h"

/*
 * A call's arguments as the runtime prints them: words in hexadecimal, from the places where the
 * compiler put them or would spill them to; "?" behind those that may be stale.
 */
void arguments_write(const struct function *function, const struct layout *layout,
		     const struct stack_bytes *stack, uint64_t arguments, uint64_t line_pc,
		     struct writer *writer);

#endif
