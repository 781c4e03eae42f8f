/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/present.h"

#include "target/core.h"

/*
 * A core does not say when it was made. But the runtime writes down what time it is all along:
 * when the network was polled last, when its monitor saw a processor get on, when a processor
 * became idle, when a goroutine began to wait, when a collection ended. Of a program that does
 * something the newest of these is milliseconds old.
 *
 * One that does nothing at all writes nothing down, until its monitor looks around after a minute
 * at most. For that minute there is one more witness: the time at which the core's file was
 * written, by the clock on the wall, and the end of the last collection, which the runtime keeps
 * by both clocks. It is believed only within that minute, since files are copied.
 */

#define PROCESSORS_MAX   4096u
#define STAMP_TIME_MASK  (UINT64_MAX >> 3) /* a limiter event has its kind in the bits above */
#define SCHEDULED_WHEN   8                 /* in sysmontick, in every release */
#define MONITOR_SLEEP_NS ((uint64_t)60 * 1000000000)
/* Waking, writing and the clock's steps. */
#define MONITOR_SLACK_NS ((uint64_t)2 * 1000000000)
/* Centuries after the machine was started: not a time, but a misread word. */
#define TIME_MAX ((uint64_t)1 << 62)

struct newest {
	struct runtime *runtime;
	const struct layout *layout;
	uint64_t ns;
};

static void note(struct newest *newest, uint64_t ns)
{
	if (ns < TIME_MAX && ns > newest->ns)
		newest->ns = ns;
}

/* A word of a structure; 0 when it cannot be had. */
static uint64_t word_at(const struct newest *newest, uint64_t address, int32_t offset)
{
	uint64_t word = 0;
	if (!address || offset < 0 ||
	    !error_ignore(target_read_u64(runtime_target(newest->runtime),
					  address + (uint64_t)offset, &word)))
		return 0;
	return word;
}

static uint64_t word_of(const struct newest *newest, enum runtime_global global, int32_t offset)
{
	return word_at(newest, runtime_global(newest->runtime, global), offset);
}

static void note_globals(struct newest *newest)
{
	const struct layout *layout = newest->layout;
	note(newest, word_of(newest, GLOBAL_SCHED, layout->sched_lastpoll));
	note(newest, word_of(newest, GLOBAL_SCHED, layout->sched_procresizetime));
	note(newest, word_of(newest, GLOBAL_MEMSTATS, layout->mstats_last_gc_nanotime));
	note(newest, word_of(newest, GLOBAL_WORK, layout->work_t_sweep_term));
	note(newest, word_of(newest, GLOBAL_WORK, layout->work_t_mark));
	note(newest, word_of(newest, GLOBAL_WORK, layout->work_t_mark_term));
	note(newest, word_of(newest, GLOBAL_WORK, layout->work_t_end));
}

static void note_processors(struct newest *newest)
{
	const struct layout *layout = newest->layout;
	uint64_t list = word_of(newest, GLOBAL_ALLP, 0);
	uint64_t count = word_of(newest, GLOBAL_ALLP, sizeof(uint64_t));
	if (layout->p_sysmontick < 0)
		return;
	for (uint64_t i = 0; i < MIN(count, (uint64_t)PROCESSORS_MAX); i++) {
		uint64_t processor = word_at(newest, list + i * sizeof(uint64_t), 0);
		note(newest, word_at(newest, processor, layout->p_sysmontick + SCHEDULED_WHEN));
		note(newest, word_at(newest, processor, layout->p_limiter_event) & STAMP_TIME_MASK);
		note(newest, word_at(newest, processor, layout->p_gc_mark_worker_start_time));
	}
}

static void note_goroutines(struct newest *newest, const struct capture *capture)
{
	const struct layout *layout = newest->layout;
	for (size_t i = 0; i < capture->goroutines.count; i++) {
		const uint8_t *g = capture->goroutines.items[i].g;
		note(newest, member_u64(g, layout->g_waitsince));
		if (layout->g_tracking_stamp >= 0)
			note(newest, member_u64(g, layout->g_tracking_stamp));
	}
}

/* When the file was written, by the clock of the runtime; 0 when that cannot be told. */
static uint64_t written_when(const struct newest *newest)
{
	const struct core_facts *core = core_facts(runtime_target(newest->runtime));
	uint64_t wall = word_of(newest, GLOBAL_MEMSTATS, newest->layout->mstats_last_gc_unix);
	uint64_t monotonic = word_of(newest, GLOBAL_MEMSTATS,
				     newest->layout->mstats_last_gc_nanotime);
	if (!core || !wall || !monotonic || monotonic >= TIME_MAX ||
	    core->written_unix_ns <= wall || core->written_unix_ns - wall >= TIME_MAX)
		return 0;
	return monotonic + (core->written_unix_ns - wall);
}

uint64_t runtime_present(struct runtime *runtime, const struct capture *capture)
{
	uint64_t now = target_now(runtime_target(runtime));
	if (now)
		return now;
	struct newest newest = {
		.runtime = runtime,
		.layout = &runtime_binary(runtime)->layout,
	};
	note_globals(&newest);
	note_processors(&newest);
	note_goroutines(&newest, capture);
	uint64_t written = written_when(&newest);
	if (written > newest.ns && written - newest.ns <= MONITOR_SLEEP_NS + MONITOR_SLACK_NS)
		return written;
	return newest.ns;
}
