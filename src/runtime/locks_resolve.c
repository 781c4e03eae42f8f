/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/locks_private.h"

/*
 * From what a function's code calls a value to the address that it is in one frame. Between two
 * calls nothing is kept in registers: what the function still needs is in a word of the frame. What
 * it was called with is what its caller had in that register, and that in turn is in a word of the
 * caller's frame.
 */
#define LOADS_MAX   8
#define CALLERS_MAX 16

bool lock_search_word(const struct lock_search *search, uint64_t address, uint64_t *ret)
{
	if (stack_bytes_word(&search->goroutine->stack, address, ret))
		return true;
	return address &&
	       error_ignore(target_read_u64(runtime_target(search->runtime), address, ret));
}

/* By the frame's words that hold the same, a number apart; all of them must agree. */
static bool by_slots(const struct lock_search *search, const struct lock_frame *frame,
		     struct lock_value value, uint64_t *ret)
{
	const struct lock_slot_vector *slots = &frame->place->state.slots;
	bool found = false;
	for (size_t i = 0; i < slots->count; i++) {
		uint64_t word;
		if (slots->items[i].value.base != value.base ||
		    !stack_bytes_word(&search->goroutine->stack,
				      frame->end + (uint64_t)slots->items[i].place, &word))
			continue;
		word += (uint64_t)value.offset - (uint64_t)slots->items[i].value.offset;
		if (found && word != *ret)
			return false;
		*ret = word;
		found = true;
	}
	return found;
}

/* One step towards something that is known. */
enum progress {
	PROGRESS_DONE,
	PROGRESS_ON,
	PROGRESS_LOST,
};

struct resolving {
	size_t frame;
	struct lock_value value;
	uint64_t address; /* once it is known */
	int64_t offsets[LOADS_MAX];
	size_t loads; /* to be made from there */
};

static struct error *go_on(struct lock_search *search, struct resolving *at, enum progress *ret)
{
	const struct lock_place *place;
	TRY(lock_search_place(search, at->frame, &place));
	const struct lock_frame *frame = &search->frames.items[at->frame];
	*ret = PROGRESS_LOST;
	if (!place->values)
		return NULL;
	const struct lock_base *base = &place->values->list.items[at->value.base];
	*ret = PROGRESS_DONE;
	switch (base->kind) {
	case LOCK_BASE_ZERO:
		at->address = (uint64_t)at->value.offset;
		return NULL;
	case LOCK_BASE_FRAME:
		at->address = frame->end + (uint64_t)at->value.offset;
		return NULL;
	case LOCK_BASE_UNKNOWN:
		*ret = PROGRESS_LOST;
		return NULL;
	default:
		break;
	}
	if (by_slots(search, frame, at->value, &at->address))
		return NULL;
	*ret = PROGRESS_LOST;
	if (base->kind == LOCK_BASE_PASSED) {
		if (!stack_bytes_word(&search->goroutine->stack,
				      frame->end + (uint64_t)base->offset, &at->address))
			return NULL;
		at->address += (uint64_t)at->value.offset;
		*ret = PROGRESS_DONE;
	} else if (base->kind == LOCK_BASE_LOADED && at->loads < LOADS_MAX) {
		at->offsets[at->loads++] = at->value.offset;
		at->value = (struct lock_value){ base->a, base->offset };
		*ret = PROGRESS_ON;
	} else if (base->kind == LOCK_BASE_ENTRY && at->frame + 1 < search->frames.count) {
		int64_t offset = at->value.offset;
		at->frame++;
		TRY(lock_search_place(search, at->frame, &place));
		if (!place->values)
			return NULL;
		at->value = lock_value_add(place->state.registers[base->a], offset);
		*ret = PROGRESS_ON;
	}
	return NULL;
}

struct error *lock_search_resolve(struct lock_search *search, size_t frame, struct lock_value value,
				  uint64_t *ret, bool *ret_known)
{
	struct resolving at = { .frame = frame, .value = value };
	enum progress progress = PROGRESS_ON;
	*ret_known = false;
	for (int i = 0; i < LOADS_MAX + CALLERS_MAX && progress == PROGRESS_ON; i++)
		TRY(go_on(search, &at, &progress));
	if (progress != PROGRESS_DONE)
		return NULL;
	while (at.loads-- > 0) {
		if (!lock_search_word(search, at.address, &at.address))
			return NULL;
		at.address += (uint64_t)at.offsets[at.loads];
	}
	*ret = at.address;
	*ret_known = true;
	return NULL;
}
