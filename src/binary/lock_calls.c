/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "binary/lock_flow_private.h"

/*
 * What other functions do with locks, as far as it outlasts them: a method that takes a lock and
 * returns with it, a deferred call that releases one.
 */
#define DEPTH_MAX 4 /* of functions that are looked into, one called by the other */
#define LOADS_MAX 8 /* of memory, one after the other, to get at an address */

/* Does it call one of the functions itself? All slow paths are calls, so that a look is enough. */
static bool calls_locks(struct lock_flow *flow, const struct function *function)
{
	struct map_slot *slot = map_find(&flow->concerns, function->entry);
	if (slot)
		return slot->value;
	size_t size = (size_t)(function->end - function->entry), at = 0;
	const uint8_t *bytes = binary_bytes_at(flow->binary, function->entry, size);
	bool found = false;
	uint64_t target;
	while (bytes && !found && machine_next_call(bytes, size, function->entry, &at, &target))
		found = lock_operation_at(&flow->operations, target) != LOCK_OPERATION_NONE;
	(void)error_ignore(map_insert(&flow->concerns, function->entry, found, &slot));
	return found;
}

static bool calls_some_that_do(struct lock_flow *flow, const struct function *function)
{
	size_t size = (size_t)(function->end - function->entry), at = 0;
	const uint8_t *bytes = binary_bytes_at(flow->binary, function->entry, size);
	uint64_t target;
	while (bytes && machine_next_call(bytes, size, function->entry, &at, &target)) {
		struct function called;
		if (binary_function(flow->binary, target, &called) && called.entry == target &&
		    strncmp(called.name, "runtime.", 8) != 0 && calls_locks(flow, &called))
			return true;
	}
	return false;
}

bool lock_flow_concerns(struct lock_flow *flow, const struct function *function)
{
	return calls_locks(flow, function) || calls_some_that_do(flow, function);
}

/* A value of the called function, in the caller's terms. */
static struct error *translate(struct lock_flow *flow, struct lock_code *caller,
			       const struct lock_code *callee, const struct lock_state *state,
			       struct lock_value value, struct lock_value *ret)
{
	int64_t offsets[LOADS_MAX];
	size_t loads = 0;
	*ret = (struct lock_value){ 0 };
	const struct lock_base *base = &callee->values.list.items[value.base];
	while (base->kind == LOCK_BASE_LOADED && loads < LOADS_MAX) {
		offsets[loads++] = value.offset;
		value = (struct lock_value){ base->a, base->offset };
		base = &callee->values.list.items[value.base];
	}
	struct lock_value stack = state->registers[machine_registers.stack];
	switch (base->kind) {
	case LOCK_BASE_ZERO:
		*ret = value;
		break;
	case LOCK_BASE_ENTRY:
		*ret = lock_value_add(state->registers[base->a], value.offset);
		break;
	case LOCK_BASE_PASSED:
		if (stack.base == LOCK_FRAME)
			TRY(lock_state_slot(state, &caller->values, stack.offset + base->offset,
					    ret));
		*ret = lock_value_add(*ret, value.offset);
		break;
	default:
		return NULL;
	}
	while (loads-- > 0) {
		struct lock_value loaded;
		TRY(lock_value_load(flow, caller, state, *ret, &loaded));
		*ret = lock_value_add(loaded, offsets[loads]);
	}
	return NULL;
}

static struct error *apply(struct lock_flow *flow, struct lock_code *caller,
			   const struct lock_code *callee, const struct step *step,
			   struct lock_state *state)
{
	const struct lock_state *exit = &callee->exit;
	for (size_t i = 0; i < exit->released_count; i++) {
		struct lock_released released = exit->released[i];
		TRY(translate(flow, caller, callee, state, exit->released[i].lock, &released.lock));
		TRY(translate(flow, caller, callee, state, exit->released[i].function,
			      &released.function));
		if (exit->released[i].function.base && !released.function.base)
			continue;
		TRY(lock_step_release(caller, step, state, &released));
	}
	for (size_t i = 0; i < exit->taken_count; i++) {
		struct lock_taken taken = exit->taken[i];
		TRY(translate(flow, caller, callee, state, exit->taken[i].lock, &taken.lock));
		TRY(translate(flow, caller, callee, state, exit->taken[i].function,
			      &taken.function));
		if (exit->taken[i].function.base && !taken.function.base)
			continue;
		taken.call = taken.step = step->pc;
		lock_state_take(state, &taken);
	}
	return NULL;
}

struct error *lock_call_effect(struct lock_flow *flow, struct lock_code *caller,
			       const struct step *step, uint64_t target, struct lock_state *state)
{
	struct function function;
	struct lock_code *callee = NULL;
	if (flow->alone || flow->depth >= DEPTH_MAX ||
	    !binary_function(flow->binary, target, &function) || function.entry != target ||
	    !lock_flow_concerns(flow, &function))
		return NULL;
	flow->depth++;
	struct error *error = lock_flow_code(flow, &function, &callee);
	flow->depth--;
	if (error || !callee || !callee->returns)
		return error;
	return apply(flow, caller, callee, step, state);
}

bool lock_flow_method(struct lock_flow *flow, uint64_t entry, bool taken, enum lock_mode *ret_mode,
		      int64_t *ret_offset)
{
	struct function function;
	struct lock_code *code = NULL;
	const struct lock_value *lock = NULL;
	*ret_offset = 0;
	switch (lock_operation_at(&flow->operations, entry)) {
	case LOCK_OPERATION_LOCK:
	case LOCK_OPERATION_UNLOCK:
		*ret_mode = LOCK_EXCLUSIVE;
		return true;
	case LOCK_OPERATION_READ_LOCK:
	case LOCK_OPERATION_READ_UNLOCK:
		*ret_mode = LOCK_SHARED;
		return true;
	default:
		break;
	}
	/* A method of what has the lock inside. */
	if (!binary_function(flow->binary, entry, &function) || function.entry != entry ||
	    !lock_flow_concerns(flow, &function) ||
	    !error_ignore(lock_flow_code(flow, &function, &code)) || !code || !code->returns)
		return false;
	if (taken && code->exit.taken_count == 1 && code->exit.taken[0].certain) {
		lock = &code->exit.taken[0].lock;
		*ret_mode = code->exit.taken[0].mode;
	} else if (!taken && code->exit.released_count == 1) {
		lock = &code->exit.released[0].lock;
		*ret_mode = code->exit.released[0].mode;
	}
	if (!lock)
		return false;
	const struct lock_base *base = &code->values.list.items[lock->base];
	*ret_offset = lock->offset;
	return base->kind == LOCK_BASE_ENTRY && base->a == machine_registers.first_argument;
}
