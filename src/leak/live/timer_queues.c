/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/live/timer_queues.h"

#include <string.h>

#include "leak/live/library.h"
#include "runtime/batch.h"
#include "runtime/member.h"

#define PROCESSORS_MAX UINT64_C(4096)
#define TIMERS_MAX     (UINT64_C(1) << 24)

/*
 * Behind `when` follow, in all releases: period, the function that is called (a closure), and what it
 * is handed, an interface.
 */
enum { AFTER_PERIOD = 8, AFTER_FUNCTION = 16, AFTER_ARGUMENT = 32, AFTER_END = 40 };

void timer_queues_deinit(struct timer_queues *queues)
{
	queued_timer_vector_deinit(&queues->list);
	*queues = (struct timer_queues){ 0 };
}

struct reading {
	const struct heap *heap;
	const struct layout *layout;
	struct target *target;
	struct timer_queues *queues;
	/* What functions of timers are: there are few, and many timers. */
	struct map functions;
};

/* Of one processor: its array, and how many are in it. */
static struct error *read_queue(struct reading *reading, uint64_t processor)
{
	const struct layout *layout = reading->layout;
	bool wide = layout_has(layout->timer_when_size);
	uint64_t step = wide ? (uint64_t)layout->timer_when_size : 8;
	uint64_t place = wide ? (uint64_t)MAX(layout->timer_when_timer, 0) : 0;
	uint64_t slice[2];
	if (!error_ignore(target_read(reading->target, processor + (uint64_t)layout->p_timers_heap,
				      slice, sizeof(slice))) ||
	    !slice[0] || !slice[1])
		return NULL;
	uint32_t queue = library_vertex(reading->heap, slice[0]);
	/* It lies in the heap, and fits into its slot. */
	if (queue == VERTEX_NONE || step < 8 || place > step - 8 ||
	    slice[1] > heap_object_size(reading->heap, queue) / step ||
	    reading->queues->list.count + slice[1] > TIMERS_MAX)
		return NULL;
	_cleanup_(free_pointer) uint8_t *bytes = malloc(slice[1] * step);
	if (!bytes)
		return error_no_memory();
	if (!error_ignore(target_read(reading->target, slice[0], bytes, slice[1] * step)))
		return NULL;
	for (uint64_t i = 0; i < slice[1]; i++) {
		struct queued_timer timer = { .queue = queue };
		memcpy(&timer.address, bytes + i * step + place, sizeof(timer.address));
		if (!timer.address)
			continue;
		timer.vertex = library_vertex(reading->heap, timer.address);
		TRY(queued_timer_vector_append(&reading->queues->list, &timer));
	}
	return NULL;
}

static struct error *read_queues(struct reading *reading)
{
	uint64_t slice[2], all = runtime_global(reading->heap->runtime, GLOBAL_ALLP);
	if (!all || reading->layout->p_timers_heap < 0 ||
	    !error_ignore(target_read(reading->target, all, slice, sizeof(slice))))
		return NULL;
	for (uint64_t i = 0; i < MIN(slice[1], PROCESSORS_MAX); i++) {
		uint64_t processor;
		if (error_ignore(target_read_u64(reading->target, slice[0] + i * 8, &processor)) &&
		    processor)
			TRY(read_queue(reading, processor));
	}
	return NULL;
}

/* What a timer's function does: told by its name, once for each. */
static struct error *calls_of(struct reading *reading, uint64_t closure, enum timer_calls *ret)
{
	struct map_slot *slot = closure == UINT64_MAX ? NULL
						      : map_find(&reading->functions, closure);
	*ret = TIMER_OTHER;
	if (closure == UINT64_MAX)
		return NULL;
	if (!slot) {
		const char *name = library_closure(reading->heap, closure, NULL);
		enum timer_calls calls = TIMER_OTHER;
		if (name && strcmp(name, "time.sendTime") == 0)
			calls = TIMER_SENDS;
		else if (name && strcmp(name, "time.goFunc") == 0)
			calls = TIMER_FUNCTION;
		TRY(map_insert(&reading->functions, closure, calls, &slot));
	}
	*ret = (enum timer_calls)slot->value;
	return NULL;
}

static bool is_waiting(const struct layout *layout, const uint8_t *timer, uint64_t when)
{
	if (!layout_has(layout->timer_status))
		return when != 0; /* what was stopped has none */
	return (int32_t)member_u32(timer, layout->timer_status) == layout->timer_status_waiting;
}

/*
 * Stop leaves a timer in the queue, marked, until the runtime comes by. Up to Go 1.22 there are words for
 * that, which follow the one for waiting in all releases: running, deleted, removing, removed.
 */
static bool is_stopped(const struct layout *layout, const uint8_t *timer, uint64_t when)
{
	enum { DELETED = 2, REMOVED = 4 };
	if (!layout_has(layout->timer_status))
		return when == 0;
	int32_t status = (int32_t)member_u32(timer, layout->timer_status) -
			 layout->timer_status_waiting;
	return status < 0 || (status >= DELETED && status <= REMOVED);
}

static struct error *decode(struct reading *reading, const uint8_t *bytes,
			    struct queued_timer *timer)
{
	const struct layout *layout = reading->layout;
	int32_t when = layout->timer_when;
	uint64_t argument = member_u64(bytes, when + AFTER_ARGUMENT);
	timer->when = member_u64(bytes, when);
	timer->period = member_u64(bytes, when + AFTER_PERIOD);
	timer->waits = is_waiting(layout, bytes, timer->when);
	TRY(calls_of(reading, member_u64(bytes, when + AFTER_FUNCTION), &timer->calls));
	timer->argument = library_vertex(reading->heap, argument);
	if (timer->calls == TIMER_FUNCTION)
		(void)library_closure(reading->heap, argument, &timer->function);
	return NULL;
}

static struct error *read_timers(struct reading *reading)
{
	const struct layout *layout = reading->layout;
	_cleanup_(arena_deinit) struct arena arena = { 0 };
	_cleanup_(batch_deinit) struct batch batch = { .target = reading->target, .arena = &arena };
	struct queued_timer_vector *list = &reading->queues->list;
	size_t kept = 0;
	if (layout->timer_when < 0 || layout->timer_size < layout->timer_when + AFTER_END ||
	    layout->timer_status > layout->timer_size - 4)
		list->count = 0;
	for (size_t i = 0; i < list->count; i++)
		TRY(batch_add(&batch, list->items[i].address, (size_t)layout->timer_size));
	TRY(batch_run(&batch));
	for (size_t i = 0; i < list->count; i++) {
		struct queued_timer timer = list->items[i];
		const uint8_t *bytes = batch_bytes(&batch, i);
		if (!bytes)
			continue;
		TRY(decode(reading, bytes, &timer));
		if (!is_stopped(layout, bytes, timer.when))
			list->items[kept++] = timer;
	}
	list->count = kept;
	return NULL;
}

struct error *timer_queues_read(const struct heap *heap, struct timer_queues *ret)
{
	_cleanup_(timer_queues_deinit) struct timer_queues queues = { 0 };
	struct reading reading = {
		.heap = heap,
		.layout = &runtime_binary(heap->runtime)->layout,
		.target = runtime_target(heap->runtime),
		.queues = &queues,
	};
	queues.now = target_now(reading.target);
	queues.all = layout_has(reading.layout->timer_status);
	struct error *error = read_queues(&reading);
	if (!error)
		error = read_timers(&reading);
	map_deinit(&reading.functions);
	TRY(error);
	*ret = queues;
	queues = (struct timer_queues){ 0 };
	return NULL;
}
