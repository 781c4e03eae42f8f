/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/locks_private.h"

#include <string.h>

#define FRAMES_MAX 128 /* of a goroutine, innermost first */

static void search_deinit(struct lock_search *search)
{
	for (size_t i = 0; i < search->places.count; i++) {
		lock_state_deinit(&search->places.items[i]->state);
		free(search->places.items[i]);
	}
	lock_place_vector_deinit(&search->places);
	lock_frame_vector_deinit(&search->frames);
	lock_event_vector_deinit(&search->events);
	map_deinit(&search->by_pc);
	lock_flow_close(search->flow);
	if (search->captured)
		runtime_goroutines_destroy(&search->captured->goroutines);
}

void locks_held_deinit(struct locks_held *held)
{
	held_lock_vector_deinit(&held->list);
	lock_release_vector_deinit(&held->releases);
	free(held->doubtful);
	*held = (struct locks_held){ 0 };
}

static struct error *add_place(struct lock_search *search, const struct lock_frame *frame,
			       const struct lock_place **ret)
{
	struct map_slot *slot;
	struct lock_place *place = calloc(1, sizeof(*place));
	if (!place)
		return error_no_memory();
	struct error *error = lock_place_vector_append(&search->places, &place);
	if (error) {
		free(place);
		return error;
	}
	place->concerned = strncmp(frame->function.name, "runtime.", 8) != 0 &&
			   lock_flow_concerns(search->flow, &frame->function);
	TRY(lock_flow_at(search->flow, &frame->function, frame->line_pc, &place->state,
			 &place->values));
	TRY(map_insert(&search->by_pc, frame->line_pc, search->places.count - 1, &slot));
	*ret = place;
	return NULL;
}

struct error *lock_search_place(struct lock_search *search, size_t index,
				const struct lock_place **ret)
{
	struct lock_frame *frame = &search->frames.items[index];
	if (!frame->place) {
		const struct map_slot *slot = map_find(&search->by_pc, frame->line_pc);
		if (slot)
			frame->place = search->places.items[slot->value];
		else
			TRY(add_place(search, frame, &frame->place));
	}
	*ret = frame->place;
	return NULL;
}

static struct error *walk(struct lock_search *search)
{
	const struct captured_goroutine *goroutine = search->goroutine;
	struct unwinder unwinder;
	bool more = true;
	search->frames.count = 0;
	if (!goroutine->stack.bytes)
		return NULL;
	unwinder_init(&unwinder, &search->captured->tables, &goroutine->stack, goroutine->start,
		      goroutine->trapped, goroutine->from_syscall);
	for (;;) {
		TRY(unwinder_next(&unwinder, &more));
		if (!more || search->frames.count == FRAMES_MAX)
			return NULL;
		const struct unwind_frame *frame = &unwinder.frame;
		struct machine_frame at = { frame->pc, frame->sp };
		const struct lock_frame noted = {
			.line_pc = frame->line_pc,
			.sp = frame->sp,
			.end = frame->arguments,
			.locals_end = machine_locals_end(&at, frame->arguments),
			.function = frame->function,
		};
		TRY(lock_frame_vector_append(&search->frames, &noted));
	}
}

static struct place place_of(const struct function *function, uint64_t pc)
{
	struct function_line lines[FUNCTION_LINES_MAX];
	size_t count = function_lines(function, pc, lines);
	return count ? (struct place){ lines[0].function, lines[0].file, lines[0].line }
		     : (struct place){ 0 };
}

#define NO_LOCK UINT64_MAX

/* The address of a lock, 0 where that cannot be told; NO_LOCK: the call had to do with none. */
static struct error *locate(struct lock_search *search, size_t frame, struct lock_value lock,
			    struct lock_value function, bool taken, enum lock_mode *mode,
			    uint64_t *ret)
{
	uint64_t entry = 0, address = 0;
	int64_t offset = 0;
	bool known = true;
	if (function.base) {
		TRY(lock_search_resolve(search, frame, function, &entry, &known));
		if (!known || !lock_flow_method(search->flow, entry, taken, mode, &offset)) {
			*ret = NO_LOCK;
			return NULL;
		}
	}
	TRY(lock_search_resolve(search, frame, lock, &address, &known));
	*ret = known ? address + (uint64_t)offset : 0;
	return NULL;
}

static struct error *add_taken(struct lock_search *search, size_t frame,
			       const struct lock_taken *taken)
{
	const struct function *function = &search->frames.items[frame].function;
	struct held_lock held = {
		.goroutine = search->index,
		.frame = (uint32_t)frame,
		.shared = taken->mode == LOCK_SHARED,
		.certain = taken->certain,
		.by_code = true,
		.taken = place_of(function, taken->call),
	};
	enum lock_mode mode = taken->mode;
	TRY(locate(search, frame, taken->lock, taken->function, true, &mode, &held.address));
	held.shared = mode == LOCK_SHARED;
	if (held.address == NO_LOCK)
		return NULL;
	return held_lock_vector_append(&search->held->list, &held);
}

/* A frame nearer to where the goroutine stands has released one of a frame farther out. */
static void release(struct lock_search *search, uint64_t address, bool shared)
{
	struct held_lock_vector *list = &search->held->list;
	for (size_t i = list->count; i-- > search->first;) {
		struct held_lock *held = &list->items[i];
		if (held->shared != shared)
			continue;
		if (address && held->address == address) {
			memmove(held, held + 1, (list->count - i - 1) * sizeof(*held));
			list->count--;
			return;
		}
		if (!address || !held->address)
			held->certain = false;
	}
}

/*
 * sync.(*Cond).Wait has released the lock that its caller holds, and takes it again before it
 * returns. The lock is the condition's first member but for a mark without size: an interface.
 */
static struct error *release_condition(struct lock_search *search, size_t frame)
{
	const struct lock_value condition = { 0 };
	const struct lock_place *place;
	uint64_t address = 0, lock = 0;
	bool known = false;
	(void)condition;
	TRY(lock_search_place(search, frame, &place));
	/* What the caller had in the first argument's register. */
	if (frame + 1 < search->frames.count) {
		const struct lock_place *caller;
		TRY(lock_search_place(search, frame + 1, &caller));
		if (caller->values)
			TRY(lock_search_resolve(
				search, frame + 1,
				caller->state.registers[machine_registers.first_argument], &address,
				&known));
	}
	if (!known || !lock_search_word(search, address + 8, &lock))
		lock = 0;
	release(search, lock, false);
	release(search, lock, true);
	return NULL;
}

/* What the frame's function may come to before it returns. */
static struct error *add_releases(struct lock_search *search, size_t frame)
{
	const struct lock_frame *at = &search->frames.items[frame];
	search->events.count = 0;
	TRY(lock_flow_ahead(search->flow, &at->function, at->line_pc, &search->events));
	for (size_t i = 0; i < search->events.count; i++) {
		const struct lock_event *event = &search->events.items[i];
		struct lock_release release = {
			.goroutine = search->index,
			.frame = (uint32_t)frame,
			.unknown = event->unknown,
		};
		enum lock_mode mode = event->release.mode;
		if (!event->unknown)
			TRY(locate(search, frame, event->release.lock, event->release.function,
				   false, &mode, &release.address));
		if (release.address == NO_LOCK)
			continue;
		TRY(lock_release_vector_append(&search->held->releases, &release));
	}
	return NULL;
}

static struct error *take_frame(struct lock_search *search, size_t frame)
{
	const struct function *function = &search->frames.items[frame].function;
	const struct lock_place *place;
	if (strcmp(function->name, "sync.(*Cond).Wait") == 0)
		return release_condition(search, frame);
	if (strncmp(function->name, "runtime.", 8) == 0) {
		/* Deferred calls of the frames farther out are being made, which is not seen. */
		if (strcmp(function->name, "runtime.gopanic") == 0 ||
		    strcmp(function->name, "runtime.Goexit") == 0)
			release(search, 0, false), release(search, 0, true);
		return NULL;
	}
	TRY(lock_search_place(search, frame, &place));
	if (!place->concerned)
		return NULL;
	search->held->frames++;
	if (!place->values) {
		search->held->unclear++;
		search->held->doubtful[search->index] = 1;
		return NULL;
	}
	const struct lock_state *state = &place->state;
	search->held->doubtful[search->index] |= state->doubtful;
	for (size_t i = 0; i < state->released_count; i++) {
		const struct lock_released *released = &state->released[i];
		enum lock_mode mode = released->mode;
		uint64_t address = 0;
		TRY(locate(search, frame, released->lock, released->function, false, &mode,
			   &address));
		if (address != NO_LOCK)
			release(search, address, mode == LOCK_SHARED);
	}
	for (size_t i = 0; i < state->taken_count; i++)
		TRY(add_taken(search, frame, &state->taken[i]));
	return add_releases(search, frame);
}

static struct error *take_goroutine(struct lock_search *search)
{
	TRY(walk(search));
	search->first = search->held->list.count;
	for (size_t frame = search->frames.count; frame-- > 0;)
		TRY(take_frame(search, frame));
	return lock_search_deferred(search);
}

static struct error *read_again(struct lock_search *search)
{
	const struct runtime_goroutines_options options = { .standing = true, .with_waits = true };
	struct goroutines *goroutines = NULL;
	TRY(runtime_goroutines(search->runtime, &options, &goroutines));
	search->captured = (struct captured_goroutines *)goroutines;
	return lock_flow_open(runtime_binary(search->runtime), &search->flow);
}

static struct error *search_all(struct lock_search *search, const struct goroutines *goroutines)
{
	const struct goroutine_vector *again = &search->captured->goroutines.list;
	size_t count = MIN(goroutines->list.count, again->count);
	for (size_t i = 0; i < count; i++) {
		const struct goroutine *goroutine = &goroutines->list.items[i];
		if (goroutine->system || again->items[i].id != goroutine->id)
			continue;
		search->index = (uint32_t)i;
		search->goroutine = &search->captured->capture.goroutines.items[i];
		TRY(take_goroutine(search));
	}
	return NULL;
}

struct error *locks_held_find(struct runtime *runtime, const struct goroutines *goroutines,
			      struct locks_held *ret)
{
	_cleanup_(locks_held_deinit) struct locks_held held = { 0 };
	_cleanup_(search_deinit) struct lock_search search = { .runtime = runtime, .held = &held };
	held.count = goroutines->list.count;
	held.doubtful = calloc(held.count + 1, 1);
	if (!held.doubtful)
		return error_no_memory();
	TRY(read_again(&search));
	TRY(search_all(&search, goroutines));
	*ret = held;
	held = (struct locks_held){ 0 };
	return NULL;
}
