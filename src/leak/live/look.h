/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_LEAK_LIVE_LOOK_H
#define DOWSE_LEAK_LIVE_LOOK_H

#include "leak/live/live.h"
#include "runtime/runtime.h"

/* The modules that a program was linked from, which tell its own code from the library's. */
struct live_places {
	const char **modules;
	struct place_rule rule;
};

/* Strings are borrowed from the build information. */
struct error *live_places_make(const struct build_info *info, struct live_places *ret) must_use;
void live_places_deinit(struct live_places *places);

/* One look at a running process: its goroutines, and what they say of leaks. */
struct live_look {
	struct goroutines *goroutines;
	struct goroutine_group_vector groups; /* of all but the runtime's own */
	struct findings findings;
};

/*
 * The process is stopped while goroutines are copied, unless `no_stop` says not to; ERROR_LIMIT
 * when that would take longer than `max_pause_ns` (0: no limit).
 */
struct error *live_look_take(struct runtime *runtime, const struct live_places *places,
			     bool no_stop, uint64_t max_pause_ns, struct live_look *ret) must_use;
void live_look_deinit(struct live_look *look);

#endif
