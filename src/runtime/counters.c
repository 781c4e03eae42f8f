/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "runtime/memory.h"

/*
 * The numbers that runtime.MemStats is made of, taken from where the runtime keeps them. Most are
 * atomic words of their own; all of them come in one system call, so they are of nearly one
 * moment. Only the heap's detailed accounts need more care: the runtime writes them in three
 * rotating sets, which one reader at a time sums up while it holds writers off. From outside the
 * sum of the three is the truth but for the instant in which two sets are merged; two readings
 * that agree are believed.
 */

#define PROCESSORS_MAX   4096u
#define HEAP_STATS_TRIES 8
#define HEAP_STATS_MAX   (16u << 10)

struct reader {
	struct runtime *runtime;
	struct target *target;
	const struct layout *layout;
	int minor;
};

/* A number of one to eight bytes; `into` keeps its value where it cannot be had. */
struct number {
	enum runtime_global global;
	int32_t offset; /* from the global; negative: this release has none */
	size_t size;
	int64_t *into;
};

#define NUMBERS_MAX 48

static int64_t sign_extend(uint64_t word, size_t size)
{
	unsigned shift = 64 - 8 * (unsigned)size;
	return (int64_t)(word << shift) >> shift;
}

static struct error *read_numbers(const struct reader *reader, const struct number *numbers,
				  size_t count)
{
	uint64_t words[NUMBERS_MAX] = { 0 };
	struct target_range ranges[NUMBERS_MAX];
	size_t which[NUMBERS_MAX], used = 0;
	for (size_t i = 0; i < count && used < NUMBERS_MAX; i++) {
		uint64_t address = runtime_global(reader->runtime, numbers[i].global);
		if (!address || numbers[i].offset < 0)
			continue;
		ranges[used] =
			(struct target_range){ .address = address + (uint64_t)numbers[i].offset,
					       .length = numbers[i].size,
					       .into = &words[used] };
		which[used++] = i;
	}
	TRY(target_read_ranges(reader->target, ranges, used));
	for (size_t i = 0; i < used; i++) {
		if (ranges[i].done)
			*numbers[which[i]].into = sign_extend(words[i], numbers[which[i]].size);
	}
	return NULL;
}

/* The sum of the three sets, in one reading. */
struct heap_sums {
	int64_t in_stacks;
	int64_t in_work_buffers;
	int64_t in_pointer_bits;
};

/* Numbers of a process that may be anything: sums of them wrap around. */
static int64_t sum_of(int64_t left, int64_t right)
{
	return (int64_t)((uint64_t)left + (uint64_t)right);
}

/* A number of bytes, within what the differences below can take. */
static int64_t bytes_of(int64_t number)
{
	const int64_t most = INT64_C(1) << 60;
	return MIN(MAX(number, INT64_C(0)), most);
}

static int64_t set_member(const uint8_t *set, size_t size, int32_t offset)
{
	int64_t value = 0;
	if (offset >= 0 && (size_t)offset + sizeof(value) <= size)
		memcpy(&value, set + offset, sizeof(value));
	return value;
}

static struct error *read_heap_sums(const struct reader *reader, struct heap_sums *ret)
{
	const struct layout *layout = reader->layout;
	uint8_t bytes[HEAP_STATS_MAX];
	struct heap_sums sums = { 0 };
	uint64_t memstats = runtime_global(reader->runtime, GLOBAL_MEMSTATS);
	if (!memstats || layout->mstats_heap_stats < 0 || layout->heap_stats_stats < 0 ||
	    layout->heap_stats_stride <= 0 || layout->heap_stats_count <= 0)
		return error_new(ERROR_UNSUPPORTED, "%s: the heap's accounts were not found",
				 target_name(reader->target));
	size_t stride = (size_t)layout->heap_stats_stride;
	size_t count = (size_t)layout->heap_stats_count;
	if (stride * count > sizeof(bytes))
		return error_new(ERROR_UNSUPPORTED, "%s: the heap's accounts are too large",
				 target_name(reader->target));
	uint64_t address = memstats + (uint64_t)layout->mstats_heap_stats +
			   (uint64_t)layout->heap_stats_stats;
	TRY(target_read(reader->target, address, bytes, stride * count));
	for (size_t i = 0; i < count; i++) {
		const uint8_t *set = bytes + i * stride;
		sums.in_stacks =
			sum_of(sums.in_stacks,
			       set_member(set, stride, layout->heap_stats_delta_in_stacks));
		sums.in_work_buffers =
			sum_of(sums.in_work_buffers,
			       set_member(set, stride, layout->heap_stats_delta_in_work_bufs));
		sums.in_pointer_bits = sum_of(
			sums.in_pointer_bits,
			set_member(set, stride, layout->heap_stats_delta_in_ptr_scalar_bits));
	}
	*ret = sums;
	return NULL;
}

/* A very busy program may never show the same twice: the last reading is taken then. */
static struct error *read_heap_accounts(const struct reader *reader, struct heap_sums *ret)
{
	struct heap_sums last, sums;
	TRY(read_heap_sums(reader, &sums));
	for (int i = 0; i < HEAP_STATS_TRIES; i++) {
		last = sums;
		TRY(read_heap_sums(reader, &sums));
		if (!memcmp(&last, &sums, sizeof(sums)))
			break;
	}
	*ret = sums;
	return NULL;
}

/*
 * Dead g structures that wait to be used again: each processor keeps some, and the scheduler the
 * rest (by one number up to Go 1.24, by the sizes of two lists later).
 */
static struct error *read_free_goroutines(const struct reader *reader, int64_t *ret)
{
	const struct layout *layout = reader->layout;
	int64_t shared = 0, with_stack = 0, without_stack = 0, sum = 0;
	const struct number numbers[] = {
		{ GLOBAL_SCHED, layout->sched_g_free_n, 4, &shared },
		{ GLOBAL_SCHED, layout->sched_g_free_stack_size, 4, &with_stack },
		{ GLOBAL_SCHED, layout->sched_g_free_no_stack_size, 4, &without_stack },
	};
	TRY(read_numbers(reader, numbers, ARRAY_SIZE(numbers)));

	uint64_t processors[PROCESSORS_MAX];
	uint32_t counts[PROCESSORS_MAX] = { 0 };
	struct target_range ranges[PROCESSORS_MAX];
	uint64_t slice[2];
	uint64_t allp = runtime_global(reader->runtime, GLOBAL_ALLP);
	if (!allp || layout->p_g_free_n < 0)
		return error_new(ERROR_UNSUPPORTED, "%s: the processors were not found",
				 target_name(reader->target));
	TRY(target_read(reader->target, allp, slice, sizeof(slice)));
	size_t count = MIN(slice[1], (uint64_t)PROCESSORS_MAX);
	TRY(target_read(reader->target, slice[0], processors, count * sizeof(processors[0])));
	for (size_t i = 0; i < count; i++)
		ranges[i] = (struct target_range){
			.address = processors[i] + (uint64_t)layout->p_g_free_n,
			.length = sizeof(counts[0]),
			.into = &counts[i],
		};
	TRY(target_read_ranges(reader->target, ranges, count));
	for (size_t i = 0; i < count; i++)
		sum += ranges[i].done ? counts[i] : 0;
	*ret = sum + shared + with_stack + without_stack;
	return NULL;
}

/* What the collector's pacer works with. */
struct pacer {
	int64_t percent_goal;
	int64_t sweep_trigger;
	int64_t triggered;
	int64_t mapped_ready;
	int64_t total_alloc;
	int64_t total_free;
	int64_t heap_free;
	int64_t heap_marked;
	int64_t memory_limit;
};

/* The heap that the memory limit leaves room for, some of which is kept back. */
static int64_t limit_goal(const struct pacer *pacer, int minor)
{
	const int64_t least_headroom = 1 << 20;
	int64_t objects = pacer->total_alloc - pacer->total_free;
	int64_t other = MAX(pacer->mapped_ready - pacer->heap_free - objects, INT64_C(0));
	int64_t over = MAX(pacer->mapped_ready - pacer->memory_limit, INT64_C(0));
	int64_t goal = pacer->memory_limit - other - over;
	if (goal <= 0)
		return pacer->heap_marked;
	/* 3 % from Go 1.21 on, a constant before. */
	int64_t headroom = minor >= 21 ? MAX(goal / 100 * 3, least_headroom) : least_headroom;
	goal = goal - headroom < headroom ? headroom : goal - headroom;
	return MAX(goal, pacer->heap_marked);
}

/* Where the next collection is to end: what MemStats calls NextGC. */
static int64_t heap_goal(const struct pacer *pacer, int minor)
{
	const int64_t least_runway = 64 << 10;
	int64_t goal = pacer->percent_goal;
	/* All ones: GOGC is off, and only the limit counts. */
	uint64_t by_percent = (uint64_t)goal;
	int64_t by_limit = limit_goal(pacer, minor);
	if ((uint64_t)by_limit < by_percent)
		return by_limit;
	goal = MAX(goal, pacer->sweep_trigger);
	if (pacer->triggered != -1 && goal < pacer->triggered + least_runway)
		goal = pacer->triggered + least_runway;
	return goal;
}

static struct error *read_pacer(const struct reader *reader, struct runtime_counters *counters)
{
	const struct layout *layout = reader->layout;
	struct pacer pacer = { 0 };
	int64_t percent = INT64_MIN, live = -1, in_use = -1, released = -1;
	const struct number numbers[] = {
#define NUMBER(member, size, into)                                                                 \
	{ GLOBAL_GC_CONTROLLER, layout->gc_controller_##member, size, into }
		NUMBER(gc_percent, 4, &percent),
		NUMBER(memory_limit, 8, &pacer.memory_limit),
		NUMBER(gc_percent_heap_goal, 8, &pacer.percent_goal),
		NUMBER(sweep_dist_min_trigger, 8, &pacer.sweep_trigger),
		NUMBER(triggered, 8, &pacer.triggered),
		NUMBER(heap_live, 8, &live),
		NUMBER(heap_marked, 8, &pacer.heap_marked),
		NUMBER(heap_in_use, 8, &in_use),
		NUMBER(heap_released, 8, &released),
		NUMBER(heap_free, 8, &pacer.heap_free),
		NUMBER(total_alloc, 8, &pacer.total_alloc),
		NUMBER(total_free, 8, &pacer.total_free),
		NUMBER(mapped_ready, 8, &pacer.mapped_ready),
#undef NUMBER
	};
	if (!runtime_global(reader->runtime, GLOBAL_GC_CONTROLLER))
		return NULL;
	TRY(read_numbers(reader, numbers, ARRAY_SIZE(numbers)));
	pacer.memory_limit = MAX(pacer.memory_limit, INT64_C(0));
	pacer.triggered = pacer.triggered == -1 ? -1 : bytes_of(pacer.triggered);
	pacer.heap_marked = bytes_of(pacer.heap_marked);
	pacer.heap_free = bytes_of(pacer.heap_free);
	pacer.total_alloc = bytes_of(pacer.total_alloc);
	pacer.total_free = bytes_of(pacer.total_free);
	pacer.mapped_ready = bytes_of(pacer.mapped_ready);
	counters->gc_percent = percent;
	counters->memory_limit = pacer.memory_limit;
	counters->heap_live = live;
	counters->heap_marked = pacer.heap_marked;
	counters->heap_goal = heap_goal(&pacer, reader->minor);
	counters->heap_in_use = in_use;
	counters->heap_free = pacer.heap_free;
	counters->heap_released = released;
	counters->heap_allocated = pacer.total_alloc - pacer.total_free;
	counters->total_allocated = pacer.total_alloc;
	return NULL;
}

static struct error *read_memstats(const struct reader *reader, struct runtime_counters *counters)
{
	const struct layout *layout = reader->layout;
	int64_t collections = -1, last = -1;
	int64_t stacks = 0, spans = 0, caches = 0, buckets = 0, collector = 0, other = 0;
	const struct number numbers[] = {
#define NUMBER(member, size, into) { GLOBAL_MEMSTATS, layout->mstats_##member, size, into }
		NUMBER(numgc, 4, &collections),     NUMBER(last_gc_unix, 8, &last),
		NUMBER(stacks_sys, 8, &stacks),     NUMBER(mspan_sys, 8, &spans),
		NUMBER(mcache_sys, 8, &caches),     NUMBER(buckhash_sys, 8, &buckets),
		NUMBER(gc_misc_sys, 8, &collector), NUMBER(other_sys, 8, &other),
#undef NUMBER
	};
	if (!runtime_global(reader->runtime, GLOBAL_MEMSTATS))
		return NULL;
	TRY(read_numbers(reader, numbers, ARRAY_SIZE(numbers)));
	counters->gc_count = collections;
	counters->last_gc_unix_ns = last;
	counters->runtime_outside = bytes_of(stacks) + bytes_of(spans) + bytes_of(caches) +
				    bytes_of(buckets) + bytes_of(collector) + bytes_of(other);

	struct heap_sums sums;
	if (!error_ignore(read_heap_accounts(reader, &sums)))
		return NULL;
	counters->stacks = sums.in_stacks;
	counters->runtime_in_heap = sum_of(sums.in_work_buffers, sums.in_pointer_bits);
	return NULL;
}

static struct error *read_scheduler(const struct reader *reader, struct runtime_counters *counters)
{
	const struct layout *layout = reader->layout;
	int64_t all = -1, system = -1, next_thread = -1, freed = -1, processors = -1, unused;
	const struct number numbers[] = {
		{ GLOBAL_ALLGLEN, 0, 8, &all },
		{ GLOBAL_SCHED, layout->sched_ngsys, 4, &system },
		{ GLOBAL_SCHED, layout->sched_mnext, 8, &next_thread },
		{ GLOBAL_SCHED, layout->sched_nmfreed, 8, &freed },
		{ GLOBAL_ALLP, 8, 8, &processors },
	};
	TRY(read_numbers(reader, numbers, ARRAY_SIZE(numbers)));
	counters->processors = processors;
	if (next_thread >= 0 && freed >= 0)
		counters->threads = next_thread - freed;
	if (all >= 0 && system >= 0 && error_ignore(read_free_goroutines(reader, &unused)))
		counters->goroutines = MAX(bytes_of(all) - system - unused, INT64_C(1));
	return NULL;
}

struct error *runtime_counters_read(struct runtime *runtime, struct runtime_counters *ret)
{
	const struct binary *binary = runtime_binary(runtime);
	struct reader reader = {
		.runtime = runtime,
		.target = runtime_target(runtime),
		.layout = &binary->layout,
		.minor = binary->minor,
	};
	struct runtime_counters counters;
	/* All of them are unknown: -1 but for one. */
	memset(&counters, 0xff, sizeof(counters));
	counters.gc_percent = INT64_MIN;
	TRY(read_scheduler(&reader, &counters));
	TRY(read_pacer(&reader, &counters));
	TRY(read_memstats(&reader, &counters));
	*ret = counters;
	return NULL;
}
