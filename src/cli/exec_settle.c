/* SPDX-License-Identifier: Apache-2.0 */
#include <time.h>

#include "cli/exec_judge.h"
#include "target/traced.h"

#define SETTLE_NS      300000000u
#define SETTLE_STEP_NS 5000000u
#define STARVED_NS     5000000000u /* on a busy machine a moment takes no longer */
#define GRACE_NS       1000000000u /* for those that are to be gone, not only at rest */

/* Those that somebody may have left behind: not the runtime's own, not who ends the program. */
static uint64_t count_others(const struct exec *exec, const struct goroutines *goroutines,
			     uint64_t *ret_restless)
{
	uint64_t count = 0;
	*ret_restless = 0;
	for (size_t i = 0; i < goroutines->list.count; i++) {
		const struct goroutine *goroutine = &goroutines->list.items[i];
		if (goroutine->system || goroutine->id == 1 ||
		    goroutine->id == exec->header->ending)
			continue;
		count++;
		*ret_restless += goroutine->state == GOROUTINE_RUNNABLE ||
				 goroutine->state == GOROUTINE_RUNNING;
	}
	return count;
}

static struct error *count_now(struct exec *exec, struct evidence *evidence)
{
	const struct runtime_goroutines_options options = { 0 };
	_cleanup_(runtime_goroutines_cleanup) struct goroutines *goroutines = NULL;
	TRY(runtime_goroutines(evidence->runtime, &options, &goroutines));
	exec->told->goroutines = count_others(exec, goroutines, &exec->told->restless);
	return NULL;
}

/* The time that the program has had on processors; 0 where it is not known. */
static uint64_t processor_time(const struct exec *exec)
{
	struct timespec time;
	/* As the kernel numbers clocks of processes: of all threads, by its scheduler. */
	clockid_t clock = (clockid_t)((~(uint32_t)exec->spawned.pid << 3) | 2);
	if (clock_gettime(clock, &time) < 0)
		return 0;
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

/* With one, who could go on does not while the end is looked at, however long that waits. */
static bool has_one_processor(const struct evidence *evidence)
{
	struct runtime_counters counters;
	return error_ignore(runtime_counters_read(evidence->runtime, &counters)) &&
	       counters.processors == 1;
}

/* Those that could go on have not had as much as a moment is meant to be: the machine is busy. */
static bool is_starved(const struct exec *exec, const struct evidence *evidence, uint64_t begin_ns,
		       uint64_t before_ns)
{
	uint64_t used = processor_time(exec) - before_ns;
	return exec->told->restless && used < SETTLE_NS &&
	       traced_now_ns() - begin_ns < STARVED_NS && !has_one_processor(evidence);
}

bool exec_anybody_left(struct exec *exec, enum exec_moment moment, struct evidence *evidence)
{
	bool left = exec_wants_left(exec, moment);
	uint64_t begin = traced_now_ns(), before = processor_time(exec);
	uint64_t until = begin + (left ? GRACE_NS : SETTLE_NS);
	/* A busy machine may not stop it in time: the last count stands, and without one there are some. */
	exec->told->goroutines = exec->told->restless = 1;
	error_ignore(count_now(exec, evidence));
	while (moment == EXEC_AT_EXIT && (left ? exec->told->goroutines : exec->told->restless)) {
		if (traced_now_ns() >= until && !is_starved(exec, evidence, begin, before))
			break;
		traced_sleep_ns(SETTLE_STEP_NS);
		error_ignore(count_now(exec, evidence));
	}
	return exec->told->goroutines > 0;
}
