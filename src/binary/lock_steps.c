/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "binary/lock_flow_private.h"

/*
 * Members of sync.RWMutex that its inlined methods change, from the lock's own address: the same in
 * all releases. A Mutex's state is its first member.
 */
#define READER_COUNT 16

/* An operation on a lock that was inlined at a place. */
struct inlined {
	enum lock_operation operation; /* the innermost one, whose code this is */
	uint64_t call;                 /* where the outermost one is called */
};

static struct inlined inlined_at(const struct lock_code *code, uint64_t pc)
{
	struct function_line lines[FUNCTION_LINES_MAX];
	struct inlined inlined = { LOCK_OPERATION_NONE, 0 };
	size_t count = function_lines(&code->function, pc, lines);
	for (size_t i = 0; i < count; i++) {
		enum lock_operation operation = lock_operation_named(lines[i].function);
		if (operation == LOCK_OPERATION_NONE) {
			/* What comes outside of one is its caller. */
			if (inlined.operation != LOCK_OPERATION_NONE)
				break;
			continue;
		}
		if (inlined.operation == LOCK_OPERATION_NONE)
			inlined.operation = operation;
		inlined.call = i + 1 < count ? lines[i + 1].pc : code->function.entry;
	}
	return inlined;
}

/*
 * The call of a slow path that belongs to an atomic instruction, the compiler having said of the call
 * alone that it was inlined: it is made right behind the branch that follows, one way or the other.
 */
#define SLOW_NEAR 16

static const struct step *find_slow(const struct lock_flow *flow, const struct lock_code *code,
				    size_t at, enum lock_operation *ret)
{
	for (size_t i = at; i < code->steps.count && i < at + SLOW_NEAR; i++) {
		const struct step *step = &code->steps.items[i];
		if (step->kind == STEP_SWAP_IF || step->kind == STEP_ATOMIC_ADD ||
		    step->kind == STEP_JUMP || step->kind == STEP_RETURN)
			break;
		if (step->kind == STEP_CALL) {
			*ret = lock_operation_at(&flow->operations, step->number);
			return step;
		}
	}
	return NULL;
}

static bool is_slow(enum lock_operation operation)
{
	return operation == LOCK_OPERATION_LOCK_SLOW ||
	       operation == LOCK_OPERATION_READ_LOCK_SLOW ||
	       operation == LOCK_OPERATION_UNLOCK_SLOW ||
	       operation == LOCK_OPERATION_READ_UNLOCK_SLOW;
}

static struct inlined by_slow_path(const struct lock_flow *flow, const struct lock_code *code,
				   const struct step *step)
{
	size_t at = (size_t)(step - code->steps.items) + 1, end = at + SLOW_NEAR;
	struct inlined inlined = { LOCK_OPERATION_NONE, 0 };
	for (; at < code->steps.count && at < end; at++) {
		const struct step *branch = &code->steps.items[at];
		enum lock_operation operation = LOCK_OPERATION_NONE;
		if (branch->kind < STEP_CALL || branch->kind == STEP_SWITCH)
			continue;
		if (branch->kind < STEP_BRANCH || branch->kind > STEP_BRANCH_UNEQUAL)
			break;
		const struct step *slow = find_slow(flow, code, at + 1, &operation);
		if (!slow || !is_slow(operation)) {
			uint32_t block = lock_blocks_find(code, branch->number);
			slow = block == UINT32_MAX
				       ? NULL
				       : find_slow(flow, code, code->blocks.items[block].first,
						   &operation);
		}
		if (!slow || !is_slow(operation))
			break;
		inlined.operation = operation;
		inlined.call = inlined_at(code, slow->pc).call;
		if (!inlined.call)
			inlined.call = slow->pc;
		break;
	}
	return inlined;
}

static struct error *address_of(const struct lock_state *state, const struct step_memory *memory,
				struct lock_value *ret)
{
	*ret = (struct lock_value){ 0 };
	if (!memory->known)
		return NULL;
	if (memory->base == MACHINE_NOWHERE)
		*ret = (struct lock_value){ LOCK_ZERO, memory->offset };
	else
		*ret = lock_value_add(state->registers[memory->base], memory->offset);
	return NULL;
}

struct error *lock_value_load(struct lock_flow *flow, struct lock_code *code,
			      const struct lock_state *state, struct lock_value address,
			      struct lock_value *ret)
{
	*ret = (struct lock_value){ 0 };
	if (address.base == LOCK_UNKNOWN)
		return NULL;
	if (address.base == LOCK_FRAME)
		return lock_state_slot(state, &code->values, address.offset, ret);
	if (address.base == LOCK_ZERO) {
		/* A function's address at a fixed place is that of a function value. */
		const uint8_t *bytes = binary_bytes_at(flow->binary, (uint64_t)address.offset, 8);
		struct function function;
		uint64_t value = 0;
		if (bytes)
			memcpy(&value, bytes, sizeof(value));
		if (value && binary_function(flow->binary, value, &function) &&
		    function.entry == value) {
			*ret = (struct lock_value){ LOCK_ZERO, (int64_t)value };
			return NULL;
		}
	}
	const struct lock_base base = {
		.kind = LOCK_BASE_LOADED,
		.a = address.base,
		.offset = address.offset,
	};
	return lock_values_base(&code->values, &base, &ret->base);
}

static struct error *made_by(struct lock_code *code, const struct step *step, uint32_t reg,
			     struct lock_value *ret)
{
	const struct lock_base base = {
		.kind = LOCK_BASE_MADE,
		.a = (uint32_t)(step->pc - code->function.entry),
		.b = reg,
	};
	*ret = (struct lock_value){ 0 };
	return lock_values_base(&code->values, &base, &ret->base);
}

static struct error *taken_by(struct lock_code *code, const struct step *step,
			      struct lock_value *ret)
{
	const struct lock_base base = {
		.kind = LOCK_BASE_TAKEN,
		.offset = (int64_t)step->pc,
	};
	*ret = (struct lock_value){ 0 };
	return lock_values_base(&code->values, &base, &ret->base);
}

static void clear(struct lock_state *state, uint16_t registers)
{
	for (size_t i = 0; i < MACHINE_REGISTERS; i++) {
		if (registers >> i & 1)
			state->registers[i] = (struct lock_value){ 0 };
	}
}

static struct error *do_swap(struct lock_flow *flow, struct lock_code *code,
			     const struct step *step, struct lock_state *state)
{
	struct lock_value address;
	struct inlined inlined = inlined_at(code, step->pc);
	if (inlined.operation == LOCK_OPERATION_NONE && step->size == 4) {
		inlined = by_slow_path(flow, code, step);
		if (inlined.operation == LOCK_OPERATION_LOCK_SLOW)
			inlined.operation = LOCK_OPERATION_LOCK;
	}
	TRY(address_of(state, &step->memory, &address));
	clear(state, step->clears);
	state->compared = (struct lock_value){ 0 };
	bool reads = inlined.operation == LOCK_OPERATION_TRY_READ_LOCK;
	if (inlined.operation != LOCK_OPERATION_LOCK &&
	    inlined.operation != LOCK_OPERATION_TRY_LOCK && !reads)
		return NULL;
	/* Lock does not return without it, so that it need not be known which way it takes. */
	const struct lock_taken taken = {
		.lock = reads ? lock_value_add(address, -READER_COUNT) : address,
		.mode = reads ? LOCK_SHARED : LOCK_EXCLUSIVE,
		.certain = inlined.operation == LOCK_OPERATION_LOCK,
		.call = inlined.call,
		.step = step->pc,
	};
	lock_state_take(state, &taken);
	if (taken.certain)
		return NULL;
	state->compared_equal_means_true = true;
	return taken_by(code, step, &state->compared);
}

static struct error *note_event(struct lock_code *code, const struct lock_event *event)
{
	if (code->status != LOCK_CODE_BEGUN)
		return NULL;
	for (size_t i = 0; i < code->events.count; i++) {
		const struct lock_event *noted = &code->events.items[i];
		if (noted->pc == event->pc && noted->unknown == event->unknown &&
		    noted->release.mode == event->release.mode &&
		    lock_value_equal(noted->release.lock, event->release.lock))
			return NULL;
	}
	return lock_event_vector_append(&code->events, event);
}

struct error *lock_step_release(struct lock_code *code, const struct step *step,
				struct lock_state *state, const struct lock_released *released)
{
	const struct lock_event event = { .pc = step->pc, .release = *released };
	lock_state_release(state, released);
	return note_event(code, &event);
}

/* What an atomic addition does to a lock. */
static struct inlined addition(const struct lock_flow *flow, const struct lock_code *code,
			       const struct step *step)
{
	struct inlined inlined = inlined_at(code, step->pc);
	if (step->size != 4)
		inlined.operation = LOCK_OPERATION_NONE;
	/* Of a writer's Unlock this is the part that lets readers in again. */
	else if (inlined.operation == LOCK_OPERATION_UNLOCK &&
		 strcmp(code->function.name, "sync.(*RWMutex).Unlock") == 0 &&
		 inlined.call == code->function.entry)
		inlined.operation = LOCK_OPERATION_NONE;
	else if (inlined.operation == LOCK_OPERATION_NONE)
		inlined = by_slow_path(flow, code, step);
	return inlined;
}

static struct error *do_atomic_add(struct lock_flow *flow, struct lock_code *code,
				   const struct step *step, struct lock_state *state)
{
	struct lock_value address;
	struct inlined inlined = addition(flow, code, step);
	TRY(address_of(state, &step->memory, &address));
	clear(state, step->clears);
	state->compared = (struct lock_value){ 0 };
	struct lock_value reader = lock_value_add(address, -READER_COUNT);
	const struct lock_taken taken = {
		.lock = reader,
		.mode = LOCK_SHARED,
		.certain = true,
		.call = inlined.call,
		.step = step->pc,
	};
	switch (inlined.operation) {
	case LOCK_OPERATION_UNLOCK:
	case LOCK_OPERATION_UNLOCK_SLOW:
		return lock_step_release(
			code, step, state,
			&(struct lock_released){ .lock = address, .mode = LOCK_EXCLUSIVE });
	case LOCK_OPERATION_READ_UNLOCK:
	case LOCK_OPERATION_READ_UNLOCK_SLOW:
		return lock_step_release(
			code, step, state,
			&(struct lock_released){ .lock = reader, .mode = LOCK_SHARED });
	case LOCK_OPERATION_READ_LOCK:
	case LOCK_OPERATION_READ_LOCK_SLOW:
		lock_state_take(state, &taken);
		return NULL;
	default:
		return NULL;
	}
}

/* What calls leave in registers. */
static struct error *after_call(struct lock_code *code, const struct step *step,
				struct lock_state *state)
{
	clear(state, (uint16_t)~machine_registers.kept);
	state->compared = (struct lock_value){ 0 };
	for (uint32_t i = 0; i < machine_registers.results; i++) {
		uint8_t reg = machine_registers.result[i];
		TRY(made_by(code, step, reg, &state->registers[reg]));
	}
	return NULL;
}

static struct error *do_lock_call(struct lock_code *code, const struct step *step,
				  enum lock_operation operation, struct lock_state *state)
{
	struct lock_value lock = state->registers[machine_registers.first_argument];
	struct inlined inlined = inlined_at(code, step->pc);
	bool shared = operation == LOCK_OPERATION_READ_LOCK ||
		      operation == LOCK_OPERATION_READ_UNLOCK ||
		      operation == LOCK_OPERATION_TRY_READ_LOCK;
	bool tried = operation == LOCK_OPERATION_TRY_LOCK ||
		     operation == LOCK_OPERATION_TRY_READ_LOCK;
	struct lock_taken taken = {
		.lock = lock,
		.mode = shared ? LOCK_SHARED : LOCK_EXCLUSIVE,
		.certain = !tried,
		.call = inlined.call ? inlined.call : step->pc,
		.step = step->pc,
	};
	TRY(after_call(code, step, state));
	switch (operation) {
	case LOCK_OPERATION_LOCK_SLOW:
		for (size_t i = 0; i < state->taken_count; i++) {
			if (state->taken[i].call == taken.call)
				return NULL;
		}
		lock_state_take(state, &taken);
		return NULL;
	case LOCK_OPERATION_UNLOCK_SLOW:
	case LOCK_OPERATION_READ_UNLOCK_SLOW:
	case LOCK_OPERATION_READ_LOCK_SLOW: /* the reader was counted before */
		return NULL;
	case LOCK_OPERATION_UNLOCK:
	case LOCK_OPERATION_READ_UNLOCK:
		return lock_step_release(
			code, step, state,
			&(struct lock_released){ .lock = lock, .mode = taken.mode });
	default:
		lock_state_take(state, &taken);
		if (tried)
			TRY(taken_by(code, step,
				     &state->registers[machine_registers.first_result]));
		return NULL;
	}
}

/*
 * A method of an interface is called by its place in the table that the interface's first word leads
 * to. sync.Locker has two: Lock, Unlock. What the function really is, the frame at hand will tell.
 */
#define ITAB_FIRST  24
#define ITAB_SECOND 32

static struct error *do_unknown_call(struct lock_code *code, const struct step *step,
				     struct lock_value function, struct lock_state *state)
{
	const struct lock_event event = { .pc = step->pc, .unknown = true };
	/* A copy: the list may move when the call's results are added to it. */
	const struct lock_base base = code->values.list.items[function.base];
	struct lock_value lock = state->registers[machine_registers.first_argument];
	bool loaded = base.kind == LOCK_BASE_LOADED && function.offset == 0;
	const struct lock_taken taken = {
		.lock = lock,
		.certain = true,
		.call = step->pc,
		.step = step->pc,
		.function = function,
	};
	const struct lock_released released = { .lock = lock, .function = function };
	TRY(note_event(code, &event));
	TRY(after_call(code, step, state));
	if (loaded && base.offset == ITAB_FIRST)
		lock_state_take(state, &taken);
	else if (loaded && base.offset == ITAB_SECOND)
		return lock_step_release(code, step, state, &released);
	return NULL;
}

static bool begins(const char *text, const char *head)
{
	return strncmp(text, head, strlen(head)) == 0;
}

bool lock_step_goes_on(const struct lock_flow *flow, const struct step *step)
{
	static const char *const ends[] = {
		"runtime.morestack", "runtime.panic", "runtime.gopanic", "runtime.goPanic",
		"runtime.throw",     "runtime.fatal", "runtime.Goexit",  "runtime.block",
	};
	struct function function;
	if (step->kind != STEP_CALL || !binary_function(flow->binary, step->number, &function))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		if (begins(function.name, ends[i]))
			return false;
	}
	return true;
}

static struct error *do_call(struct lock_flow *flow, struct lock_code *code,
			     const struct step *step, struct lock_value value,
			     struct lock_state *state)
{
	struct function function;
	uint64_t target = value.base == LOCK_ZERO ? (uint64_t)value.offset : 0;
	enum lock_operation operation = lock_operation_at(&flow->operations, target);
	if (operation != LOCK_OPERATION_NONE)
		return do_lock_call(code, step, operation, state);
	if (!target || !binary_function(flow->binary, target, &function))
		return do_unknown_call(code, step, value, state);
	/* These two are called in ways of their own, and leave nearly all registers alone. */
	if (strstr(function.name, "gcWriteBarrier")) {
		clear(state, 1u << 11);
		return NULL;
	}
	if (begins(function.name, "runtime.duff")) {
		clear(state, 1u << 6 | 1u << 7);
		return NULL;
	}
	/* Deferred calls are made here, which of them is not seen. */
	if (begins(function.name, "runtime.deferreturn"))
		lock_state_doubt(state);
	if (!begins(function.name, "runtime."))
		TRY(lock_call_effect(flow, code, step, target, state));
	return after_call(code, step, state);
}

static struct error *do_store(struct lock_state *state, const struct step *step)
{
	struct lock_value address, value = { 0 };
	TRY(address_of(state, &step->memory, &address));
	if (step->from != MACHINE_NOWHERE)
		value = state->registers[step->from];
	if (address.base == LOCK_FRAME)
		TRY(lock_state_store(state, address.offset, step->size, value));
	clear(state, step->clears);
	return NULL;
}

struct error *lock_step_do(struct lock_flow *flow, struct lock_code *code, const struct step *step,
			   struct lock_state *state)
{
	struct lock_value *to = step->to < MACHINE_REGISTERS ? &state->registers[step->to] : NULL;
	struct lock_value value = { 0 };
	switch (step->kind) {
	case STEP_OTHER:
		clear(state, step->clears);
		return NULL;
	case STEP_NEW:
		clear(state, step->clears);
		return made_by(code, step, step->to, to);
	case STEP_CONSTANT:
		*to = (struct lock_value){ LOCK_ZERO, (int64_t)step->number };
		return NULL;
	case STEP_COPY:
		*to = state->registers[step->from];
		return NULL;
	case STEP_ADD:
		*to = lock_value_add(*to, (int64_t)step->number);
		state->compared = (struct lock_value){ 0 };
		return NULL;
	case STEP_ADDRESS:
		TRY(address_of(state, &step->memory, &value));
		*to = value;
		return NULL;
	case STEP_LOAD:
		TRY(address_of(state, &step->memory, &value));
		TRY(lock_value_load(flow, code, state, value, to));
		return to->base == LOCK_UNKNOWN ? made_by(code, step, step->to, to) : NULL;
	case STEP_STORE:
		return do_store(state, step);
	case STEP_SWAP_IF:
		return do_swap(flow, code, step, state);
	case STEP_ATOMIC_ADD:
		return do_atomic_add(flow, code, step, state);
	case STEP_SET_EQUAL:
		*to = state->compared_equal_means_true ? state->compared : value;
		return NULL;
	case STEP_TEST:
		state->compared = state->registers[step->from];
		state->compared_equal_means_true = false;
		return NULL;
	case STEP_COMPARE:
		state->compared = (struct lock_value){ 0 };
		return NULL;
	case STEP_CALL:
		value = (struct lock_value){ LOCK_ZERO, (int64_t)step->number };
		return do_call(flow, code, step, value, state);
	case STEP_CALL_VALUE:
		return do_call(flow, code, step, state->registers[step->from], state);
	case STEP_CALL_MEMORY:
		TRY(address_of(state, &step->memory, &value));
		TRY(lock_value_load(flow, code, state, value, &value));
		return do_call(flow, code, step, value, state);
	default:
		return NULL;
	}
}

void lock_step_undo(const struct lock_flow *flow, const struct lock_code *code,
		    const struct step *step, struct lock_state *state)
{
	struct inlined inlined = inlined_at(code, step->pc);
	if (step->kind == STEP_CALL) {
		enum lock_operation operation = lock_operation_at(&flow->operations, step->number);
		if (operation == LOCK_OPERATION_LOCK_SLOW ||
		    operation == LOCK_OPERATION_READ_LOCK_SLOW)
			lock_state_undo(state, inlined.call ? inlined.call : step->pc);
		return;
	}
	if (inlined.operation == LOCK_OPERATION_LOCK ||
	    inlined.operation == LOCK_OPERATION_READ_LOCK ||
	    inlined.operation == LOCK_OPERATION_TRY_LOCK ||
	    inlined.operation == LOCK_OPERATION_TRY_READ_LOCK)
		lock_state_undo(state, inlined.call);
}

void lock_step_branch(const struct lock_code *code, const struct step *step, bool taken,
		      struct lock_state *state)
{
	if (step->kind != STEP_BRANCH_EQUAL && step->kind != STEP_BRANCH_UNEQUAL)
		return;
	const struct lock_base *base = &code->values.list.items[state->compared.base];
	if (base->kind != LOCK_BASE_TAKEN || state->compared.offset != 0)
		return;
	bool equal = taken == (step->kind == STEP_BRANCH_EQUAL);
	lock_state_settle(state, (uint64_t)base->offset, equal == state->compared_equal_means_true);
}
