/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/capture_private.h"

#include <string.h>

#include "runtime/goroutine_state.h"
#include "runtime/present.h"
#include "target/process.h"
#include "target/procfs.h"

/* As many as there may be in the memory that the process has. */
static uint64_t goroutines_max(const struct capturing *capturing)
{
	return capturing->bytes_there / (uint64_t)MAX(capturing->layout->g_size, INT32_C(64));
}

const struct captured_thread *capture_thread(const struct capture *capture, uint64_t address)
{
	const struct map_slot *slot = map_find(&capture->thread_by_address, address);
	return slot ? &capture->threads.items[slot->value] : NULL;
}

/* The list of all goroutines: an array that only grows, published length last. */
static struct error *read_list(struct capturing *capturing, uint64_t **ret, size_t *ret_count)
{
	struct runtime *runtime = capturing->runtime;
	struct target *target = runtime_target(runtime);
	uint64_t count, array;
	TRY(target_read_u64(target, runtime_global(runtime, GLOBAL_ALLGLEN), &count));
	TRY(target_read_u64(target, runtime_global(runtime, GLOBAL_ALLGPTR), &array));
	if (count > goroutines_max(capturing))
		return error_new(
			ERROR_CORRUPT,
			"%s: the list of goroutines claims %llu of them, more than fit in its "
			"memory; is this really %s?",
			target_name(target), (unsigned long long)count,
			runtime_binary(runtime)->release);

	uint64_t *list = arena_allocate_raw(&capturing->capture->arena, count * sizeof(*list));
	if (!list)
		return error_no_memory();
	if (count)
		TRY(target_read(target, array, list, count * sizeof(*list)));
	*ret = list;
	*ret_count = count;
	return NULL;
}

static struct error *add_goroutine(struct capturing *capturing, uint64_t address, const uint8_t *g)
{
	const struct layout *layout = capturing->layout;
	uint32_t status = member_u32(g, layout->g_atomicstatus) & G_STATUS_MASK;
	if (status == G_DEAD || status == G_DEAD_EXTRA)
		return NULL;
	struct captured_goroutine goroutine = {
		.address = address,
		.g = g,
		.stack_high = member_u64(g, layout->g_stack_hi),
		.thread = member_u64(g, layout->g_m),
		.locked_thread = member_u64(g, layout->g_lockedm),
		.waiting = member_u64(g, layout->g_waiting),
		.timer = member_u64(g, layout->g_timer),
		.deferred = member_u64(g, layout->g_defer),
		.reason = member_u8(g, layout->g_waitreason),
	};
	goroutine.parked = status == G_WAITING;
	goroutine.running = status == G_RUNNING && !member_u64(g, layout->g_syscallsp);
	if (!goroutine.running)
		capture_locate_parked(capturing, &goroutine);
	return captured_goroutine_vector_append(&capturing->capture->goroutines, &goroutine);
}

/* As many at once as stay in the processor's cache until they have been looked through. */
static struct error *read_goroutines(struct capturing *capturing)
{
	enum { AT_ONCE = 1024 };
	struct capture *capture = capturing->capture;
	uint64_t *list = NULL;
	size_t count = 0;
	TRY(read_list(capturing, &list, &count));

	for (size_t from = 0; from < count; from += AT_ONCE) {
		size_t some = MIN(count - from, (size_t)AT_ONCE);
		batch_clear(&capturing->batch);
		for (size_t i = 0; i < some; i++)
			TRY(batch_add(&capturing->batch, list[from + i],
				      (size_t)capturing->layout->g_size));
		TRY(batch_run(&capturing->batch));
		for (size_t i = 0; i < some; i++) {
			const uint8_t *g = batch_bytes(&capturing->batch, i);
			if (g)
				TRY(add_goroutine(capturing, list[from + i], g));
			else
				capture->unreadable++;
		}
	}
	return NULL;
}

/* The threads that goroutines run on or are locked to. */
static struct error *read_threads(struct capturing *capturing)
{
	struct capture *capture = capturing->capture;
	capture_objects_begin(capturing);
	for (size_t i = 0; i < capture->goroutines.count; i++) {
		const struct captured_goroutine *goroutine = &capture->goroutines.items[i];
		TRY(capture_objects_want(capturing, CAPTURED_THREAD, goroutine->thread));
		TRY(capture_objects_want(capturing, CAPTURED_THREAD, goroutine->locked_thread));
	}
	TRY(capture_objects_run(capturing));

	for (size_t i = 0; i < capturing->keys.count; i++) {
		struct captured_thread thread = {
			.address = capturing->keys.items[i] & ~(uint64_t)7,
			.m = batch_bytes(&capturing->batch, i),
		};
		if (!thread.m)
			continue;
		struct map_slot *slot;
		TRY(map_insert(&capture->thread_by_address, thread.address, capture->threads.count,
			       &slot));
		TRY(captured_thread_vector_append(&capture->threads, &thread));
	}
	return NULL;
}

/*
 * Have the memory that copying is going to need at hand before the process is stopped: most
 * goroutines use less than a kilobyte of their stacks.
 */
static void prepare(struct capturing *capturing)
{
	enum { STACK_BYTES = 640, PREPARE_MAX = 256 << 20 };
	const struct layout *layout = capturing->layout;
	uint64_t count;
	if (!error_ignore(target_read_u64(runtime_target(capturing->runtime),
					  runtime_global(capturing->runtime, GLOBAL_ALLGLEN),
					  &count)) ||
	    count > goroutines_max(capturing))
		return;
	size_t each = (size_t)(layout->g_size + layout->sudog_size) + sizeof(uint64_t) +
		      STACK_BYTES;
	arena_prepare(&capturing->capture->arena, MIN(count * each, (size_t)PREPARE_MAX));
	/* Vectors grow by copying; that costs less now than while the process waits. */
	struct captured_goroutine_vector *goroutines = &capturing->capture->goroutines;
	(void)error_ignore(batch_prepare(&capturing->batch, count));
	(void)error_ignore(map_reserve(&capturing->capture->objects, count * 3 / 2));
	if (error_ignore(captured_goroutine_vector_reserve(goroutines, count)) && count)
		memset(goroutines->items, 0, count * sizeof(*goroutines->items));
}

/*
 * How long copying is going to take, from what it took elsewhere: a goroutine costs its g, its
 * stack and its sudog. On the safe side, since a slow machine takes longer.
 */
static uint64_t estimate_pause(struct runtime *runtime)
{
	enum { NS_EACH = 2500 };
	struct target *target = runtime_target(runtime);
	struct process_facts facts;
	uint64_t goroutines;
	if (!error_ignore(target_read_u64(target, runtime_global(runtime, GLOBAL_ALLGLEN),
					  &goroutines)) ||
	    !error_ignore(process_facts_read(target_pid(target), &facts)))
		return 0;
	return process_stop_estimate(facts.threads) + goroutines * NS_EACH;
}

static struct error *check_pause(struct runtime *runtime, uint64_t allowed_ns)
{
	uint64_t estimate = estimate_pause(runtime);
	if (!allowed_ns || estimate <= allowed_ns)
		return NULL;
	return error_new(
		ERROR_LIMIT,
		"%s would be stopped for about %.1f ms, and %.1f are allowed; --no-stop reads "
		"it as it runs",
		target_name(runtime_target(runtime)), (double)estimate / 1e6,
		(double)allowed_ns / 1e6);
}

static struct error *read_all(struct capturing *capturing,
			      const struct runtime_goroutines_options *options)
{
	TRY(read_goroutines(capturing));
	TRY(read_threads(capturing));
	TRY(capture_stacks(capturing));
	return options->with_waits ? capture_waits(capturing) : NULL;
}

struct error *capture_goroutines(struct runtime *runtime,
				 const struct runtime_goroutines_options *options,
				 struct capture *ret)
{
	struct target *target = runtime_target(runtime);
	struct capture capture = { 0 };
	struct capturing capturing = {
		.runtime = runtime,
		.layout = &runtime_binary(runtime)->layout,
		.capture = &capture,
		.batch = { .target = target, .arena = &capture.arena },
		.stopped = !options->no_stop,
	};

	capturing.bytes_there = capture_bytes_there(target);
	bool stop = capturing.stopped && !options->standing;
	if (stop) {
		TRY(check_pause(runtime, options->max_pause_ns));
		if (target_runs(target))
			prepare(&capturing);
	}
	struct error *error = stop ? target_stop(target) : NULL;
	if (!error)
		error = read_all(&capturing, options);
	capture.now = runtime_present(runtime, &capture);
	if (stop)
		target_release(target, &capture.pause);

	if (!error)
		error = capture_drop_repeated(&capture);
	batch_deinit(&capturing.batch);
	u64_vector_deinit(&capturing.keys);
	if (error) {
		capture_deinit(&capture);
		return error;
	}
	*ret = capture;
	return NULL;
}

void capture_deinit(struct capture *capture)
{
	arena_deinit(&capture->arena);
	captured_goroutine_vector_deinit(&capture->goroutines);
	captured_thread_vector_deinit(&capture->threads);
	map_deinit(&capture->thread_by_address);
	map_deinit(&capture->goroutine_by_address);
	map_deinit(&capture->objects);
}
