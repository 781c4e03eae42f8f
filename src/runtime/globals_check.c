/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/globals_check.h"

#include <string.h>

#include "runtime/globals.h"

/*
 * What the content of a runtime global must be. Each check holds at any instruction of a running
 * program from the moment on when main starts, and fails for other data with near certainty:
 * they follow pointers to where the runtime has written something recognisable.
 */

#define PAGE        8192u
#define COUNT_MAX   (UINT64_C(1) << 32) /* goroutines, spans: more is nonsense */
#define ADDRESS_MAX (UINT64_C(1) << 47)

struct check {
	struct target *target;
	const struct layout *layout;
	const uint64_t *known;
};

struct go_slice {
	uint64_t array;
	uint64_t length;
	uint64_t capacity;
};

static bool read_bytes(const struct check *check, uint64_t address, void *ret, size_t size)
{
	return error_ignore(target_read(check->target, address, ret, size));
}

static bool read_word(const struct check *check, uint64_t address, uint64_t *ret)
{
	return read_bytes(check, address, ret, sizeof(*ret));
}

/* A member of a structure; false where this release does not have it, or it cannot be read. */
static bool read_member(const struct check *check, uint64_t address, int32_t offset, void *ret,
			size_t size)
{
	return offset >= 0 && read_bytes(check, address + (uint64_t)offset, ret, size);
}

#define READ_MEMBER(check, address, member, ret)                                                   \
	read_member(check, address, (check)->layout->member, ret, sizeof(*(ret)))

static bool is_pointer(uint64_t word)
{
	return word >= 4096 && word < ADDRESS_MAX && word % 8 == 0;
}

static bool read_slice(const struct check *check, uint64_t address, struct go_slice *ret)
{
	return address % 8 == 0 && read_bytes(check, address, ret, sizeof(*ret)) &&
	       is_pointer(ret->array) && ret->length > 0 && ret->length <= ret->capacity &&
	       ret->capacity < COUNT_MAX;
}

static bool is_g(const struct check *check, uint64_t address)
{
	uint64_t stack[2], id;
	uint32_t status;
	if (!is_pointer(address) || !READ_MEMBER(check, address, g_stack, &stack) ||
	    !READ_MEMBER(check, address, g_goid, &id) ||
	    !READ_MEMBER(check, address, g_atomicstatus, &status))
		return false;
	/* A dead one may have given its stack back. */
	bool stack_good = (!stack[0] && !stack[1]) ||
			  (is_pointer(stack[0]) && stack[0] < stack[1] && stack[1] < ADDRESS_MAX);
	return stack_good && id < (UINT64_C(1) << 48) && (status & ~UINT32_C(0x1000)) < 32;
}

/* The first two and the last one are looked at. */
static enum global_verdict check_allgs(const struct check *check, uint64_t address)
{
	struct go_slice all;
	if (!read_slice(check, address, &all))
		return GLOBAL_WRONG;
	const uint64_t examined[] = { 0, MIN(all.length - 1, UINT64_C(1)), all.length - 1 };
	for (size_t i = 0; i < ARRAY_SIZE(examined); i++) {
		uint64_t g;
		if (!read_word(check, all.array + 8 * examined[i], &g) || !is_g(check, g))
			return GLOBAL_WRONG;
	}
	return GLOBAL_CERTAIN;
}

/* It is published after the slice: between the two it is one behind. */
static enum global_verdict check_allglen(const struct check *check, uint64_t address)
{
	struct go_slice before, after;
	uint64_t length;
	if (!check->known[GLOBAL_ALLGS] ||
	    !read_slice(check, check->known[GLOBAL_ALLGS], &before) ||
	    !read_word(check, address, &length) ||
	    !read_slice(check, check->known[GLOBAL_ALLGS], &after) ||
	    address == check->known[GLOBAL_ALLGS] + 8)
		return GLOBAL_WRONG;
	bool good = length + 1 >= before.length && length <= after.length && length > 0;
	/* Small numbers are everywhere. */
	return good ? GLOBAL_POSSIBLE : GLOBAL_WRONG;
}

static enum global_verdict check_allgptr(const struct check *check, uint64_t address)
{
	struct go_slice all;
	uint64_t pointer;
	if (!check->known[GLOBAL_ALLGS] || !read_slice(check, check->known[GLOBAL_ALLGS], &all) ||
	    !read_word(check, address, &pointer) || address == check->known[GLOBAL_ALLGS])
		return GLOBAL_WRONG;
	return pointer == all.array ? GLOBAL_CERTAIN : GLOBAL_WRONG;
}

static enum global_verdict check_allp(const struct check *check, uint64_t address)
{
	struct go_slice all;
	if (!read_slice(check, address, &all) || all.length > (1u << 20))
		return GLOBAL_WRONG;
	uint64_t examined = MIN(all.length, UINT64_C(16));
	for (uint64_t i = 0; i < examined; i++) {
		uint64_t p;
		int32_t id;
		if (!read_word(check, all.array + 8 * i, &p) || !is_pointer(p) ||
		    !READ_MEMBER(check, p, p_id, &id) || id != (int32_t)i)
			return GLOBAL_WRONG;
	}
	return GLOBAL_CERTAIN;
}

/*
 * Every m has a g0 that belongs to it; one that is being made is in the list before it has: then
 * *ret_whole is false.
 */
static bool is_m(const struct check *check, uint64_t address, bool *ret_whole, uint64_t *ret_next)
{
	uint64_t g0, owner = 0;
	if (!is_pointer(address) || !READ_MEMBER(check, address, m_g0, &g0) ||
	    !READ_MEMBER(check, address, m_alllink, ret_next))
		return false;
	if (g0 && (!is_g(check, g0) || !READ_MEMBER(check, g0, g_m, &owner)))
		return false;
	*ret_whole = owner == address;
	return !owner || owner == address;
}

static enum global_verdict check_allm(const struct check *check, uint64_t address)
{
	uint64_t m;
	bool any = false;
	if (!read_word(check, address, &m) || !m)
		return GLOBAL_WRONG;
	for (int i = 0; m && i < 8; i++) {
		bool whole;
		if (!is_m(check, m, &whole, &m))
			return GLOBAL_WRONG;
		any = any || whole;
	}
	return any ? GLOBAL_CERTAIN : GLOBAL_WRONG;
}

static enum global_verdict check_sched(const struct check *check, uint64_t address)
{
	int32_t max_threads, idle;
	int64_t next_thread;
	uint32_t idle_processors;
	uint64_t last_id;
	if (!READ_MEMBER(check, address, sched_maxmcount, &max_threads) ||
	    !READ_MEMBER(check, address, sched_mnext, &next_thread) ||
	    !READ_MEMBER(check, address, sched_nmidle, &idle) ||
	    !READ_MEMBER(check, address, sched_npidle, &idle_processors) ||
	    !READ_MEMBER(check, address, sched_goidgen, &last_id))
		return GLOBAL_WRONG;
	if (max_threads <= 0 || next_thread <= 0 || next_thread > INT32_MAX || idle < 0 ||
	    idle > next_thread || idle_processors > (1u << 20) || last_id == 0 ||
	    last_id >= (UINT64_C(1) << 48))
		return GLOBAL_WRONG;
	struct go_slice all;
	uint64_t g, id;
	if (!check->known[GLOBAL_ALLGS] || !read_slice(check, check->known[GLOBAL_ALLGS], &all) ||
	    !read_word(check, all.array + 8 * (all.length - 1), &g) ||
	    !READ_MEMBER(check, g, g_goid, &id))
		return GLOBAL_POSSIBLE;
	return id <= last_id ? GLOBAL_CERTAIN : GLOBAL_WRONG;
}

static bool is_span(const struct check *check, uint64_t address)
{
	uint64_t start, pages;
	uint8_t state;
	return is_pointer(address) && READ_MEMBER(check, address, mspan_start_addr, &start) &&
	       READ_MEMBER(check, address, mspan_npages, &pages) &&
	       READ_MEMBER(check, address, mspan_state, &state) && is_pointer(start) &&
	       start % PAGE == 0 && pages > 0 && pages < ADDRESS_MAX / PAGE && state <= 2;
}

static enum global_verdict check_mheap(const struct check *check, uint64_t address)
{
	struct go_slice spans;
	uint64_t span, arenas;
	uint32_t sweepgen;
	if (check->layout->mheap_allspans < 0 || address % 8 ||
	    !read_slice(check, address + (uint64_t)check->layout->mheap_allspans, &spans) ||
	    !READ_MEMBER(check, address, mheap_arenas, &arenas) ||
	    !READ_MEMBER(check, address, mheap_sweepgen, &sweepgen) || !is_pointer(arenas) ||
	    sweepgen % 2)
		return GLOBAL_WRONG;
	for (uint64_t i = 0; i < MIN(spans.length, UINT64_C(4)); i++) {
		if (!read_word(check, spans.array + 8 * i, &span) || !is_span(check, span))
			return GLOBAL_WRONG;
	}
	return GLOBAL_CERTAIN;
}

static enum global_verdict check_gc_controller(const struct check *check, uint64_t address)
{
	int32_t percent;
	int64_t limit;
	uint64_t minimum, in_use, mapped, allocated, freed;
	if (!READ_MEMBER(check, address, gc_controller_gc_percent, &percent) ||
	    !READ_MEMBER(check, address, gc_controller_memory_limit, &limit) ||
	    !READ_MEMBER(check, address, gc_controller_heap_minimum, &minimum) ||
	    !READ_MEMBER(check, address, gc_controller_heap_in_use, &in_use) ||
	    !READ_MEMBER(check, address, gc_controller_mapped_ready, &mapped) ||
	    !READ_MEMBER(check, address, gc_controller_total_free, &freed) ||
	    !READ_MEMBER(check, address, gc_controller_total_alloc, &allocated))
		return GLOBAL_WRONG;
	/* The smallest heap that is collected follows from GOGC: 4 MiB at 100. */
	bool agrees = percent < 0 || minimum == (UINT64_C(4) << 20) * (uint32_t)percent / 100;
	bool good = percent >= -1 && agrees && limit > 0 && in_use > 0 && in_use % PAGE == 0 &&
		    in_use < ADDRESS_MAX && mapped > 0 && mapped < ADDRESS_MAX &&
		    freed <= allocated;
	return good ? GLOBAL_CERTAIN : GLOBAL_WRONG;
}

/* Both semaphores are 1 while no collection starts or ends; zeroes could be anything. */
static enum global_verdict check_work(const struct check *check, uint64_t address)
{
	uint32_t cycles, start, done;
	int32_t processors;
	if (address % 8 || !READ_MEMBER(check, address, work_cycles, &cycles) ||
	    !READ_MEMBER(check, address, work_start_sema, &start) ||
	    !READ_MEMBER(check, address, work_mark_done_sema, &done) ||
	    !READ_MEMBER(check, address, work_maxprocs, &processors) || start > 1 || done > 1 ||
	    processors < 0 || processors > (1 << 20) || (cycles > 0 && processors == 0))
		return GLOBAL_WRONG;
	return start && done ? GLOBAL_CERTAIN : GLOBAL_POSSIBLE;
}

static bool is_unix_time(uint64_t nanoseconds)
{
	const uint64_t second = 1000000000;
	return nanoseconds > 1000000000 * second && nanoseconds < 5000000000 * second;
}

/* How many collections were begun; false while GLOBAL_WORK is unknown. */
static bool read_cycles(const struct check *check, uint32_t *ret)
{
	uint64_t work = check->known[GLOBAL_WORK];
	return work && READ_MEMBER(check, work, work_cycles, ret);
}

static enum global_verdict check_memstats(const struct check *check, uint64_t address)
{
	uint32_t collections, before = 0, after = 0;
	uint64_t last, spans, other;
	uint8_t enabled;
	bool has_cycles = read_cycles(check, &before);
	if (address % 8 || !READ_MEMBER(check, address, mstats_numgc, &collections) ||
	    !READ_MEMBER(check, address, mstats_last_gc_unix, &last) ||
	    !READ_MEMBER(check, address, mstats_enablegc, &enabled) ||
	    !READ_MEMBER(check, address, mstats_mspan_sys, &spans) ||
	    !READ_MEMBER(check, address, mstats_other_sys, &other))
		return GLOBAL_WRONG;
	if (enabled != 1 || (collections > 0 && !is_unix_time(last)) || spans == 0 ||
	    spans > ADDRESS_MAX || other == 0 || other > ADDRESS_MAX)
		return GLOBAL_WRONG;
	if (!has_cycles || !read_cycles(check, &after))
		return GLOBAL_POSSIBLE;
	/* A cycle is counted here when it ends, and there when it begins; more go on meanwhile. */
	return collections - (before - 1) <= after - (before - 1) ? GLOBAL_CERTAIN : GLOBAL_WRONG;
}

/* A tree hangs where its address belongs: no other table does that. An empty one may be anything. */
static enum global_verdict check_semtable(const struct check *check, uint64_t address)
{
	int32_t stride = check->layout->sema_table_entry_stride;
	uint8_t roots[SEMAPHORE_ROOTS * 128];
	bool found = false;
	if (stride < 24 || stride > 128 || address % 8 || check->layout->sema_root_treap < 0 ||
	    check->layout->sema_root_treap > stride - 8 ||
	    !read_bytes(check, address, roots, SEMAPHORE_ROOTS * (size_t)stride))
		return GLOBAL_WRONG;
	for (unsigned i = 0; i < SEMAPHORE_ROOTS; i++) {
		uint64_t tree, semaphore, padding;
		const uint8_t *root = roots + i * (size_t)stride;
		memcpy(&tree, root + check->layout->sema_root_treap, sizeof(tree));
		memcpy(&padding, root + stride - sizeof(padding), sizeof(padding));
		if (stride >= 32 && padding)
			return GLOBAL_WRONG;
		if (!tree)
			continue;
		/* It may have woken up and gone meanwhile. */
		if (!is_pointer(tree) || !READ_MEMBER(check, tree, sudog_elem, &semaphore))
			return GLOBAL_WRONG;
		if (semaphore && (semaphore >> 3) % SEMAPHORE_ROOTS != i)
			return GLOBAL_WRONG;
		found = found || semaphore;
	}
	return found ? GLOBAL_CERTAIN : GLOBAL_POSSIBLE;
}

static bool is_string(const struct check *check, uint64_t address, const char *text)
{
	uint64_t header[2];
	if (!read_bytes(check, address, header, sizeof(header)) || header[1] != strlen(text))
		return false;
	char bytes[64];
	return header[1] < sizeof(bytes) && read_bytes(check, header[0], bytes, header[1]) &&
	       !memcmp(bytes, text, header[1]);
}

static enum global_verdict check_wait_reasons(const struct check *check, uint64_t address)
{
	/* The first two have been these since the table exists. */
	uint64_t empty[2];
	return read_bytes(check, address, empty, sizeof(empty)) && empty[1] == 0 &&
			       is_string(check, address + 16, "GC assist marking")
		       ? GLOBAL_CERTAIN
		       : GLOBAL_WRONG;
}

/* Nearly always what it is at first; 0 where no profiler is linked. */
static enum global_verdict check_mem_profile_rate(const struct check *check, uint64_t address)
{
	uint64_t rate;
	if (address % 8 || !read_word(check, address, &rate) || rate > (UINT64_C(1) << 40))
		return GLOBAL_WRONG;
	return rate == 512 << 10 ? GLOBAL_CERTAIN : GLOBAL_POSSIBLE;
}

enum global_verdict global_check(const struct binary *binary, const uint64_t known[GLOBAL_COUNT],
				 enum runtime_global global, uint64_t address)
{
	static enum global_verdict (*const checks[GLOBAL_COUNT])(const struct check *, uint64_t) = {
		[GLOBAL_ALLGS] = check_allgs,
		[GLOBAL_ALLGLEN] = check_allglen,
		[GLOBAL_ALLGPTR] = check_allgptr,
		[GLOBAL_ALLP] = check_allp,
		[GLOBAL_ALLM] = check_allm,
		[GLOBAL_SCHED] = check_sched,
		[GLOBAL_MHEAP] = check_mheap,
		[GLOBAL_GC_CONTROLLER] = check_gc_controller,
		[GLOBAL_WORK] = check_work,
		[GLOBAL_MEMSTATS] = check_memstats,
		[GLOBAL_SEMTABLE] = check_semtable,
		[GLOBAL_WAIT_REASONS] = check_wait_reasons,
		[GLOBAL_MEM_PROFILE_RATE] = check_mem_profile_rate,
	};
	struct check check = {
		.target = binary->target,
		.layout = &binary->layout,
		.known = known,
	};
	return checks[global](&check, address);
}
