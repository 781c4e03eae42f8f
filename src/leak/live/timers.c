/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "heap/names.h"
#include "leak/live/callers.h"
#include "leak/live/library.h"
#include "leak/live/timer_queues.h"
#include "leak/live/timers_again.h"
#include "model/quantity.h"
#include "runtime/function_name.h"

/*
 * L31: timers that go on though nobody needs them.
 *
 *   - Lost: neither the timer nor its channel is reached by anything but the runtime's own queue. A
 *     ticker can never be stopped then, and nobody ever reads what it sends. What is proved up to Go
 *     1.22 is only likely later, where that the runtime would collect such a one depends on how the
 *     program was built.
 *   - Lost ones that run once go away by themselves. So there must be many, and time left: a select
 *     in a loop leaves a time.After for each round behind.
 *   - Calls that start themselves again: a function that sets its own timer anew, though nothing else
 *     leads to it. One is a program's background work, several of one function are what their owners
 *     have left behind.
 *   - Calls that are due: time.AfterFunc is made for being forgotten. Only very many for a time that
 *     is far away are worth a look.
 */
#define ONCE_COUNT      100
#define ONCE_LEFT_NS    (UINT64_C(60) * 1000000000)
#define AGAIN_COUNT     10
#define PENDING_COUNT   1000
#define PENDING_LEFT_NS (UINT64_C(600) * 1000000000)

/* With more periods and functions than that, those that come later are counted with others. */
#define GROUPS_MAX 64

/* Of one cause: the same kind, period and function. */
enum timer_fate { LOST_TICKER, LOST_ONCE, LOST_CALL, PENDING_CALL };

struct timer_group {
	enum timer_fate fate;
	uint64_t period;
	uint64_t function;
	uint64_t count;
	uint64_t bytes;
	uint64_t last; /* when the last one is due */
	struct queued_timer example;
	bool waits; /* all of them */
};

DEFINE_VECTOR(timer_group_vector, struct timer_group);

static struct error *timers_read(const struct live_evidence *evidence, void **ret_notes)
{
	struct timer_queues *queues = calloc(1, sizeof(*queues));
	if (!queues)
		return error_no_memory();
	*ret_notes = queues;
	return timer_queues_read(evidence->heap, queues);
}

static void timers_forget(void *notes)
{
	timer_queues_deinit(notes);
	free(notes);
}

/* Neither it nor its channel is held by anything but the queue. */
static bool is_lost(const struct heap *heap, const struct queued_timer *timer)
{
	return timer->vertex != VERTEX_NONE && timer->argument != VERTEX_NONE &&
	       library_dominator(heap, timer->vertex) == timer->queue &&
	       library_dominates(heap, timer->vertex, timer->argument);
}

static bool fate_of(const struct heap *heap, const struct queued_timer *timer, enum timer_fate *ret)
{
	if (timer->vertex == VERTEX_NONE)
		return false;
	if (timer->calls == TIMER_FUNCTION && !timer->period) {
		*ret = library_dominator(heap, timer->vertex) == timer->queue ? LOST_CALL
									      : PENDING_CALL;
		return true;
	}
	if (timer->calls != TIMER_SENDS || !is_lost(heap, timer))
		return false;
	*ret = timer->period ? LOST_TICKER : LOST_ONCE;
	return true;
}

static struct error *group_add(struct timer_group_vector *groups, const struct heap *heap,
			       const struct queued_timer *timer, enum timer_fate fate)
{
	struct timer_group *group = NULL, *spare = NULL;
	for (size_t i = 0; i < groups->count && !group; i++) {
		struct timer_group *known = &groups->items[i];
		if (known->fate != fate)
			continue;
		if (known->period == timer->period && known->function == timer->function)
			group = known;
		else if (groups->count >= GROUPS_MAX)
			spare = spare ? spare : known;
	}
	group = group ? group : spare;
	if (!group) {
		const struct timer_group fresh = {
			.fate = fate,
			.period = timer->period,
			.function = timer->function,
			.example = *timer,
			.waits = true,
		};
		TRY(timer_group_vector_append(groups, &fresh));
		group = &groups->items[groups->count - 1];
	}
	group->count++;
	group->bytes += heap_retained(heap, timer->vertex);
	group->last = MAX(group->last, timer->when);
	group->waits &= timer->waits;
	return NULL;
}

static bool is_notable(const struct timer_group *group, uint64_t now)
{
	uint64_t left = group->last > now ? group->last - now : 0;
	switch (group->fate) {
	case LOST_TICKER:
		return true;
	case LOST_ONCE:
		return group->count >= ONCE_COUNT && left >= ONCE_LEFT_NS;
	case LOST_CALL:
		return group->count >= AGAIN_COUNT;
	case PENDING_CALL:
		return group->count >= PENDING_COUNT && left >= PENDING_LEFT_NS;
	}
	return false;
}

/* Whether what was read can bear a proof. */
static bool is_whole(const struct live_evidence *evidence)
{
	return !evidence->guessed && !evidence->heap->warning_count &&
	       !evidence->goroutines->torn && evidence->goroutines->complete;
}

static struct finding new_finding(const struct timer_group *group, enum certainty certainty)
{
	return (struct finding){
		.rule = RULE_TIMER_NOT_STOPPED,
		.certainty = certainty,
		.count = group->count,
		.bytes = (int64_t)group->bytes,
		.growth_per_hour = INT64_MIN,
		.bytes_per_hour = INT64_MIN,
		.wait_min_ns = -1,
		.wait_max_ns = -1,
	};
}

static struct error *tell_ticker(const struct live_evidence *evidence,
				 const struct timer_queues *queues, const struct timer_group *group,
				 struct findings *ret)
{
	static const char *const makers[] = { "time.NewTicker", "time.Tick", NULL };
	bool proved = queues->all && group->waits && is_whole(evidence);
	struct finding finding = new_finding(group, proved ? CERTAINTY_PROVED : CERTAINTY_LIKELY);
	char count[QUANTITY_SIZE], period[QUANTITY_SIZE];
	quantity_duration((int64_t)group->period, period);
	finding.title =
		group->count == 1
			? findings_text(
				  ret,
				  "a ticker was dropped and never stopped: it ticks every %s for nobody",
				  period)
			: findings_text(
				  ret,
				  "%s tickers were dropped and never stopped: they tick every %s for nobody",
				  quantity_count(group->count, count), period);
	finding.why = findings_text(
		ret,
		"Nothing in the program leads to %s or to %s any more, so that nobody can call Stop; the runtime's list of timers keeps them%s.",
		group->count == 1 ? "the ticker" : "these tickers",
		group->count == 1 ? "its channel" : "their channels",
		queues->all
			? ", as it does before Go 1.23"
			: ": the program runs with the timers of Go 1.22 (asynctimerchan), as its go.mod says a go version below 1.23");
	TRY(live_callers_tell(evidence, group->example.vertex, makers, group->period, ret,
			      &finding));
	return finding_vector_append(&ret->list, &finding);
}

static struct error *tell_once(const struct live_evidence *evidence,
			       const struct timer_queues *queues, const struct timer_group *group,
			       struct findings *ret)
{
	static const char *const makers[] = { "time.After", "time.NewTimer", NULL };
	struct finding finding = new_finding(group, CERTAINTY_LIKELY);
	char count[QUANTITY_SIZE], left[QUANTITY_SIZE];
	quantity_duration((int64_t)(group->last - queues->now), left);
	finding.title = findings_text(
		ret, "%s timers run though nobody waits for them any more, the last for %s",
		quantity_count(group->count, count), left);
	finding.why =
		"Each keeps its channel, and its place in the runtime's list, until it is due: nobody stopped it when the wait was over. From Go 1.23 on (by the go line of the main module) the runtime collects such timers.";
	TRY(live_callers_tell(evidence, group->example.vertex, makers, 0, ret, &finding));
	return finding_vector_append(&ret->list, &finding);
}

/* The function that is going to be called says best where it comes from. */
static struct error *place_of_call(const struct live_evidence *evidence, uint64_t entry,
				   struct findings *findings, struct place *ret)
{
	const struct binary *binary = runtime_binary(evidence->heap->runtime);
	struct function function;
	struct function_line lines[FUNCTION_LINES_MAX];
	if (!binary_function(binary, entry, &function))
		return NULL;
	size_t count = function_lines(&function, entry, lines);
	const char *name = function_printed_name(function.name, binary->minor, &findings->arena);
	if (!name)
		return error_no_memory();
	*ret = (struct place){ name, lines[count - 1].file,
			       function.start_line ? function.start_line : lines[count - 1].line };
	return NULL;
}

/* Contexts have a rule of their own. */
static bool is_contexts(const struct live_evidence *evidence, uint64_t entry)
{
	struct function function;
	return binary_function(runtime_binary(evidence->heap->runtime), entry, &function) &&
	       strncmp(function.name, "context.", strlen("context.")) == 0;
}

static struct error *tell_pending(const struct live_evidence *evidence,
				  const struct timer_queues *queues,
				  const struct timer_group *group, struct findings *ret)
{
	static const char *const makers[] = { "time.AfterFunc", NULL };
	struct finding finding = new_finding(group, CERTAINTY_SUSPECT);
	char count[QUANTITY_SIZE], left[QUANTITY_SIZE];
	if (is_contexts(evidence, group->function))
		return NULL;
	quantity_duration((int64_t)(group->last - queues->now), left);
	TRY(place_of_call(evidence, group->function, ret, &finding.place));
	if (finding.place.function)
		finding.place_word = "calls";
	finding.title = findings_text(ret,
				      "%s calls by time.AfterFunc are pending, the last for %s",
				      quantity_count(group->count, count), left);
	finding.why =
		"Each keeps all that its function refers to until it is due, or until somebody calls Stop.";
	finding.settle =
		"Count them again after a while at like load: what is stopped in time keeps its number.";
	TRY(live_callers_tell(evidence, group->example.vertex, makers, 0, ret, &finding));
	return finding_vector_append(&ret->list, &finding);
}

static struct error *tell_again(const struct live_evidence *evidence,
				const struct timer_queues *queues, const struct timer_group *group,
				struct findings *ret)
{
	static const char *const makers[] = { "time.AfterFunc", NULL };
	struct finding finding = new_finding(group, CERTAINTY_LIKELY);
	struct place called = { 0 };
	char count[QUANTITY_SIZE];
	enum timer_again again;
	if (is_contexts(evidence, group->function))
		return NULL;
	TRY(timer_starts_again(evidence, queues, &group->example, &again));
	if (again == TIMER_ONCE)
		return is_notable(&(struct timer_group){ .fate = PENDING_CALL,
							 .count = group->count,
							 .last = group->last },
				  queues->now)
			       ? tell_pending(evidence, queues, group, ret)
			       : NULL;
	TRY(place_of_call(evidence, group->function, ret, &called));
	bool ever = again == TIMER_EVER_AGAIN;
	finding.certainty = ever ? CERTAINTY_LIKELY : CERTAINTY_SUSPECT;
	finding.title =
		findings_text(ret, "%s timers %s themselves again, and nobody can stop them",
			      quantity_count(group->count, count), ever ? "start" : "may start");
	finding.why = findings_text(
		ret,
		"Their function, %s, sets its timer anew %s. Nothing in the program leads to these timers any more, nor to what their function works on, but the runtime's list of timers.",
		called.function ? called.function : "?",
		ever ? "whenever it runs" : "on some ways through its code");
	if (!ever)
		finding.settle =
			"Look whether it ends by itself, after some attempts or for what it finds; if so, this is well.";
	TRY(live_callers_tell(evidence, group->example.vertex, makers, 0, ret, &finding));
	return finding_vector_append(&ret->list, &finding);
}

static struct error *timers_find(const struct live_evidence *evidence, void *notes,
				 struct findings *ret)
{
	const struct timer_queues *queues = notes;
	_cleanup_(timer_group_vector_deinit) struct timer_group_vector groups = { 0 };
	if (!queues || !evidence->heap->dominators.count)
		return NULL;
	for (size_t i = 0; i < queues->list.count; i++) {
		enum timer_fate fate;
		if (fate_of(evidence->heap, &queues->list.items[i], &fate))
			TRY(group_add(&groups, evidence->heap, &queues->list.items[i], fate));
	}
	for (size_t i = 0; i < groups.count; i++) {
		const struct timer_group *group = &groups.items[i];
		if (!is_notable(group, queues->now))
			continue;
		if (group->fate == LOST_TICKER)
			TRY(tell_ticker(evidence, queues, group, ret));
		else if (group->fate == LOST_ONCE)
			TRY(tell_once(evidence, queues, group, ret));
		else if (group->fate == LOST_CALL)
			TRY(tell_again(evidence, queues, group, ret));
		else
			TRY(tell_pending(evidence, queues, group, ret));
	}
	return NULL;
}

const struct live_detector live_timers = {
	.read = timers_read,
	.find = timers_find,
	.forget = timers_forget,
};
