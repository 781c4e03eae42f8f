/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_LEAK_LIVE_LOOK_H
#define DOWSE_LEAK_LIVE_LOOK_H

#include "heap/views.h"
#include "leak/live/past.h"
#include "runtime/runtime.h"

/* The modules that a program was linked from, which tell its own code from the library's. */
struct live_places {
	const char **modules;
	struct place_rule rule;
};

/* Strings are borrowed from the build information. */
struct error *live_places_make(const struct build_info *info, struct live_places *ret) must_use;
/* Another module, or package, that is the program's own. */
struct error *live_places_add(struct live_places *places, const char *module) must_use;
void live_places_deinit(struct live_places *places);

/* One look at a process, or at what became of one: its goroutines, its heap, what they say of leaks. */
struct live_look {
	struct live_evidence evidence;
	struct goroutines *goroutines;        /* owned; NULL: those of the heap */
	struct goroutine_group_vector groups; /* of all but the runtime's own */
	struct heap_views views;
	struct live_notes notes;
	struct liveness *liveness;
	struct live_holdings holdings;
	struct dominator_tree tree;
	struct findings findings;
};

/*
 * At goroutines alone. The process is stopped while they are copied, unless `no_stop` says not to;
 * ERROR_LIMIT when that would take longer than `max_pause_ns` (0: no limit).
 */
struct error *live_look_at_goroutines(struct runtime *runtime, const struct live_places *places,
				      bool no_stop, uint64_t max_pause_ns, struct live_look *ret)
	must_use;

/*
 * At the heap as well, which has been searched, and is the caller's: while its memory stands still.
 * What had been done before an error is in `ret`, too.
 */
struct error *live_look_at_heap(struct heap *heap, const struct live_places *places,
				struct live_look *ret) must_use;

/* Once the heap has dominators: who holds how much. */
struct error *live_look_weigh(struct live_look *look) must_use;

/* What else there is to judge by; each pointer may be NULL. */
struct live_beside {
	const struct runtime_counters *counters;
	const struct runtime_memory *memory;
	const struct live_past *past;
	int64_t age_ns; /* of the process; 0 or less: unknown */
};

/* Find what leaks. After live_look_weigh(), if there is a heap. */
struct error *live_look_judge(struct live_look *look, const struct live_beside *beside) must_use;
void live_look_deinit(struct live_look *look);

#endif
