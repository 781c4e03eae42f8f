/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/capture.h"

#include <string.h>

#include "runtime/globals.h"
#include "runtime/goroutine_state.h"
#include "target/process.h"
#include "target/procfs.h"

/* More goroutines than this is not a program but a misread length. */
#define GOROUTINES_MAX ((uint64_t)1 << 27)
/* Of one stack, and of all of them: a recursion without end may have a gigabyte. */
#define STACK_COPY_MAX        ((uint64_t)16 << 20)
#define STACKS_COPY_MAX       ((uint64_t)512 << 20)
#define SIGNAL_STACK_COPY_MAX ((uint64_t)64 << 10)
/* What they wait for, in all; what is beyond stays unknown. Lists in a broken heap may have no end. */
#define OBJECTS_MAX             ((size_t)1 << 25)
#define SELECT_CASES_MAX        65536 /* the runtime's own limit */
#define RELEASE_SEMAPHORES_IN_G 26    /* g.waiting leads to the sudog of a semaphore, too */

/* From Go 1.26 the collector may blank the first word of these pairs for a while, never the second. */
uint64_t sudog_channel(const struct layout *layout, const uint8_t *sudog)
{
	return member_u64(sudog, layout->sudog_c_vu >= 0 ? layout->sudog_c_vu : layout->sudog_c);
}

uint64_t sudog_element(const struct layout *layout, const uint8_t *sudog)
{
	return member_u64(sudog,
			  layout->sudog_elem_vu >= 0 ? layout->sudog_elem_vu : layout->sudog_elem);
}

const uint8_t *capture_object(const struct capture *capture, enum captured_kind kind,
			      uint64_t address)
{
	const struct map_slot *slot = map_find(&capture->objects, address | kind);
	return slot ? (const uint8_t *)(uintptr_t)slot->value : NULL;
}

const struct captured_thread *capture_thread(const struct capture *capture, uint64_t address)
{
	const struct map_slot *slot = map_find(&capture->thread_by_address, address);
	return slot ? &capture->threads.items[slot->value] : NULL;
}

/* What the steps of one capture share. */
struct capturing {
	struct runtime *runtime;
	const struct layout *layout;
	struct capture *capture;
	struct batch batch;
	struct u64_vector keys; /* in capture->objects, of what the batch in hand reads */
	bool stopped;
};

static uint32_t status_of(const struct capturing *capturing, const uint8_t *g)
{
	return member_u32(g, capturing->layout->g_atomicstatus) & G_STATUS_MASK;
}

/* The list of all goroutines: an array that only grows, published length last. */
static struct error *read_list(struct capturing *capturing, uint64_t **ret, size_t *ret_count)
{
	struct runtime *runtime = capturing->runtime;
	struct target *target = runtime_target(runtime);
	uint64_t count, array;
	TRY(target_read_u64(target, runtime_global(runtime, GLOBAL_ALLGLEN), &count));
	TRY(target_read_u64(target, runtime_global(runtime, GLOBAL_ALLGPTR), &array));
	if (count > GOROUTINES_MAX)
		return error_new(
			ERROR_CORRUPT,
			"%s: the list of goroutines claims %llu of them; is this really %s?",
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

static struct error *read_goroutines(struct capturing *capturing)
{
	struct capture *capture = capturing->capture;
	uint64_t *list = NULL;
	size_t count = 0;
	TRY(read_list(capturing, &list, &count));

	batch_clear(&capturing->batch);
	TRY(target_range_vector_reserve(&capturing->batch.ranges, count));
	for (size_t i = 0; i < count; i++)
		TRY(batch_add(&capturing->batch, list[i], (size_t)capturing->layout->g_size));
	TRY(batch_run(&capturing->batch));

	TRY(captured_goroutine_vector_reserve(&capture->goroutines, count));
	for (size_t i = 0; i < count; i++) {
		struct captured_goroutine goroutine = {
			.address = list[i],
			.g = batch_bytes(&capturing->batch, i),
		};
		if (!goroutine.g) {
			capture->unreadable++;
			continue;
		}
		uint32_t status = status_of(capturing, goroutine.g);
		if (status == G_DEAD || status == G_DEAD_EXTRA)
			continue;
		TRY(captured_goroutine_vector_append(&capture->goroutines, &goroutine));
	}
	return NULL;
}

static int32_t size_of(const struct layout *layout, enum captured_kind kind)
{
	switch (kind) {
	case CAPTURED_THREAD:
		return layout->m_size;
	case CAPTURED_SUDOG:
		return layout->sudog_size;
	case CAPTURED_CHANNEL:
		return layout->hchan_size;
	case CAPTURED_TIMER:
		return layout->timer_size;
	case CAPTURED_DEFER:
		return layout->defer_size;
	}
	return LAYOUT_ABSENT;
}

/*
 * Note that the object at `address` is wanted, unless it is there or noted already. One place may
 * be wanted as things of two kinds, which is nonsense, but then their sizes differ.
 */
static struct error *want_object(struct capturing *capturing, enum captured_kind kind,
				 uint64_t address)
{
	struct map *objects = &capturing->capture->objects;
	int32_t size = size_of(capturing->layout, kind);
	uint64_t key = address | kind;
	if (!address || address % 8 || size <= 0 || objects->count >= OBJECTS_MAX ||
	    map_find(objects, key))
		return NULL;
	struct map_slot *slot;
	TRY(map_insert(objects, key, 0, &slot));
	TRY(u64_vector_append(&capturing->keys, &key));
	return batch_add(&capturing->batch, address, (size_t)size);
}

static void begin_objects(struct capturing *capturing)
{
	batch_clear(&capturing->batch);
	capturing->keys.count = 0;
}

static struct error *run_objects(struct capturing *capturing)
{
	TRY(batch_run(&capturing->batch));
	for (size_t i = 0; i < capturing->keys.count; i++) {
		struct map_slot *slot = map_find(&capturing->capture->objects,
						 capturing->keys.items[i]);
		slot->value = (uintptr_t)batch_bytes(&capturing->batch, i);
	}
	return NULL;
}

/* The threads that goroutines run on or are locked to. */
static struct error *read_threads(struct capturing *capturing)
{
	struct capture *capture = capturing->capture;
	begin_objects(capturing);
	for (size_t i = 0; i < capture->goroutines.count; i++) {
		const uint8_t *g = capture->goroutines.items[i].g;
		TRY(want_object(capturing, CAPTURED_THREAD, member_u64(g, capturing->layout->g_m)));
		TRY(want_object(capturing, CAPTURED_THREAD,
				member_u64(g, capturing->layout->g_lockedm)));
	}
	TRY(run_objects(capturing));

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

static const struct registers *registers_of(const struct capturing *capturing,
					    const struct captured_thread *thread)
{
	if (!capturing->stopped)
		return NULL;
	size_t count;
	const struct target_thread *threads = target_threads(runtime_target(capturing->runtime),
							     &count);
	uint64_t id = member_u64(thread->m, capturing->layout->m_procid);
	for (size_t i = 0; i < count; i++) {
		if ((uint64_t)threads[i].namespace_id == id)
			return threads[i].stopped ? &threads[i].registers : NULL;
	}
	return NULL;
}

static bool on_stack(const struct capturing *capturing, const uint8_t *g, uint64_t sp)
{
	return sp > member_u64(g, capturing->layout->g_stack_lo) &&
	       sp < member_u64(g, capturing->layout->g_stack_hi);
}

/*
 * Where a thread was on its goroutine's stack when a signal took it to the signal stack. The
 * handler may be any of the runtime's, or a C library's that was called from it.
 */
static bool before_signal(struct capturing *capturing, const struct captured_thread *thread,
			  const struct registers *registers, struct machine_frame *ret)
{
	const struct layout *layout = capturing->layout;
	struct target *target = runtime_target(capturing->runtime);
	uint64_t handler = member_u64(thread->m, layout->m_gsignal);
	uint64_t low, high;
	if (!handler ||
	    !error_ignore(target_read_u64(target, handler + (uint64_t)layout->g_stack_lo, &low)) ||
	    !error_ignore(target_read_u64(target, handler + (uint64_t)layout->g_stack_hi, &high)))
		return false;
	if (registers->sp < low || registers->sp >= high ||
	    high - registers->sp > SIGNAL_STACK_COPY_MAX)
		return false;

	size_t size = (size_t)(high - registers->sp);
	uint8_t *bytes = arena_allocate_raw(&capturing->capture->arena, size);
	if (!bytes || !error_ignore(target_read(target, registers->sp, bytes, size)))
		return false;
	struct stack_bytes stack = { .low = registers->sp, .high = high, .bytes = bytes };
	return machine_signal_frame(&stack, low, high - low, ret);
}

/*
 * What the runtime saved when it left the goroutine's stack for the system stack. Only a call of
 * systemstack() saves it for sure: other ways there (mcall, the race detector, the first
 * instructions of a vDSO call) leave what the last park saved, which would be a lie.
 */
static bool saved_for_system_stack(const struct capturing *capturing, const uint8_t *g,
				   struct machine_frame *ret)
{
	const struct layout *layout = capturing->layout;
	struct function function;
	ret->pc = member_u64(g, layout->g_sched_pc);
	ret->sp = member_u64(g, layout->g_sched_sp);
	return binary_function(runtime_binary(capturing->runtime), ret->pc, &function) &&
	       function.func_id == layout->func_id_systemstack_switch;
}

/*
 * Where the walk of a running goroutine starts: its thread's registers when they are on its
 * stack; what was saved when the thread went to the system stack, into the kernel's vDSO or into
 * a signal handler otherwise.
 */
static void locate_running(struct capturing *capturing, struct captured_goroutine *goroutine)
{
	const struct layout *layout = capturing->layout;
	const uint8_t *g = goroutine->g;
	const struct captured_thread *thread = capture_thread(capturing->capture,
							      member_u64(g, layout->g_m));
	const struct registers *registers = thread ? registers_of(capturing, thread) : NULL;
	if (!registers) {
		goroutine->problem =
			capturing->stopped
				? "it was running on a thread that could not be stopped"
				: "it is running; without a stop its stack cannot be read";
		return;
	}

	struct machine_frame frame;
	uint64_t vdso_sp = member_u64(thread->m, layout->m_vdso_sp);
	if (on_stack(capturing, g, registers->sp)) {
		goroutine->start = (struct machine_frame){ registers->pc, registers->sp };
		goroutine->trapped = true;
	} else if (vdso_sp && on_stack(capturing, g, vdso_sp)) {
		goroutine->start = (struct machine_frame){ member_u64(thread->m, layout->m_vdso_pc),
							   vdso_sp };
	} else if (before_signal(capturing, thread, registers, &frame) &&
		   on_stack(capturing, g, frame.sp)) {
		goroutine->start = frame;
		goroutine->trapped = true;
	} else if (saved_for_system_stack(capturing, g, &frame)) {
		goroutine->start = frame;
	} else {
		goroutine->problem =
			"its thread was on the system stack; where it came from was not saved";
	}
}

static void locate_start(struct capturing *capturing, struct captured_goroutine *goroutine)
{
	const struct layout *layout = capturing->layout;
	const uint8_t *g = goroutine->g;
	uint64_t syscall_sp = member_u64(g, layout->g_syscallsp);

	if (syscall_sp) {
		goroutine->start = (struct machine_frame){ member_u64(g, layout->g_syscallpc),
							   syscall_sp };
		goroutine->from_syscall = true;
	} else if (status_of(capturing, g) == G_RUNNING) {
		locate_running(capturing, goroutine);
	} else {
		goroutine->start = (struct machine_frame){
			member_u64(g, layout->g_sched_pc),
			member_u64(g, layout->g_sched_sp),
		};
	}
	if (!goroutine->problem && !on_stack(capturing, g, goroutine->start.sp))
		goroutine->problem = "its stack pointer is not on its stack";
}

static struct error *read_stacks(struct capturing *capturing)
{
	struct captured_goroutine_vector *list = &capturing->capture->goroutines;
	uint64_t total = 0;

	batch_clear(&capturing->batch);
	for (size_t i = 0; i < list->count; i++) {
		struct captured_goroutine *goroutine = &list->items[i];
		locate_start(capturing, goroutine);
		if (goroutine->problem)
			continue;
		uint64_t high = member_u64(goroutine->g, capturing->layout->g_stack_hi);
		uint64_t size = high - goroutine->start.sp;
		if (size > STACK_COPY_MAX)
			size = STACK_COPY_MAX;
		if (total + size > STACKS_COPY_MAX) {
			goroutine->problem =
				"the stacks of all goroutines are too large to be copied";
			continue;
		}
		total += size;
		goroutine->stack.low = goroutine->start.sp;
		goroutine->stack.high = goroutine->start.sp + size;
		TRY(batch_add(&capturing->batch, goroutine->stack.low, (size_t)size));
	}
	TRY(batch_run(&capturing->batch));

	size_t at = 0;
	for (size_t i = 0; i < list->count; i++) {
		struct captured_goroutine *goroutine = &list->items[i];
		if (goroutine->stack.low == goroutine->stack.high)
			continue;
		goroutine->stack.bytes = batch_bytes(&capturing->batch, at++);
		if (!goroutine->stack.bytes) {
			goroutine->stack = (struct stack_bytes){ 0 };
			goroutine->problem = "its stack cannot be read";
		}
	}
	return NULL;
}

/*
 * What the waiting ones hang on, one hop a round: the first sudog and the timer of each; then the
 * sudogs' channels and, of a select, the next sudog, and so on along the longest select.
 */
static struct error *read_waits(struct capturing *capturing)
{
	const struct layout *layout = capturing->layout;
	struct capture *capture = capturing->capture;
	_cleanup_(u64_vector_deinit) struct u64_vector sudogs = { 0 };

	begin_objects(capturing);
	for (size_t i = 0; i < capture->goroutines.count; i++) {
		const uint8_t *g = capture->goroutines.items[i].g;
		uint64_t sudog = member_u64(g, layout->g_waiting);
		if (sudog) {
			TRY(want_object(capturing, CAPTURED_SUDOG, sudog));
			TRY(u64_vector_append(&sudogs, &sudog));
		}
		TRY(want_object(capturing, CAPTURED_TIMER, member_u64(g, layout->g_timer)));
	}
	TRY(run_objects(capturing));

	for (int hop = 0; sudogs.count && hop < SELECT_CASES_MAX; hop++) {
		size_t next = 0;
		begin_objects(capturing);
		for (size_t i = 0; i < sudogs.count; i++) {
			const uint8_t *sudog = capture_object(capture, CAPTURED_SUDOG,
							      sudogs.items[i]);
			if (!sudog)
				continue;
			TRY(want_object(capturing, CAPTURED_CHANNEL, sudog_channel(layout, sudog)));
			uint64_t link = member_u64(sudog, layout->sudog_waitlink);
			if (!member_u8(sudog, layout->sudog_is_select) || !link ||
			    map_find(&capture->objects, link | CAPTURED_SUDOG))
				continue;
			TRY(want_object(capturing, CAPTURED_SUDOG, link));
			sudogs.items[next++] = link;
		}
		sudogs.count = next;
		TRY(run_objects(capturing));
	}
	return NULL;
}

/* The next deferred call behind this one; 0 when it is not known or there is none. */
static uint64_t next_deferred(const struct capturing *capturing,
			      const struct captured_goroutine *goroutine, uint64_t address)
{
	uint64_t link = 0;
	int32_t offset = capturing->layout->defer_link;
	const uint8_t *deferred = capture_object(capturing->capture, CAPTURED_DEFER, address);
	if (deferred)
		return member_u64(deferred, offset);
	if (offset >= 0)
		(void)stack_bytes_word(&goroutine->stack, address + (uint64_t)offset, &link);
	return link;
}

/*
 * Pending deferred calls: records on the stack, which is here already, or in the heap. One hop a
 * round; a defer in a loop may have made a list without end, of which the head is enough.
 */
static struct error *read_deferred(struct capturing *capturing)
{
	const struct captured_goroutine_vector *list = &capturing->capture->goroutines;
	_cleanup_(u64_vector_deinit) struct u64_vector at = { 0 };
	TRY(u64_vector_reserve(&at, list->count));
	for (size_t i = 0; i < list->count; i++)
		at.items[i] = member_u64(list->items[i].g, capturing->layout->g_defer);

	for (int hop = 0; hop < DEFERRED_MAX; hop++) {
		size_t left = 0;
		begin_objects(capturing);
		for (size_t i = 0; i < list->count; i++) {
			const struct stack_bytes *stack = &list->items[i].stack;
			if (at.items[i] < stack->low || at.items[i] >= stack->high)
				TRY(want_object(capturing, CAPTURED_DEFER, at.items[i]));
		}
		TRY(run_objects(capturing));
		for (size_t i = 0; i < list->count; i++) {
			if (at.items[i])
				at.items[i] = next_deferred(capturing, &list->items[i],
							    at.items[i]);
			left += at.items[i] != 0;
		}
		if (!left)
			break;
	}
	return NULL;
}

/*
 * Up to Go 1.25 a goroutine that waits for a semaphore does not say for which: the runtime's table
 * of semaphores does. Each of its roots is a tree of addresses, each node of it a list of waiters.
 */
static struct error *read_semaphores(struct capturing *capturing)
{
	const struct layout *layout = capturing->layout;
	struct capture *capture = capturing->capture;
	uint64_t table = runtime_global(capturing->runtime, GLOBAL_SEMTABLE);
	if (runtime_binary(capturing->runtime)->minor >= RELEASE_SEMAPHORES_IN_G || !table ||
	    layout->sema_table_entry_stride <= 0)
		return NULL;

	size_t size = (size_t)layout->sema_table_entry_stride * SEMAPHORE_ROOTS;
	uint8_t *roots = arena_allocate_raw(&capture->arena, size);
	if (!roots)
		return error_no_memory();
	TRY(target_read(runtime_target(capturing->runtime), table, roots, size));

	begin_objects(capturing);
	for (size_t i = 0; i < SEMAPHORE_ROOTS; i++)
		TRY(want_object(capturing, CAPTURED_SUDOG,
				member_u64(roots + i * (size_t)layout->sema_table_entry_stride,
					   layout->sema_root_treap)));
	while (capturing->keys.count) {
		TRY(run_objects(capturing));
		_cleanup_(u64_vector_deinit) struct u64_vector level = capturing->keys;
		capturing->keys = (struct u64_vector){ 0 };
		begin_objects(capturing);
		for (size_t i = 0; i < level.count; i++) {
			uint64_t address = level.items[i] & ~(uint64_t)7;
			const uint8_t *sudog = capture_object(capture, CAPTURED_SUDOG, address);
			uint64_t g = sudog ? member_u64(sudog, layout->sudog_g) : 0;
			if (!g || g == UINT64_MAX)
				continue;
			struct map_slot *slot;
			TRY(map_insert(&capture->semaphores, g, address, &slot));
			TRY(want_object(capturing, CAPTURED_SUDOG,
					member_u64(sudog, layout->sudog_prev)));
			TRY(want_object(capturing, CAPTURED_SUDOG,
					member_u64(sudog, layout->sudog_next)));
			TRY(want_object(capturing, CAPTURED_SUDOG,
					member_u64(sudog, layout->sudog_waitlink)));
		}
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
	    count > GOROUTINES_MAX)
		return;
	size_t each = (size_t)(layout->g_size + layout->sudog_size) + sizeof(uint64_t) +
		      STACK_BYTES;
	arena_prepare(&capturing->capture->arena, MIN(count * each, (size_t)PREPARE_MAX));
	/* Vectors grow by copying; that costs less now than while the process waits. */
	(void)error_ignore(target_range_vector_reserve(&capturing->batch.ranges, count));
	(void)error_ignore(target_range_vector_reserve(&capturing->batch.pieces, count));
	(void)error_ignore(u64_vector_reserve(&capturing->batch.firsts, count));
	(void)error_ignore(
		captured_goroutine_vector_reserve(&capturing->capture->goroutines, count));
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
	TRY(read_stacks(capturing));
	if (options->with_waits) {
		TRY(read_waits(capturing));
		TRY(read_deferred(capturing));
		TRY(read_semaphores(capturing));
	}
	return NULL;
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

	if (capturing.stopped) {
		TRY(check_pause(runtime, options->max_pause_ns));
		prepare(&capturing);
	}
	struct error *error = capturing.stopped ? target_stop(target) : NULL;
	if (!error)
		error = read_all(&capturing, options);
	capture.now = target_now(target);
	if (capturing.stopped)
		target_release(target, &capture.pause);

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
	map_deinit(&capture->objects);
	map_deinit(&capture->semaphores);
}
