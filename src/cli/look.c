/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/look.h"

#include <string.h>

#include "cli/keep.h"
#include "cli/moment.h"

static struct error *read_heap(void *argument, struct heap *heap)
{
	struct look *look = argument;
	look->live.holdings.small = look->evidence->small_holders;
	return live_look_at_heap(heap, &look->evidence->places, &look->live);
}

static struct error *look_at_heap(struct invocation *invocation, struct look *look)
{
	uint64_t fork_ns = 0;
	TRY(moment_heap_with(invocation, look->evidence, read_heap, look, &look->heap,
			     &look->pause_ns, &fork_ns));
	TRY(heap_dominate(look->heap));
	look->heap->roots.goroutines->pause_ns = look->pause_ns;
	return live_look_weigh(&look->live);
}

static struct error *look_at_goroutines(struct invocation *invocation, struct look *look)
{
	const struct options *options = &invocation->options;
	struct evidence *evidence = look->evidence;
	TRY(keep_moment(invocation, evidence));
	TRY(evidence_explain(evidence, live_look_at_goroutines(
					       evidence->runtime, &evidence->places,
					       options->given[OPTION_NO_STOP],
					       evidence->fork ? 0 : (uint64_t)options->max_pause_ns,
					       &look->live)));
	evidence_note_gap(evidence);
	if (evidence->fork)
		look->live.goroutines->pause_ns = evidence->pause_ns;
	look->pause_ns = look->live.goroutines->pause_ns;
	return NULL;
}

/* What the runtime and the kernel count: without a stop, and so from the process itself. */
static void look_beside(struct look *look)
{
	struct runtime *runtime = look->evidence->runtime;
	look->now_ns = target_now(look->evidence->target);
	look->has_counters = error_ignore(runtime_counters_read(runtime, &look->counters));
	look->has_memory = look->has_counters && error_ignore(runtime_memory_read(
							 runtime, &look->counters, &look->memory));
}

struct error *look_take(struct invocation *invocation, struct evidence *evidence, struct look *ret)
{
	*ret = (struct look){ .evidence = evidence };
	look_beside(ret);
	if (invocation->options.given[OPTION_NO_STOP])
		return look_at_goroutines(invocation, ret);
	struct error *error = look_at_heap(invocation, ret);
	/* That it takes too long a pause is no reason for another one. */
	if (!error || (error->code != ERROR_LIMIT && error->code != ERROR_UNSUPPORTED) ||
	    invocation->options.max_pause_ns)
		return error;
	live_look_deinit(&ret->live);
	heap_destroy(TAKE_PTR(ret->heap));
	error_destroy(error);
	TRY(evidence_warn(evidence, "the heap could not be looked at: `dowse heap` says why; what "
				    "follows is about goroutines alone"));
	return look_at_goroutines(invocation, ret);
}

struct error *look_judge(struct look *look, const struct live_past *past)
{
	const struct live_beside beside = {
		.counters = look->has_counters ? &look->counters : NULL,
		.memory = look->has_memory ? &look->memory : NULL,
		.past = past,
		.age_ns = look->evidence->subject.uptime_ns,
	};
	return live_look_judge(&look->live, &beside);
}

struct error *look_leave(struct look *look, struct live_past **ret)
{
	return live_past_make(&look->live.evidence, ret);
}

void look_deinit(struct look *look)
{
	live_look_deinit(&look->live);
	heap_destroy(look->heap);
	*look = (struct look){ 0 };
}

/*
 * Processes in containers have low ids, those of a restarted one the same. The two clocks are not
 * read at once.
 */
#define STARTS_APART_NS (INT64_C(30) * 1000000000)

static bool began_together(const struct subject *before, uint64_t before_ns,
			   const struct subject *now, uint64_t now_ns)
{
	if (before->uptime_ns < 0 || now->uptime_ns < 0 || !before_ns || !now_ns)
		return true; /* nobody knows */
	int64_t apart = ((int64_t)before_ns - before->uptime_ns) -
			((int64_t)now_ns - now->uptime_ns);
	return apart >= -STARTS_APART_NS && apart <= STARTS_APART_NS;
}

int64_t look_time_between(const struct subject *before, uint64_t before_ns,
			  const struct subject *now, uint64_t now_ns)
{
	bool same = before->pid && before->pid == now->pid && before->build && now->build &&
		    strcmp(before->build, now->build) == 0 &&
		    began_together(before, before_ns, now, now_ns);
	int64_t between = -1;
	if (same && before->uptime_ns >= 0 && now->uptime_ns >= 0)
		between = now->uptime_ns - before->uptime_ns;
	else if (same && before_ns && now_ns)
		between = (int64_t)(now_ns - before_ns);
	return between >= 0 ? between : -1;
}
