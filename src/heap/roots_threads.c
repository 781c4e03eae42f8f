/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/cycle.h"
#include "heap/roots_private.h"
#include "runtime/goroutine_state.h"
#include "runtime/goroutines_private.h"
#include "runtime/member.h"

/*
 * The collector waits for every thread to come to a safepoint; here threads stand wherever they
 * were. What such a one works with may be in its registers and on its system stack alone, so each
 * word there counts if it may be a pointer. That goes for those that have a processor (a P) and so
 * can work on the heap, not for those that sleep, wait for events, or run C or a system call.
 */
#define SYSTEM_STACK_MAX ((uint64_t)1 << 20)
#define PROCESSORS_MAX   (UINT64_C(1) << 16)
#define THREAD_MAX       ((int32_t)65536)

struct thread {
	struct gathering *gathering;
	uint64_t address; /* of its m */
	const uint8_t *m;
	const struct target_thread *stopped;
};

static const struct layout *layout_of(const struct gathering *gathering)
{
	return &runtime_binary(gathering->runtime)->layout;
}

static struct error *take_words(struct gathering *gathering, const uint8_t *bytes, size_t size,
				uint64_t where)
{
	for (size_t i = 0; i + 8 <= size; i += 8) {
		struct heap_root_pointer pointer = {
			.value = member_u64(bytes, (int32_t)i),
			.where = where ? where + i : 0,
			.frame = HEAP_NO_FRAME,
			.conservative = true,
		};
		TRY(gathering_pointer(gathering, &pointer));
	}
	return NULL;
}

static struct error *take_registers(const struct thread *thread)
{
	const struct registers *registers = &thread->stopped->registers;
	const struct target_register_sets *sets = &thread->stopped->sets;
	TRY(take_words(thread->gathering, (const uint8_t *)registers->general,
		       MIN(registers->general_count, REGISTERS_GENERAL_MAX) * sizeof(uint64_t), 0));
	if (sets->extended)
		TRY(take_words(thread->gathering, sets->extended, sets->extended_size, 0));
	return NULL;
}

/* The stack of one of the thread's own goroutines, from `sp` on, if that is there. */
struct system_stack {
	uint64_t low;
	uint64_t size;
	struct stack_bytes used;
	uint8_t *bytes; /* NULL: `sp` is elsewhere */
};

static void system_stack_deinit(struct system_stack *stack)
{
	free(stack->bytes);
}

static struct error *read_stack(const struct thread *thread, uint64_t g, uint64_t sp,
				struct system_stack *ret)
{
	struct target *target = runtime_target(thread->gathering->runtime);
	const struct layout *layout = layout_of(thread->gathering);
	uint64_t low, high;
	sp &= ~UINT64_C(7);
	if (!g || !error_ignore(target_read_u64(target, g + (uint64_t)layout->g_stack_lo, &low)) ||
	    !error_ignore(target_read_u64(target, g + (uint64_t)layout->g_stack_hi, &high)) ||
	    sp < low || sp >= high)
		return NULL;
	size_t size = (size_t)MIN(high - sp, SYSTEM_STACK_MAX);
	_cleanup_(free_pointer) uint8_t *bytes = malloc(size);
	if (!bytes)
		return error_no_memory();
	if (!error_ignore(target_read(target, sp, bytes, size)))
		return NULL;
	*ret = (struct system_stack){
		.low = low,
		.size = high - low,
		.used = { .low = sp, .high = sp + size, .bytes = bytes },
		.bytes = TAKE_PTR(bytes),
	};
	return NULL;
}

static struct error *take_stack(const struct thread *thread, const struct system_stack *stack)
{
	return stack->bytes
		       ? take_words(thread->gathering, stack->bytes,
				    (size_t)(stack->used.high - stack->used.low), stack->used.low)
		       : NULL;
}

/* In a signal's handler it has left the system stack, perhaps, where the kernel noted. */
static struct error *take_stacks(const struct thread *thread)
{
	_cleanup_(system_stack_deinit) struct system_stack handler = { 0 };
	_cleanup_(system_stack_deinit) struct system_stack system = { 0 };
	const struct layout *layout = layout_of(thread->gathering);
	uint64_t sp = thread->stopped->registers.sp;
	struct machine_frame left;
	TRY(read_stack(thread, member_u64(thread->m, layout->m_gsignal), sp, &handler));
	if (handler.bytes && machine_signal_frame(&handler.used, handler.low, handler.size, &left))
		sp = left.sp;
	TRY(read_stack(thread, member_u64(thread->m, layout->m_g0), sp, &system));
	TRY(take_stack(thread, &handler));
	return take_stack(thread, &system);
}

/* Which of the goroutines it runs; HEAP_NO_GOROUTINE when none. */
static uint32_t goroutine_of(const struct thread *thread)
{
	const struct captured_goroutines *captured =
		(const struct captured_goroutines *)thread->gathering->roots->goroutines;
	uint64_t current = member_u64(thread->m, layout_of(thread->gathering)->m_curg);
	const struct map_slot *slot = map_find(&captured->capture.goroutine_by_address, current);
	return slot ? (uint32_t)slot->value : HEAP_NO_GOROUTINE;
}

static bool works(const struct thread *thread)
{
	const struct layout *layout = layout_of(thread->gathering);
	uint64_t current = member_u64(thread->m, layout->m_curg);
	uint32_t status = 0;
	if (!member_u64(thread->m, layout->m_p) || layout->g_atomicstatus < 0)
		return false;
	return !current || (error_ignore(target_read(runtime_target(thread->gathering->runtime),
						     current + (uint64_t)layout->g_atomicstatus,
						     &status, sizeof(status))) &&
			    (status & G_STATUS_MASK) != G_SYSCALL);
}

static const struct target_thread *stopped_thread(struct gathering *gathering, uint64_t id)
{
	size_t count;
	const struct target_thread *threads = target_threads(runtime_target(gathering->runtime),
							     &count);
	for (size_t i = 0; i < count; i++) {
		if ((uint64_t)threads[i].namespace_id == id)
			return threads[i].stopped ? &threads[i] : NULL;
	}
	return NULL;
}

static struct error *take_thread(struct gathering *gathering, uint64_t address, const uint8_t *m)
{
	const struct layout *layout = layout_of(gathering);
	struct thread thread = {
		.gathering = gathering,
		.address = address,
		.m = m,
		.stopped = stopped_thread(gathering, member_u64(m, layout->m_procid)),
	};
	if (!works(&thread))
		return NULL;
	/* In the middle of a copy a pointer may be in a vector register alone. */
	if (!thread.stopped || !thread.stopped->sets.extended)
		gathering->roots->blind = true;
	if (!thread.stopped)
		return NULL;
	struct heap_root root = {
		.kind = HEAP_ROOT_THREAD,
		.address = address,
		.goroutine = goroutine_of(&thread),
	};
	TRY(gathering_root(gathering, &root));
	TRY(take_registers(&thread));
	TRY(take_stacks(&thread));
	gathering_close(gathering);
	return NULL;
}

struct error *gathering_add_threads(struct gathering *gathering)
{
	const struct layout *layout = layout_of(gathering);
	struct target *target = runtime_target(gathering->runtime);
	uint64_t list = runtime_global(gathering->runtime, GLOBAL_ALLM), m;
	struct cycle cycle = { 0 };
	if (!list || layout->m_size <= 0 || layout->m_size > THREAD_MAX || layout->m_alllink < 0)
		return NULL;
	_cleanup_(free_pointer) uint8_t *bytes = malloc((size_t)layout->m_size);
	if (!bytes)
		return error_no_memory();
	TRY(target_read_u64(target, list, &m));
	for (; m; m = member_u64(bytes, layout->m_alllink)) {
		if (cycle_closes(&cycle, m) ||
		    !error_ignore(target_read(target, m, bytes, (size_t)layout->m_size))) {
			gathering_problem(gathering, "the list of threads cannot be read");
			return NULL;
		}
		TRY(take_thread(gathering, m, bytes));
	}
	return NULL;
}

/* The block that a processor cuts small values without pointers from, as long as there is room. */
struct error *gathering_add_tiny_blocks(struct gathering *gathering)
{
	const struct layout *layout = layout_of(gathering);
	struct target *target = runtime_target(gathering->runtime);
	uint64_t all = runtime_global(gathering->runtime, GLOBAL_ALLP), slice[2], p, cache, tiny;
	if (!all || layout->p_mcache < 0 || layout->mcache_tiny < 0 ||
	    !error_ignore(target_read(target, all, slice, sizeof(slice))) ||
	    slice[1] > PROCESSORS_MAX)
		return NULL;
	for (uint64_t i = 0; i < slice[1]; i++) {
		if (!error_ignore(target_read_u64(target, slice[0] + i * 8, &p)) ||
		    !error_ignore(
			    target_read_u64(target, p + (uint64_t)layout->p_mcache, &cache)) ||
		    !cache ||
		    !error_ignore(
			    target_read_u64(target, cache + (uint64_t)layout->mcache_tiny, &tiny)))
			continue;
		struct heap_root root = {
			.kind = HEAP_ROOT_TINY,
			.address = p,
			.goroutine = HEAP_NO_GOROUTINE,
		};
		struct heap_root_pointer pointer = {
			.value = tiny,
			.where = cache + (uint64_t)layout->mcache_tiny,
			.frame = HEAP_NO_FRAME,
		};
		if (gathering->types)
			TRY(heap_types_intern(gathering->types, HEAP_TINY, 0, &pointer.type));
		TRY(gathering_root(gathering, &root));
		TRY(gathering_pointer(gathering, &pointer));
		gathering_close(gathering);
	}
	return NULL;
}
