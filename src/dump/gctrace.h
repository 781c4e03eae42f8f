/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_DUMP_GCTRACE_H
#define DOWSE_DUMP_GCTRACE_H

#include "base/vector.h"

/*
 * What a program prints of its collections with GODEBUG=gctrace=1, and of its scheduler with
 * schedtrace=N:
 *
 *	gc 12 @3.456s 5%: 0.018+1.1+0.14 ms clock, 0.14+0.35/1.2/3.0+1.1 ms cpu,
 *		4->4->1 MB, 5 MB goal, 0 MB stacks, 1 MB globals, 8 P (forced)
 *	SCHED 1004ms: gomaxprocs=4 idleprocs=2 threads=9 spinningthreads=0 idlethreads=3 runqueue=0 [0 1 0 0]
 *
 * Releases up to 1.18 have no stacks and globals, those up to 1.17 no "stacks" either; the order of the rest
 * has been the same since 1.5. Sizes are whole MiB, though they say MB.
 */
struct gc_cycle {
	uint64_t number;
	double at_s;        /* since the program began */
	double cpu_percent; /* of all time since then */
	double pause_ms;    /* both pauses */
	double mark_ms;     /* that the collection ran beside the program */
	uint64_t before_mib;
	uint64_t after_mib;
	uint64_t live_mib; /* what was marked */
	uint64_t goal_mib;
	uint32_t processors;
	bool forced;
};

DEFINE_VECTOR(gc_cycle_vector, struct gc_cycle);

struct sched_moment {
	double at_s;
	uint64_t processors;
	uint64_t idle_processors;
	uint64_t threads;
	uint64_t run_queue; /* goroutines that could run: of all, and of each processor */
};

DEFINE_VECTOR(sched_moment_vector, struct sched_moment);

/* Of very many, which ones are kept: every step-th. */
struct gctrace_thinning {
	uint64_t seen;
	uint64_t step; /* 0: all */
};

struct gctrace {
	struct gc_cycle_vector cycles; /* of one program: the last that the text has */
	struct sched_moment_vector moments;
	struct gctrace_thinning cycles_thinned, moments_thinned;
	struct gc_cycle last; /* whether kept or not */
	struct sched_moment last_moment;
	uint64_t programs; /* that one after the other have written; 0: none */
	uint64_t strange;  /* lines that look like one, and make no sense */
};

/* A line that may be one, or have one in it: struct dumps_options, on_trace. */
struct error *gctrace_take(void *gctrace, const char *line, size_t length) must_use;
void gctrace_deinit(struct gctrace *gctrace);

#endif
