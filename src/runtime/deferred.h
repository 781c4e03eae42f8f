/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_RUNTIME_DEFERRED_H
#define DOWSE_RUNTIME_DEFERRED_H

#include "runtime/capture.h"
#include "runtime/frames.h"

/* Fill in the goroutine's pending deferred calls, at most DEFERRED_MAX of them. */
struct error *deferred_decode(struct runtime *runtime, const struct capture *capture,
			      const struct captured_goroutine *captured, struct frames *frames,
			      struct goroutine *goroutine) must_use;

#endif
