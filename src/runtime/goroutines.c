/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/goroutines_private.h"

#include <string.h>

#include "runtime/deferred.h"
#include "runtime/labels.h"
#include "runtime/runtime_private.h"
#include "runtime/wait_queues.h"

/* What the steps of decoding share. */
struct decoding {
	struct runtime *runtime;
	const struct runtime_goroutines_options *options;
	struct captured_goroutines *result;
	struct frames frames;
	struct labels labels;
	struct waits waits;
};

static struct error *decode_stack(struct decoding *decoding,
				  const struct captured_goroutine *captured,
				  struct goroutine *goroutine)
{
	const char *problem = captured->problem;
	decoding->frames.steps.count = 0;
	if (captured->stack.bytes)
		TRY(frames_walk(&decoding->frames, &captured->stack, captured->start,
				captured->trapped, captured->from_syscall, &problem));
	goroutine->problem = problem;
	return frames_stack(&decoding->frames, &goroutine->stack);
}

/*
 * A goroutine of the runtime's own starts in package runtime. The one that runs finalizers (or
 * cleanups) counts as the user's while it is inside one of them: then its stack has frames of
 * other packages.
 */
static bool is_system(const struct binary *binary, uint64_t start_pc, const struct stack *stack)
{
	const struct layout *layout = &binary->layout;
	struct function function;
	if (!binary_function(binary, start_pc, &function) ||
	    strncmp(function.name, "runtime.", 8) != 0)
		return false;
	int32_t id = function.func_id;
	if (id == layout->func_id_runtime_main || id == layout->func_id_corostart ||
	    id == layout->func_id_handle_async_event)
		return false;
	if (id != layout->func_id_run_finalizers && id != layout->func_id_run_cleanups)
		return true;
	for (uint32_t i = 0; i < stack->count; i++) {
		if (strncmp(stack->frames[i].function, "runtime.", 8) != 0)
			return false;
	}
	return true;
}

static int32_t thread_of(const struct decoding *decoding, const uint8_t *g)
{
	const struct layout *layout = &decoding->runtime->binary->layout;
	const struct captured_thread *thread = capture_thread(&decoding->result->capture,
							      member_u64(g, layout->g_m));
	return thread ? (int32_t)member_u64(thread->m, layout->m_procid) : 0;
}

static struct error *decode_goroutine(struct decoding *decoding,
				      const struct captured_goroutine *captured, uint32_t index,
				      struct goroutine *ret)
{
	struct runtime *runtime = decoding->runtime;
	const struct layout *layout = &runtime->binary->layout;
	struct arena *arena = &decoding->result->goroutines.arena;
	const uint8_t *g = captured->g;
	struct goroutine goroutine = {
		.id = member_u64(g, layout->g_goid),
		.address = captured->address,
		.locked = member_u64(g, layout->g_lockedm) != 0,
		.thread = thread_of(decoding, g),
		.stack_bytes = member_u64(g, layout->g_stack_hi) -
			       member_u64(g, layout->g_stack_lo),
		.wait = { .descriptor = -1, .wakes_in_ns = INT64_MIN },
		.index = index,
	};

	TRY(goroutine_state_decode(runtime, &runtime->reasons, &decoding->result->capture, g, arena,
				   &goroutine));
	TRY(decode_stack(decoding, captured, &goroutine));
	goroutine.system = is_system(runtime->binary, member_u64(g, layout->g_startpc),
				     goroutine.stack);
	if (goroutine.id != 1)
		TRY(frames_creator(&decoding->frames, member_u64(g, layout->g_gopc),
				   &goroutine.creator));
	goroutine.creator.goroutine = member_u64(g, layout->g_parent_goid);
	labels_bubble_decode(runtime, g, &goroutine);
	goroutine.label_set = member_u64(g, layout->g_labels);
	TRY(labels_decode(&decoding->labels, goroutine.label_set, &goroutine.labels));
	if (decoding->options->with_waits) {
		TRY(waits_decode(&decoding->waits, captured, &decoding->frames.steps, &goroutine));
		if (decoding->options->standing)
			wait_queues_decode(&decoding->waits, captured, &goroutine.wait);
		TRY(deferred_decode(runtime, &decoding->result->capture, captured,
				    &decoding->frames, &goroutine));
	}
	*ret = goroutine;
	return NULL;
}

static struct error *decode_all(struct decoding *decoding)
{
	struct captured_goroutines *result = decoding->result;
	const struct capture *capture = &result->capture;
	size_t count = capture->goroutines.count;

	TRY(goroutine_vector_reserve(&result->goroutines.list, count));
	for (size_t i = 0; i < count; i++) {
		struct goroutine goroutine;
		TRY(decode_goroutine(decoding, &capture->goroutines.items[i], (uint32_t)i,
				     &goroutine));
		TRY(goroutine_vector_append(&result->goroutines.list, &goroutine));
	}
	result->goroutines.pause_ns = capture->pause.nanoseconds;
	result->goroutines.unstopped_threads = (uint32_t)capture->pause.unstopped;
	result->goroutines.torn = decoding->options->no_stop;
	result->goroutines.unreadable = capture->unreadable;
	result->goroutines.complete = capture->unreadable == 0;
	return NULL;
}

static struct error *decode_goroutines(struct runtime *runtime,
				       const struct runtime_goroutines_options *options,
				       struct captured_goroutines *result)
{
	struct decoding decoding = { .runtime = runtime, .options = options, .result = result };
	struct error *error = NULL;

	unwind_tables_init(&result->tables, runtime->binary);
	frames_init(&decoding.frames, &result->tables, &result->goroutines);
	labels_init(&decoding.labels, runtime, &result->goroutines.arena);
	if (options->with_waits)
		error = waits_init(&decoding.waits, runtime, &result->capture,
				   &result->goroutines.arena);
	if (!error && options->with_waits && options->standing)
		error = wait_queues_read(&decoding.waits);
	if (!error)
		error = decode_all(&decoding);
	waits_deinit(&decoding.waits);
	labels_deinit(&decoding.labels);
	frames_deinit(&decoding.frames);
	return error;
}

struct error *runtime_goroutines(struct runtime *runtime,
				 const struct runtime_goroutines_options *options,
				 struct goroutines **ret)
{
	struct captured_goroutines *result = calloc(1, sizeof(*result));
	if (!result)
		return error_no_memory();
	/* What cannot run need not be stopped, and cannot be torn. */
	struct runtime_goroutines_options used = *options;
	used.no_stop = options->no_stop && target_runs(runtime_target(runtime));
	struct error *error = capture_goroutines(runtime, &used, &result->capture);
	if (!error)
		error = decode_goroutines(runtime, &used, result);
	if (error) {
		runtime_goroutines_destroy(&result->goroutines);
		return error;
	}
	*ret = &result->goroutines;
	return NULL;
}

void runtime_goroutines_settle(struct goroutines *goroutines)
{
	struct captured_goroutines *result = (struct captured_goroutines *)goroutines;
	unwind_tables_deinit(&result->tables);
	capture_deinit(&result->capture);
	result->tables = (struct unwind_tables){ 0 };
	result->capture = (struct capture){ 0 };
}

void runtime_goroutines_destroy(struct goroutines *goroutines)
{
	if (!goroutines)
		return;
	struct captured_goroutines *result = (struct captured_goroutines *)goroutines;
	goroutines_deinit(&result->goroutines);
	unwind_tables_deinit(&result->tables);
	capture_deinit(&result->capture);
	free(result);
}
