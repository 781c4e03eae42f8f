/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_CLI_LOOK_H
#define DOWSE_CLI_LOOK_H

#include "cli/cli.h"
#include "cli/evidence.h"
#include "heap/heap.h"

/* One look at a TARGET: what is needed to judge it, or to compare it with a later one. */
struct look {
	struct evidence *evidence; /* borrowed */
	struct live_look live;
	struct heap *heap; /* NULL: goroutines alone */
	struct runtime_counters counters;
	struct runtime_memory memory;
	bool has_counters;
	bool has_memory;
	uint64_t now_ns;   /* by the target's clock; 0 unknown */
	uint64_t pause_ns; /* that it cost */
};

/*
 * The heap, too, unless --no-stop says that there is to be no pause, or it cannot be read: then the
 * report has a warning. What this leaves behind in an error's case is to be let go as well.
 */
struct error *look_take(struct invocation *invocation, struct evidence *evidence, struct look *ret)
	must_use;

/* `past` may be NULL. */
struct error *look_judge(struct look *look, const struct live_past *past) must_use;

/* What it leaves behind for a later look at the same process, `elapsed_ns` after it. */
struct error *look_leave(struct look *look, struct live_past **ret) must_use;
void look_deinit(struct look *look);

/* Of one process at two moments; -1 where that cannot be told, or they are not of one process. */
int64_t look_time_between(const struct subject *before, uint64_t before_ns,
			  const struct subject *now, uint64_t now_ns);

#endif
