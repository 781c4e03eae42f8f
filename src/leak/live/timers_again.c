/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/live/timers_again.h"

#include "binary/calls.h"
#include "binary/way_out.h"
#include "leak/live/library.h"

#define SETTERS_MAX 32
#define OWN_MAX     16  /* calls in the function itself */
#define REACH_MAX   512 /* objects between a function and its timer */

static bool is_in(const struct function *function, uint64_t pc)
{
	return pc > function->entry && pc <= function->end;
}

/* Does what a timer works on lead to the timer itself? Not by way of the processors' queues. */
static bool leads_to_itself(const struct live_evidence *evidence, const struct timer_queues *queues,
			    const struct queued_timer *timer)
{
	const struct heap_graph *graph = &evidence->heap->scan.graph;
	uint32_t met[REACH_MAX] = { timer->argument };
	size_t count = timer->argument == VERTEX_NONE ? 0 : 1;
	for (size_t at = 0; at < count; at++) {
		if (met[at] == timer->vertex)
			return true;
		for (uint32_t i = graph->rows[met[at]]; i < graph->rows[met[at] + 1]; i++) {
			if (graph->edges[i] == EDGE_NONE || count == REACH_MAX)
				continue;
			uint32_t target = edge_target(graph->edges[i]);
			bool known = false;
			for (size_t k = 0; k < count && !known; k++)
				known = met[k] == target;
			for (size_t k = 0; k < queues->list.count && !known; k++)
				known = queues->list.items[k].queue == target;
			if (!known)
				met[count++] = target;
		}
	}
	return false;
}

/* The function's own calls of any of those, by the pc behind each. */
static size_t calls_in(const struct function *function, const struct call_vector *calls,
		       uint64_t ret[OWN_MAX])
{
	size_t count = 0;
	for (size_t i = 0; i < calls->count && count < OWN_MAX; i++) {
		if (is_in(function, calls->items[i].pc))
			ret[count++] = calls->items[i].pc;
	}
	return count;
}

static struct error *again_by(const struct binary *binary, const struct function *function,
			      const struct call_vector *calls, enum timer_again *ret)
{
	uint64_t own[OWN_MAX];
	bool around;
	size_t count = calls_in(function, calls, own);
	*ret = TIMER_ONCE;
	if (!count)
		return NULL;
	TRY(way_around_find(binary, function->entry, own, count, &around));
	*ret = around ? TIMER_MAYBE_AGAIN : TIMER_EVER_AGAIN;
	return NULL;
}

/* The program's own functions that make those calls. */
static size_t callers_of(const struct live_evidence *evidence, const struct call_vector *calls,
			 uint64_t ret[SETTERS_MAX])
{
	const struct binary *binary = runtime_binary(evidence->heap->runtime);
	struct function caller;
	size_t count = 0;
	for (size_t i = 0; i < calls->count && count < SETTERS_MAX; i++) {
		if (binary_function(binary, calls->items[i].pc - 1, &caller) &&
		    place_is_users(&evidence->places, caller.name))
			ret[count++] = caller.entry;
	}
	return count;
}

/* Directly, or by one of its own that does: that one may do it on some ways alone, too. */
static struct error *again_by_callees(const struct live_evidence *evidence,
				      const struct function *function,
				      const struct call_vector *calls, enum timer_again *ret)
{
	const struct binary *binary = runtime_binary(evidence->heap->runtime);
	_cleanup_(call_vector_deinit) struct call_vector inner = { 0 };
	uint64_t entries[SETTERS_MAX];
	size_t count = callers_of(evidence, calls, entries);
	TRY(calls_find(binary, entries, count, &inner));
	TRY(again_by(binary, function, &inner, ret));
	for (size_t i = 0; i < inner.count && *ret == TIMER_EVER_AGAIN; i++) {
		struct function callee;
		enum timer_again certain = TIMER_MAYBE_AGAIN;
		if (!is_in(function, inner.items[i].pc))
			continue;
		if (binary_function(binary, entries[inner.items[i].callee], &callee))
			TRY(again_by(binary, &callee, calls, &certain));
		*ret = certain == TIMER_EVER_AGAIN ? *ret : TIMER_MAYBE_AGAIN;
	}
	return NULL;
}

static struct error *again_calling(const struct live_evidence *evidence, uint64_t entry,
				   const char *const *names, enum timer_again *ret)
{
	const struct binary *binary = runtime_binary(evidence->heap->runtime);
	_cleanup_(call_vector_deinit) struct call_vector calls = { 0 };
	enum timer_again by_callees;
	uint64_t entries[SETTERS_MAX] = { 0 };
	struct function function, setter;
	size_t count = 0;
	*ret = TIMER_ONCE;
	if (!binary_function(binary, entry, &function))
		return NULL;
	for (size_t i = 0; names[i]; i++) {
		if (pclntab_find_named(binary->modules[0].functions, names[i], &setter))
			entries[count++] = setter.entry;
	}
	TRY(calls_find(binary, entries, count, &calls));
	TRY(again_by(binary, &function, &calls, ret));
	TRY(again_by_callees(evidence, &function, &calls, &by_callees));
	*ret = MAX(*ret, by_callees);
	return NULL;
}

struct error *timer_starts_again(const struct live_evidence *evidence,
				 const struct timer_queues *queues,
				 const struct queued_timer *timer, enum timer_again *ret)
{
	static const char *const resets[] = { "time.(*Timer).Reset", "time.resetTimer", NULL };
	static const char *const fresh[] = { "time.AfterFunc", NULL };
	enum timer_again reset = TIMER_ONCE;
	TRY(again_calling(evidence, timer->function, fresh, ret));
	if (leads_to_itself(evidence, queues, timer))
		TRY(again_calling(evidence, timer->function, resets, &reset));
	*ret = MAX(*ret, reset);
	return NULL;
}
