/* SPDX-License-Identifier: Apache-2.0 */
#include "binary/lock_state.h"

#include <string.h>

void lock_state_deinit(struct lock_state *state)
{
	lock_slot_vector_deinit(&state->slots);
	*state = (struct lock_state){ 0 };
}

struct error *lock_state_copy(struct lock_state *state, const struct lock_state *from)
{
	struct lock_slot_vector slots = state->slots;
	TRY(lock_slot_vector_reserve(&slots, from->slots.count));
	*state = *from;
	state->slots = slots;
	state->slots.count = from->slots.count;
	if (from->slots.count)
		memcpy(slots.items, from->slots.items, from->slots.count * sizeof(*slots.items));
	return NULL;
}

struct error *lock_state_enter(struct lock_state *state, struct lock_values *values)
{
	state->slots.count = 0;
	state->taken_count = state->released_count = 0;
	for (uint32_t i = 0; i < MACHINE_REGISTERS; i++) {
		const struct lock_base base = { .kind = LOCK_BASE_ENTRY, .a = i };
		state->registers[i] = (struct lock_value){ 0 };
		TRY(lock_values_base(values, &base, &state->registers[i].base));
	}
	state->registers[machine_registers.stack] = (struct lock_value){ LOCK_FRAME,
									 machine_registers.entry };
	return NULL;
}

/* Where a place is among the slots, or would be. */
static size_t slot_index(const struct lock_slot_vector *slots, int64_t place)
{
	size_t low = 0, high = slots->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (slots->items[middle].place < place)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct error *lock_state_slot(const struct lock_state *state, struct lock_values *values,
			      int64_t place, struct lock_value *ret)
{
	size_t at = slot_index(&state->slots, place);
	*ret = (struct lock_value){ 0 };
	if (at < state->slots.count && state->slots.items[at].place == place) {
		*ret = state->slots.items[at].value;
		return NULL;
	}
	if (place < 0)
		return NULL;
	const struct lock_base base = { .kind = LOCK_BASE_PASSED, .offset = place };
	return lock_values_base(values, &base, &ret->base);
}

static void slots_remove(struct lock_slot_vector *slots, size_t at, size_t count)
{
	memmove(slots->items + at, slots->items + at + count,
		(slots->count - at - count) * sizeof(*slots->items));
	slots->count -= count;
}

struct error *lock_state_store(struct lock_state *state, int64_t place, uint64_t size,
			       struct lock_value value)
{
	struct lock_slot_vector *slots = &state->slots;
	if (!size || size > 64)
		return NULL;
	/* Words that it reaches into are no more what they were. */
	size_t at = slot_index(slots, place - 7), end = at;
	while (end < slots->count && slots->items[end].place < place + (int64_t)size)
		end++;
	if (end > at)
		slots_remove(slots, at, end - at);
	const struct lock_slot slot = { place, value };
	/* Above the frame's end, what is not there reads as what was passed. */
	if ((value.base == LOCK_UNKNOWN && place < 0) || slots->count >= LOCK_SLOTS_MAX)
		return NULL;
	TRY(lock_slot_vector_append(slots, &slot));
	at = slot_index(&(struct lock_slot_vector){ slots->items, slots->count - 1, 0 }, place);
	memmove(slots->items + at + 1, slots->items + at,
		(slots->count - 1 - at) * sizeof(*slots->items));
	slots->items[at] = slot;
	return NULL;
}

static void remove_taken(struct lock_state *state, size_t at)
{
	state->taken_count--;
	memmove(&state->taken[at], &state->taken[at + 1],
		(state->taken_count - at) * sizeof(*state->taken));
}

static void remove_released(struct lock_state *state, size_t at)
{
	state->released_count--;
	memmove(&state->released[at], &state->released[at + 1],
		(state->released_count - at) * sizeof(*state->released));
}

/* Calls through interfaces are many, and few of them have to do with locks: they leave room. */
#define INTERFACES_SPARED 12

void lock_state_take(struct lock_state *state, const struct lock_taken *taken)
{
	for (size_t i = 0; i < state->released_count; i++) {
		if (taken->certain && taken->mode == state->released[i].mode &&
		    lock_value_equal(state->released[i].lock, taken->lock))
			remove_released(state, i--);
	}
	for (size_t i = 0; i < state->taken_count; i++) {
		if (state->taken[i].call == taken->call && state->taken[i].mode == taken->mode &&
		    lock_value_equal(state->taken[i].lock, taken->lock)) {
			state->taken[i].certain |= taken->certain;
			return;
		}
	}
	if (state->taken_count < LOCKS_MAX - (taken->function.base ? INTERFACES_SPARED : 0))
		state->taken[state->taken_count++] = *taken;
	else if (!taken->function.base)
		state->doubtful = true;
}

void lock_state_doubt(struct lock_state *state)
{
	for (size_t i = 0; i < state->taken_count; i++)
		state->taken[i].certain = false;
}

/* Could two values that look different be the same address? */
static bool may_be_same(struct lock_value left, struct lock_value right)
{
	if (left.base == right.base && left.base != LOCK_UNKNOWN)
		return left.offset == right.offset;
	/* What is at a fixed place, and what is on the stack, are told apart. */
	bool left_fixed = left.base == LOCK_ZERO || left.base == LOCK_FRAME;
	bool right_fixed = right.base == LOCK_ZERO || right.base == LOCK_FRAME;
	return !(left_fixed && right_fixed);
}

/*
 * An unlock whose lock is none of those that were taken here releases one that was taken elsewhere,
 * or one of these under another name.
 */
void lock_state_release(struct lock_state *state, const struct lock_released *released)
{
	bool direct = released->function.base == LOCK_UNKNOWN;
	for (size_t i = state->taken_count; i-- > 0;) {
		const struct lock_taken *taken = &state->taken[i];
		if (taken->mode == released->mode && released->lock.base != LOCK_UNKNOWN &&
		    (taken->function.base == LOCK_UNKNOWN) == direct &&
		    lock_value_equal(taken->lock, released->lock)) {
			remove_taken(state, i);
			return;
		}
	}
	for (size_t i = 0; i < state->taken_count && direct; i++) {
		if (state->taken[i].mode == released->mode &&
		    may_be_same(state->taken[i].lock, released->lock))
			state->taken[i].certain = false;
	}
	if (state->released_count < LOCKS_MAX - (direct ? 0 : INTERFACES_SPARED))
		state->released[state->released_count++] = *released;
	else if (direct)
		state->doubtful = true;
}

void lock_state_settle(struct lock_state *state, uint64_t step, bool taken)
{
	for (size_t i = state->taken_count; i-- > 0;) {
		if (state->taken[i].step != step)
			continue;
		if (taken)
			state->taken[i].certain = true;
		else
			remove_taken(state, i);
	}
}

void lock_state_undo(struct lock_state *state, uint64_t call)
{
	for (size_t i = state->taken_count; i-- > 0;) {
		if (state->taken[i].call == call)
			remove_taken(state, i);
	}
}

static const struct lock_taken *find_taken(const struct lock_state *state,
					   const struct lock_taken *like)
{
	for (size_t i = 0; i < state->taken_count; i++) {
		const struct lock_taken *taken = &state->taken[i];
		if (taken->step == like->step && taken->mode == like->mode &&
		    lock_value_equal(taken->lock, like->lock))
			return taken;
	}
	return NULL;
}

/*
 * One way brings 1 and a lock that was tried, the other one 0 and not that lock: the place holds
 * whether the lock was taken.
 */
static uint32_t tells_taken(struct lock_value yes, const struct lock_state *with,
			    struct lock_value no, const struct lock_state *without,
			    struct lock_values *values)
{
	if (no.base != LOCK_ZERO || no.offset != 0)
		return LOCK_UNKNOWN;
	if (yes.base != LOCK_ZERO)
		return values->list.items[yes.base].kind == LOCK_BASE_TAKEN ? yes.base
									    : LOCK_UNKNOWN;
	if (yes.offset != 1)
		return LOCK_UNKNOWN;
	for (size_t i = 0; i < with->taken_count; i++) {
		const struct lock_base base = { .kind = LOCK_BASE_TAKEN,
						.offset = (int64_t)with->taken[i].step };
		uint32_t number = LOCK_UNKNOWN;
		if (!find_taken(without, &with->taken[i]) &&
		    error_ignore(lock_values_base(values, &base, &number)))
			return number;
	}
	return LOCK_UNKNOWN;
}

/* What a place holds where two ways meet. */
static struct error *meet(struct lock_value *into, const struct lock_state *into_state,
			  struct lock_value from, const struct lock_state *from_state,
			  struct lock_values *values, uint32_t block, int64_t place, bool *changed)
{
	const struct lock_base merged = {
		.kind = LOCK_BASE_MERGED,
		.a = block,
		.offset = place,
	};
	uint32_t number;
	if (lock_value_equal(*into, from))
		return NULL;
	TRY(lock_values_base(values, &merged, &number));
	struct lock_value value = { number, 0 };
	if (lock_value_equal(*into, value))
		return NULL;
	uint32_t tells = tells_taken(*into, into_state, from, from_state, values);
	if (!tells)
		tells = tells_taken(from, from_state, *into, into_state, values);
	if (tells)
		value = (struct lock_value){ tells, 0 };
	if (lock_value_equal(*into, value))
		return NULL;
	*into = value;
	*changed = true;
	return NULL;
}

/* Places of registers, which no slot has. */
#define REGISTER_PLACE(i) (INT64_MIN + (int64_t)(i))

struct error *lock_state_merge_values(struct lock_state *into, const struct lock_state *from,
				      struct lock_values *values, uint32_t block, bool *ret_changed)
{
	for (size_t i = 0; i < MACHINE_REGISTERS; i++)
		TRY(meet(&into->registers[i], into, from->registers[i], from, values, block,
			 REGISTER_PLACE(i), ret_changed));
	for (size_t i = 0; i < into->slots.count; i++) {
		struct lock_slot *slot = &into->slots.items[i];
		struct lock_value other;
		TRY(lock_state_slot(from, values, slot->place, &other));
		if (other.base == LOCK_UNKNOWN && slot->place < 0) {
			slots_remove(&into->slots, i--, 1);
			*ret_changed = true;
			continue;
		}
		TRY(meet(&slot->value, into, other, from, values, block, slot->place, ret_changed));
	}
	/* Above the frame's end, a slot that one way alone has written differs, too. */
	for (size_t i = 0; i < from->slots.count; i++) {
		int64_t place = from->slots.items[i].place;
		size_t at = slot_index(&into->slots, place);
		if (place < 0 || (at < into->slots.count && into->slots.items[at].place == place))
			continue;
		TRY(lock_state_store(into, place, 8, (struct lock_value){ 0 }));
		*ret_changed = true;
	}
	if (!lock_value_equal(into->compared, from->compared) ||
	    into->compared_equal_means_true != from->compared_equal_means_true) {
		*ret_changed |= into->compared.base != LOCK_UNKNOWN;
		into->compared = (struct lock_value){ 0 };
	}
	return NULL;
}

void lock_state_merge_locks(struct lock_state *into, const struct lock_state *from,
			    bool *ret_changed)
{
	for (size_t i = 0; i < into->taken_count; i++) {
		const struct lock_taken *other = find_taken(from, &into->taken[i]);
		if (into->taken[i].certain && !(other && other->certain)) {
			into->taken[i].certain = false;
			*ret_changed = true;
		}
	}
	for (size_t i = 0; i < from->taken_count; i++) {
		if (find_taken(into, &from->taken[i]))
			continue;
		if (into->taken_count < LOCKS_MAX) {
			into->taken[into->taken_count] = from->taken[i];
			into->taken[into->taken_count++].certain = false;
			*ret_changed = true;
		} else if (!into->doubtful) {
			into->doubtful = *ret_changed = true;
		}
	}
	for (size_t i = 0; i < from->released_count; i++) {
		bool known = false;
		for (size_t j = 0; j < into->released_count && !known; j++)
			known = into->released[j].mode == from->released[i].mode &&
				lock_value_equal(into->released[j].lock, from->released[i].lock);
		if (known)
			continue;
		if (into->released_count < LOCKS_MAX) {
			into->released[into->released_count++] = from->released[i];
			*ret_changed = true;
		} else if (!into->doubtful) {
			into->doubtful = *ret_changed = true;
		}
	}
	if (from->doubtful && !into->doubtful)
		into->doubtful = *ret_changed = true;
}
