/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_RUNTIME_RUNTIME_PRIVATE_H
#define DOWSE_RUNTIME_RUNTIME_PRIVATE_H

#include "base/arena.h"
#include "runtime/goroutine_state.h"
#include "runtime/runtime.h"

#define RUNTIME_WARNINGS_MAX 8

struct runtime {
	struct target *target; /* borrowed */
	struct binary *binary;
	struct arena arena;
	uint64_t globals[GLOBAL_COUNT];
	struct wait_reasons reasons;
	bool shows_labels; /* its dumps show the goroutines' profiler labels */
	const char *warnings[RUNTIME_WARNINGS_MAX];
	size_t warning_count;
};

#endif
