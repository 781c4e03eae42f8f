/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/capture_private.h"
#include "runtime/goroutine_state.h"

/* Of one stack, and of all of them: a recursion without end may have a gigabyte. */
#define STACK_COPY_MAX        ((uint64_t)16 << 20)
#define STACKS_COPY_MAX       ((uint64_t)512 << 20)
#define SIGNAL_STACK_COPY_MAX ((uint64_t)64 << 10)

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

/* Is it on the stack of one of the thread's own goroutines, by the offset of which m leads to it? */
static bool on_own_stack(const struct capturing *capturing, const struct captured_thread *thread,
			 int32_t offset, uint64_t sp)
{
	const struct layout *layout = capturing->layout;
	struct target *target = runtime_target(capturing->runtime);
	uint64_t own = offset >= 0 ? member_u64(thread->m, offset) : 0, low, high;
	return own &&
	       error_ignore(target_read_u64(target, own + (uint64_t)layout->g_stack_lo, &low)) &&
	       error_ignore(target_read_u64(target, own + (uint64_t)layout->g_stack_hi, &high)) &&
	       sp > low && sp < high;
}

/*
 * A core that was written from outside of the process's PID namespace has the threads' ids there,
 * which the runtime does not know: then the stack tells whose registers they are.
 */
static const struct registers *registers_by_stack(const struct capturing *capturing,
						  const struct captured_thread *thread,
						  const uint8_t *g)
{
	const struct layout *layout = capturing->layout;
	struct target *target = runtime_target(capturing->runtime);
	size_t count;
	const struct target_thread *threads = target_threads(target, &count);
	for (size_t i = 0; i < count && !target_runs(target); i++) {
		uint64_t sp = threads[i].registers.sp;
		if (threads[i].stopped && (on_stack(capturing, g, sp) ||
					   on_own_stack(capturing, thread, layout->m_g0, sp) ||
					   on_own_stack(capturing, thread, layout->m_gsignal, sp)))
			return &threads[i].registers;
	}
	return NULL;
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
	size_t threads;
	(void)target_threads(target, &threads);
	if (!handler || capturing->signal_stacks >= threads ||
	    !error_ignore(target_read_u64(target, handler + (uint64_t)layout->g_stack_lo, &low)) ||
	    !error_ignore(target_read_u64(target, handler + (uint64_t)layout->g_stack_hi, &high)))
		return false;
	if (registers->sp < low || registers->sp >= high ||
	    high - registers->sp > SIGNAL_STACK_COPY_MAX)
		return false;

	size_t size = (size_t)(high - registers->sp);
	capturing->signal_stacks++; /* no thread has more than one */
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
							      goroutine->thread);
	const struct registers *registers = thread ? registers_of(capturing, thread) : NULL;
	if (!registers && thread)
		registers = registers_by_stack(capturing, thread, g);
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

static void check_start(const struct capturing *capturing, struct captured_goroutine *goroutine)
{
	if (!goroutine->problem && !on_stack(capturing, goroutine->g, goroutine->start.sp))
		goroutine->problem = "its stack pointer is not on its stack";
}

void capture_locate_parked(const struct capturing *capturing, struct captured_goroutine *goroutine)
{
	const struct layout *layout = capturing->layout;
	const uint8_t *g = goroutine->g;
	uint64_t syscall_sp = member_u64(g, layout->g_syscallsp);

	goroutine->from_syscall = syscall_sp != 0;
	goroutine->start = (struct machine_frame){
		.pc = member_u64(g, syscall_sp ? layout->g_syscallpc : layout->g_sched_pc),
		.sp = syscall_sp ? syscall_sp : member_u64(g, layout->g_sched_sp),
	};
	check_start(capturing, goroutine);
}

struct error *capture_stacks(struct capturing *capturing)
{
	struct captured_goroutine_vector *list = &capturing->capture->goroutines;
	uint64_t total = 0;

	batch_clear(&capturing->batch);
	for (size_t i = 0; i < list->count; i++) {
		struct captured_goroutine *goroutine = &list->items[i];
		if (goroutine->running) {
			locate_running(capturing, goroutine);
			check_start(capturing, goroutine);
		}
		if (goroutine->problem)
			continue;
		uint64_t size = goroutine->stack_high - goroutine->start.sp;
		if (size > STACK_COPY_MAX)
			size = STACK_COPY_MAX;
		if (total + size > MIN(STACKS_COPY_MAX, capturing->bytes_there)) {
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
