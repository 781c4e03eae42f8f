/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/live/liveness_private.h"
#include "runtime/still.h"

static size_t flag(const struct liveness *liveness, bool *wanted)
{
	const struct goroutines *goroutines = liveness->heap->roots.goroutines;
	size_t count = 0;
	for (size_t i = 0; i < goroutines->list.count; i++) {
		wanted[i] = liveness->verdicts[i] == LIVENESS_NEVER;
		count += wanted[i];
	}
	return count;
}

struct error *liveness_confirm(struct liveness *liveness)
{
	struct runtime *runtime = liveness->heap->runtime;
	const struct goroutines *goroutines = liveness->heap->roots.goroutines;
	size_t count = goroutines->list.count, read = 0;
	if (!target_runs(runtime_target(runtime)))
		return NULL;
	_cleanup_(free_pointer) bool *still = calloc(count + 1, sizeof(*still));
	if (!still)
		return error_no_memory();
	size_t flagged = flag(liveness, still);
	if (!flagged)
		return NULL;
	if (!error_ignore(runtime_goroutines_still(runtime, goroutines, still, &read)) ||
	    read < flagged) {
		liveness->doubt = "The process ended before it could be looked at again.";
		return NULL;
	}
	for (size_t i = 0; i < count; i++) {
		if (liveness->verdicts[i] != LIVENESS_NEVER || still[i])
			continue;
		liveness->verdicts[i] = LIVENESS_WAKEABLE;
		liveness->doubt = "One that seemed to wait for ever has gone on meanwhile.";
	}
	return NULL;
}
