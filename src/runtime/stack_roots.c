/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/stack_roots.h"

#include <stdlib.h>
#include <string.h>

#include "base/cycle.h"
#include "runtime/capture_private.h"
#include "runtime/goroutine_state.h"

/*
 * What runtime.scanstack does, step by step, since its answer decides what is garbage:
 *
 *   1. Frame by frame, innermost first: the words that the maps of locals and arguments mark. What
 *      points into the heap is a root; what points into the stack itself is noted.
 *   2. The frames' stack objects are noted: variables whose address was taken.
 *   3. Deferred calls on the stack, the panic in hand, the context of a call to come.
 *   4. Of every stack object that is pointed at from the stack: the words that its mask marks, which
 *      may point at further objects.
 *
 * A frame that was interrupted at any instruction (asyncPreempt's caller, and asyncPreempt itself,
 * which saved the registers) has no map for that place: each of its words counts. The same is done
 * where the collector would have waited for a goroutine to come to a safepoint, while here it was
 * simply running: its innermost frame.
 */
#define REGISTERS_SCANNED_FROM 27 /* 1.27 scans the vector registers of a preempted goroutine */
#define REGISTERS_MAX          ((int32_t)16384)
#define STACK_MAX              ((uint64_t)1 << 30)
#define REFLECT_MASK_BYTES     1024

static const struct layout *layout_of(const struct stack_roots *roots)
{
	return &runtime_binary(roots->runtime)->layout;
}

struct error *stack_roots_init(struct stack_roots *roots, struct runtime *runtime,
			       struct goroutines *goroutines,
			       const struct address_range_vector *heap)
{
	*roots = (struct stack_roots){
		.runtime = runtime,
		.captured = (struct captured_goroutines *)goroutines,
		.heap = heap,
		.bytes_there = capture_bytes_there(runtime_target(runtime)),
	};
	roots->defers_left = roots->bytes_there / (uint64_t)MAX(layout_of(roots)->defer_size, 16);
	if (heap->count) {
		roots->heap_low = heap->items[0].start;
		roots->heap_high = heap->items[heap->count - 1].end;
	}
	stack_maps_init(&roots->maps, runtime_binary(runtime));
	return NULL;
}

void stack_roots_deinit(struct stack_roots *roots)
{
	stack_maps_deinit(&roots->maps);
	stack_frame_vector_deinit(&roots->frames);
	u64_vector_deinit(&roots->precise);
	u64_vector_deinit(&roots->doubtful);
	stack_found_vector_deinit(&roots->objects);
	stack_root_vector_deinit(&roots->list);
	free(roots->buffer);
	*roots = (struct stack_roots){ 0 };
}

/* A word that counts: a pointer into the heap, or into this very stack. */
static struct error *take(struct stack_roots *roots, uint64_t value, uint64_t where, uint32_t frame,
			  bool conservative)
{
	if (value >= roots->stack_low && value < roots->goroutine->stack_high)
		return u64_vector_append(conservative ? &roots->doubtful : &roots->precise, &value);
	if (value < roots->heap_low || value >= roots->heap_high ||
	    !heap_ranges_has(roots->heap, value))
		return NULL;
	struct stack_root root = {
		.value = value,
		.where = where,
		.frame = frame,
		.conservative = conservative,
	};
	return stack_root_vector_append(&roots->list, &root);
}

static bool is_marked(const struct stack_bits *bits, uint32_t index)
{
	return bits->bits[index / 8] >> index % 8 & 1;
}

/* The words of the stack from `address` on that the bits mark. */
static struct error *take_bits(struct stack_roots *roots, uint64_t address,
			       const struct stack_bits *bits, uint32_t frame, bool conservative)
{
	for (uint32_t i = 0; i < bits->count; i++) {
		uint64_t value;
		if (!(i % 8) && !bits->bits[i / 8]) {
			i += 7;
			continue;
		}
		size_t known = roots->list.count;
		uint64_t where = address + i * UINT64_C(8);
		if (!is_marked(bits, i) || !stack_bytes_word(&roots->stack, where, &value))
			continue;
		TRY(take(roots, value, where, frame, conservative));
		/* The first word of an interface says what the second one leads to. */
		if (roots->list.count > known && i && !is_marked(bits, i - 1))
			(void)stack_bytes_word(&roots->stack, where - 8,
					       &roots->list.items[known].before);
	}
	return NULL;
}

/* Every word of the stack in [start, end). */
static struct error *take_range(struct stack_roots *roots, uint64_t start, uint64_t end,
				uint32_t frame)
{
	uint64_t value;
	start = MAX((start + 7) & ~UINT64_C(7), roots->stack.low);
	for (uint64_t at = start; at < end && stack_bytes_word(&roots->stack, at, &value); at += 8)
		TRY(take(roots, value, at, frame, true));
	return NULL;
}

/* One frame of the walk, and how it is to be looked at. */
struct frame_view {
	const struct unwind_frame *frame;
	uint64_t locals_end;
	uint64_t continues; /* where it goes on; 0: never */
	uint32_t index;
};

static struct error *add_object(struct stack_roots *roots, const struct frame_view *view,
				const struct stack_object *object)
{
	uint64_t base = object->offset < 0 ? view->locals_end : view->frame->arguments;
	struct stack_found found = {
		.address = base + (uint64_t)(int64_t)object->offset,
		.object = object,
		.frame = view->index,
	};
	const struct stack_found *last = roots->objects.count
						 ? &roots->objects.items[roots->objects.count - 1]
						 : NULL;
	/* The frame may not be there yet. And they rise, in a sound stack: they are searched so. */
	if (found.address < view->frame->sp || (last && found.address < last->address))
		return NULL;
	return stack_found_vector_append(&roots->objects, &found);
}

/*
 * The argument map of a function through which reflect makes calls: the call's own, which the
 * frame's first word leads to. Results count once they are there. False where it makes no sense.
 */
static bool reflect_arguments(const struct stack_roots *roots, const struct frame_view *view,
			      uint8_t mask[REFLECT_MASK_BYTES], struct stack_bits *ret)
{
	enum { ENTRY, VECTOR, BYTES, METHOD_WORDS };
	struct target *target = runtime_target(roots->runtime);
	const struct unwind_frame *frame = view->frame;
	uint64_t method, with_results, words[METHOD_WORDS], vector[2];
	if (!stack_bytes_word(&roots->stack, frame->sp, &method) ||
	    !stack_bytes_word(&roots->stack, frame->sp + 4 * 8, &with_results) ||
	    !error_ignore(target_read(target, method, words, sizeof(words))) ||
	    words[ENTRY] != frame->function.entry ||
	    !error_ignore(target_read(target, words[VECTOR], vector, sizeof(vector))))
		return false;
	uint64_t count = (uint32_t)vector[0];
	if (!(with_results & 0xff))
		count = MIN(count, words[BYTES] / 8);
	if (count > REFLECT_MASK_BYTES * 8 ||
	    (count && !error_ignore(target_read(target, vector[1], mask, (size_t)(count + 7) / 8))))
		return false;
	*ret = (struct stack_bits){ mask, (uint32_t)count };
	return true;
}

/* The map of a frame, as stack_maps_find() has it, or made for a call through reflect. */
struct frame_map {
	struct stack_map map;
	uint8_t reflect_mask[REFLECT_MASK_BYTES];
};

static struct error *find_map(struct stack_roots *roots, const struct frame_view *view,
			      struct frame_map *ret)
{
	const struct unwind_frame *frame = view->frame;
	const struct stack_map *map;
	TRY(stack_maps_find(&roots->maps, &frame->function, view->continues, &map));
	ret->map = *map;
	if (map->argument_bytes != FUNCTION_ARGUMENTS_UNKNOWN)
		return NULL;
	ret->map.arguments = (struct stack_bits){ 0 };
	ret->map.argument_bytes = 0;
	ret->map.arguments_known = true;
	/* One that has not begun has no arguments either. */
	if (frame->sp >= frame->arguments - 8)
		return NULL;
	ret->map.arguments_known = reflect_arguments(roots, view, ret->reflect_mask,
						     &ret->map.arguments);
	ret->map.argument_bytes = ret->map.arguments_known ? (int32_t)ret->map.arguments.count * 8
							   : REFLECT_MASK_BYTES;
	ret->map.objects = &machine_reflect_object;
	ret->map.object_count = 1;
	return NULL;
}

static struct error *take_arguments(struct stack_roots *roots, const struct frame_view *view,
				    int32_t bytes)
{
	uint64_t start = view->frame->arguments;
	return bytes > 0 ? take_range(roots, start, start + (uint64_t)bytes, view->index) : NULL;
}

/* Without maps, with what the frame has got ready for a call that it was about to make. */
static struct error *scan_conservatively(struct stack_roots *roots, const struct frame_view *view)
{
	struct frame_map found;
	struct frame_view any = *view;
	any.continues = view->continues ? view->continues : view->frame->pc;
	TRY(find_map(roots, &any, &found));
	TRY(take_range(roots, view->frame->sp, view->locals_end, view->index));
	return take_arguments(roots, view, found.map.argument_bytes);
}

static struct error *scan_precisely(struct stack_roots *roots, const struct frame_view *view)
{
	const struct unwind_frame *frame = view->frame;
	struct frame_map found;
	const struct stack_map *map = &found.map;
	if (!view->continues)
		return NULL;
	TRY(find_map(roots, view, &found));
	if (frame->sp < view->locals_end && map->locals_known)
		TRY(take_bits(roots, view->locals_end - map->locals.count * UINT64_C(8),
			      &map->locals, view->index, false));
	else if (frame->sp < view->locals_end)
		TRY(take_range(roots, frame->sp, view->locals_end, view->index));
	if (map->arguments_known)
		TRY(take_bits(roots, frame->arguments, &map->arguments, view->index, false));
	else
		TRY(take_arguments(roots, view, map->argument_bytes));
	for (uint32_t i = 0; i < map->object_count; i++)
		TRY(add_object(roots, view, &map->objects[i]));
	return NULL;
}

/*
 * Where a frame goes on: at its own place, but after a fault only if it deferred something, where
 * it returns from that.
 */
static uint64_t continues_at(const struct stack_roots *roots, const struct unwind_frame *frame,
			     int32_t callee)
{
	if (callee != layout_of(roots)->func_id_sigpanic)
		return frame->pc;
	uint64_t place = function_defer_return(&frame->function);
	return place ? place + 1 : 0;
}

static struct error *walk(struct stack_roots *roots, const char **ret_problem)
{
	const struct layout *layout = layout_of(roots);
	const struct captured_goroutine *goroutine = roots->goroutine;
	bool conservative = goroutine->running && goroutine->trapped;
	int32_t callee = layout->func_id_normal;
	uint64_t reached = goroutine->start.sp;
	struct unwinder unwinder;
	bool top = false;

	unwinder_init(&unwinder, &roots->captured->tables, &roots->stack, goroutine->start,
		      goroutine->trapped, goroutine->from_syscall);
	unwinder.collecting = true;
	for (;;) {
		bool more;
		TRY(unwinder_next(&unwinder, &more));
		if (!more)
			break;
		const struct unwind_frame *frame = &unwinder.frame;
		struct machine_frame at = { frame->pc, frame->sp };
		struct frame_view view = {
			.frame = frame,
			.locals_end = machine_locals_end(&at, frame->arguments),
			.continues = continues_at(roots, frame, callee),
			.index = (uint32_t)roots->frames.count,
		};
		callee = frame->function.func_id;
		bool injected = callee == layout->func_id_async_preempt ||
				callee == layout->func_id_debug_call_v2;
		const struct stack_frame noted = { frame->sp, frame->arguments, frame->line_pc };
		TRY(stack_frame_vector_append(&roots->frames, &noted));
		TRY(conservative || injected ? scan_conservatively(roots, &view)
					     : scan_precisely(roots, &view));
		conservative = injected;
		reached = frame->arguments;
		top = frame->function.flags & FUNCTION_TOP_FRAME;
	}
	if (top)
		return NULL;
	*ret_problem = unwinder.problem ? unwinder.problem : "the walk of its stack ended early";
	return take_range(roots, reached, roots->stack.high, (uint32_t)roots->frames.count);
}

/* Which frame an address of the stack lies in. */
static uint32_t frame_at(const struct stack_roots *roots, uint64_t address)
{
	size_t low = 0, high = roots->frames.count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (roots->frames.items[middle].sp <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? (uint32_t)low - 1 : STACK_ROOT_NO_FRAME;
}

static bool on_stack(const struct stack_roots *roots, uint64_t address)
{
	return address >= roots->stack_low && address < roots->goroutine->stack_high;
}

/* A member of a deferred call's record, wherever that lies. */
static bool defer_word(const struct stack_roots *roots, uint64_t address, int32_t offset,
		       uint64_t *ret)
{
	const uint8_t *record = capture_object(&roots->captured->capture, CAPTURED_DEFER, address);
	uint64_t at = address + (uint64_t)offset;
	if (offset < 0)
		return false;
	if (on_stack(roots, address))
		return stack_bytes_word(&roots->stack, at, ret);
	if (record) {
		*ret = member_u64(record, offset);
		return true;
	}
	return error_ignore(target_read_u64(runtime_target(roots->runtime), at, ret));
}

/*
 * Deferred calls. Their list may weave between the stack and the heap, so that what lies in the heap
 * is not reached from g alone.
 */
static struct error *scan_deferred(struct stack_roots *roots)
{
	const struct layout *layout = layout_of(roots);
	uint64_t record = roots->goroutine->deferred, link, fn;
	struct cycle cycle = { 0 };
	for (; record; record = link) {
		if (cycle_closes(&cycle, record) || !roots->defers_left) {
			roots->lost = true;
			return NULL;
		}
		roots->defers_left--;
		uint32_t frame = on_stack(roots, record) ? frame_at(roots, record)
							 : STACK_ROOT_NO_FRAME;
		if (!defer_word(roots, record, layout->defer_link, &link) ||
		    !defer_word(roots, record, layout->defer_fn, &fn)) {
			roots->lost = true;
			return NULL;
		}
		TRY(take(roots, fn, record + (uint64_t)layout->defer_fn, frame, false));
		TRY(take(roots, link, record + (uint64_t)layout->defer_link, frame, false));
	}
	return NULL;
}

/* What g says of its stack beside where it stands: the words that may point into it. */
static struct error *scan_descriptor(struct stack_roots *roots)
{
	const struct layout *layout = layout_of(roots);
	const uint8_t *g = roots->goroutine->g;
	uint64_t context = member_u64(g, layout->g_sched_ctxt);
	uint64_t panic = member_u64(g, layout->g_panic);
	if (on_stack(roots, context))
		TRY(u64_vector_append(&roots->precise, &context));
	if (on_stack(roots, panic))
		TRY(u64_vector_append(&roots->precise, &panic));
	return scan_deferred(roots);
}

/* Vector registers of a preempted goroutine, which the runtime keeps outside of the stack. */
static struct error *scan_registers(struct stack_roots *roots)
{
	const struct layout *layout = layout_of(roots);
	const uint8_t *g = roots->goroutine->g;
	uint64_t state = member_u64(g, layout->g_xregs_state), words[64];
	int32_t size = layout->xregs_state_size;
	if (runtime_binary(roots->runtime)->minor < REGISTERS_SCANNED_FROM || !state ||
	    !member_u8(g, layout->g_async_safe_point) || size <= 0 || size > REGISTERS_MAX)
		return NULL;
	for (uint64_t at = state, end = state + (uint64_t)size; at < end; at += sizeof(words)) {
		size_t length = (size_t)MIN(end - at, (uint64_t)sizeof(words));
		if (!error_ignore(target_read(runtime_target(roots->runtime), at, words, length)))
			return NULL;
		for (size_t i = 0; i < length / 8; i++)
			TRY(take(roots, words[i], at + i * 8, STACK_ROOT_NO_FRAME, true));
	}
	return NULL;
}

static struct stack_found *find_object(struct stack_roots *roots, uint64_t address)
{
	size_t low = 0, high = roots->objects.count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (roots->objects.items[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	struct stack_found *found = low ? &roots->objects.items[low - 1] : NULL;
	return found && address - found->address < found->object->size ? found : NULL;
}

/*
 * Every stack object that something alive points at, those first that are known to be pointed at: an
 * object that is only maybe alive may hold stale words.
 */
static struct error *scan_objects(struct stack_roots *roots)
{
	while (roots->precise.count || roots->doubtful.count) {
		bool conservative = !roots->precise.count;
		struct u64_vector *from = conservative ? &roots->doubtful : &roots->precise;
		struct stack_found *found = find_object(roots, from->items[--from->count]);
		if (!found || found->done)
			continue;
		found->done = true;
		TRY(take_bits(roots, found->address, &found->object->pointers, found->frame,
			      conservative));
	}
	return NULL;
}

static int compare_roots(const void *left, const void *right)
{
	const struct stack_root *a = left, *b = right;
	return a->where < b->where ? -1 : a->where > b->where;
}

static void sort(struct stack_roots *roots)
{
	struct stack_root_vector *list = &roots->list;
	size_t kept = 0, i;
	for (i = 1; i < list->count && list->items[i - 1].where < list->items[i].where;)
		i++;
	if (i >= list->count)
		return;
	qsort(list->items, list->count, sizeof(*list->items), compare_roots);
	for (i = 0; i < list->count; i++) {
		struct stack_root *last = kept ? &list->items[kept - 1] : NULL;
		if (last && last->where == list->items[i].where)
			last->conservative &= list->items[i].conservative;
		else
			list->items[kept++] = list->items[i];
	}
	list->count = kept;
}

/* The stack from `low` on: the capture's copy, where it has all of that. */
static struct error *load_stack(struct stack_roots *roots, uint64_t low, bool *ret)
{
	const struct captured_goroutine *goroutine = roots->goroutine;
	uint64_t size = goroutine->stack_high - low;
	roots->stack = goroutine->stack;
	*ret = true;
	if (roots->stack.bytes && roots->stack.low == low &&
	    roots->stack.high == goroutine->stack_high)
		return NULL;
	*ret = false;
	if (low >= goroutine->stack_high || size > STACK_MAX || size > roots->bytes_there)
		return NULL;
	if (size > roots->buffer_size) {
		uint8_t *buffer = realloc(roots->buffer, (size_t)size);
		if (!buffer)
			return error_no_memory();
		roots->buffer = buffer;
		roots->buffer_size = (size_t)size;
	}
	*ret = error_ignore(
		target_read(runtime_target(roots->runtime), low, roots->buffer, (size_t)size));
	roots->stack = (struct stack_bytes){ low, goroutine->stack_high, roots->buffer };
	return NULL;
}

/* Where the walk would begin is not known: every word of the stack counts. */
static struct error *scan_whole(struct stack_roots *roots, const char **ret_problem)
{
	bool loaded;
	*ret_problem = roots->goroutine->problem ? roots->goroutine->problem
						 : "its stack is being moved";
	TRY(load_stack(roots, roots->stack_low, &loaded));
	if (loaded)
		TRY(take_range(roots, roots->stack_low, roots->stack.high, STACK_ROOT_NO_FRAME));
	else
		roots->lost = true;
	sort(roots);
	return NULL;
}

struct error *stack_roots_scan(struct stack_roots *roots, size_t index, const char **ret_problem)
{
	const struct layout *layout = layout_of(roots);
	const struct captured_goroutine *goroutine =
		&roots->captured->capture.goroutines.items[index];
	uint32_t all = member_u32(goroutine->g, layout->g_atomicstatus);
	uint32_t status = all & G_STATUS_MASK;
	uint64_t start = goroutine->start.sp;
	bool loaded;

	roots->goroutine = goroutine;
	roots->stack_low = member_u64(goroutine->g, layout->g_stack_lo);
	roots->frames.count = roots->objects.count = roots->list.count = 0;
	roots->precise.count = roots->doubtful.count = 0;
	*ret_problem = NULL;
	if (status == G_IDLE || roots->stack_low >= goroutine->stack_high)
		return NULL;
	if (status == G_COPYSTACK || start <= roots->stack_low || start >= goroutine->stack_high)
		return scan_whole(roots, ret_problem);
	TRY(load_stack(roots, start, &loaded));
	if (!loaded) {
		*ret_problem = "its stack cannot be read";
		roots->lost = true;
		return NULL;
	}
	TRY(walk(roots, ret_problem));
	/*
	 * The collector has it in hand, and perhaps has just moved its stack to a smaller one: then
	 * pointers into the old one may still be all that leads to the stack's own objects.
	 */
	if (all & G_SCAN)
		TRY(take_range(roots, roots->stack.low, roots->stack.high,
			       (uint32_t)roots->frames.count));
	TRY(scan_registers(roots));
	TRY(scan_descriptor(roots));
	TRY(scan_objects(roots));
	sort(roots);
	return NULL;
}
