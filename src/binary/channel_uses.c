/* SPDX-License-Identifier: Apache-2.0 */
#include "binary/channel_uses.h"

#include <string.h>

#include "binary/calls.h"
#include "binary/lock_flow_private.h"
#include "binary/type.h"
#include "binary/value_types.h"

/*
 * What the compiler makes of `<-`, close and select. A select with one case and a default has
 * functions of its own; others hand in an array of cases on the stack, those that send first.
 *
 * Reflection does the same with channels of any type, from wherever its own functions are called,
 * be it by an interface or a template: so it counts that they were linked at all.
 */
#define STEPS_MAX  ((size_t)400000) /* of machine code; well under half a second */
#define CASES_MAX  64
#define CASE_BYTES 16 /* the channel, and where the value is */

static const struct operation_name {
	const char *name;
	unsigned does;
	enum { HANDED_CHANNEL, HANDED_CASES, IS_LINKED } handed;
	uint8_t argument; /* that the channel is */
} operations[] = {
	{ "runtime.chansend1", CHANNEL_SENDS, HANDED_CHANNEL, 0 },
	{ "runtime.chanrecv1", CHANNEL_RECEIVES, HANDED_CHANNEL, 0 },
	{ "runtime.chanrecv2", CHANNEL_RECEIVES, HANDED_CHANNEL, 0 },
	{ "runtime.closechan", CHANNEL_CLOSES, HANDED_CHANNEL, 0 },
	{ "runtime.selectnbsend", CHANNEL_SENDS, HANDED_CHANNEL, 0 },
	{ "runtime.selectnbrecv", CHANNEL_RECEIVES, HANDED_CHANNEL, 1 },
	{ "runtime.selectgo", CHANNEL_SENDS | CHANNEL_RECEIVES, HANDED_CASES, 0 },
	/* By //go:linkname. */
	{ "runtime.chansend", CHANNEL_SENDS, HANDED_CHANNEL, 0 },
	{ "runtime.chanrecv", CHANNEL_RECEIVES, HANDED_CHANNEL, 0 },
	{ "reflect.chansend", CHANNEL_SENDS, IS_LINKED, 0 },
	{ "reflect.chansend0", CHANNEL_SENDS, IS_LINKED, 0 },
	{ "reflect.chanrecv", CHANNEL_RECEIVES, IS_LINKED, 0 },
	{ "reflect.chanclose", CHANNEL_CLOSES, IS_LINKED, 0 },
	{ "reflect.rselect", CHANNEL_SENDS | CHANNEL_RECEIVES, IS_LINKED, 0 },
};

enum { CASES_ARGUMENT = 0, SENDS_ARGUMENT = 3, RECEIVES_ARGUMENT = 4 };

struct channel_uses {
	const struct binary *binary;
	struct call_vector calls;
	struct lock_flow *flow;
	struct value_types *types;
};

/* A place where it is known what is in registers and on the stack. */
struct place {
	struct function function;
	struct lock_state state;
	const struct lock_values *values;
};

static struct error *find_calls(struct channel_uses *uses)
{
	_cleanup_(call_vector_deinit) struct call_vector linked = { 0 };
	uint64_t entries[ARRAY_SIZE(operations)] = { 0 };
	for (size_t i = 0; i < ARRAY_SIZE(operations) && uses->binary->module_count; i++) {
		struct function function;
		if (!pclntab_find_named(uses->binary->modules[0].functions, operations[i].name,
					&function))
			continue;
		if (operations[i].handed == IS_LINKED)
			TRY(call_vector_append(&linked, &(struct call){ .callee = i }));
		else
			entries[i] = function.entry;
	}
	TRY(calls_find(uses->binary, entries, ARRAY_SIZE(entries), &uses->calls));
	for (size_t i = 0; i < linked.count; i++)
		TRY(call_vector_append(&uses->calls, &linked.items[i]));
	return NULL;
}

struct error *channel_uses_open(const struct binary *binary, struct channel_uses **ret)
{
	_cleanup_(channel_uses_cleanup) struct channel_uses *uses = calloc(1, sizeof(*uses));
	if (!uses)
		return error_no_memory();
	uses->binary = binary;
	TRY(find_calls(uses));
	TRY(lock_flow_open(binary, &uses->flow));
	uses->flow->alone = true;
	uses->flow->steps_left = STEPS_MAX;
	TRY(value_types_open(binary, uses->flow, &uses->types));
	*ret = TAKE_PTR(uses);
	return NULL;
}

void channel_uses_close(struct channel_uses *uses)
{
	if (!uses)
		return;
	value_types_close(uses->types);
	lock_flow_close(uses->flow);
	call_vector_deinit(&uses->calls);
	free(uses);
}

size_t channel_uses_count(const struct channel_uses *uses)
{
	return uses->calls.count;
}

const char *channel_uses_function(const struct channel_uses *uses, size_t index, unsigned *ret_does)
{
	struct function function;
	*ret_does = operations[uses->calls.items[index].callee].does;
	return binary_function(uses->binary, uses->calls.items[index].pc - 1, &function)
		       ? function.name
		       : NULL;
}

/* A generic function's types are those of whoever calls it. */
static bool is_shape(const struct binary *binary, uint64_t descriptor)
{
	char name[512];
	return !error_ignore(type_name(binary, descriptor, name, sizeof(name))) ||
	       strstr(name, "go.shape.");
}

static struct error *classify(struct channel_uses *uses, const struct place *place,
			      struct lock_value channel, struct channel_use *ret)
{
	struct value_type known;
	struct type type;
	TRY(value_types_find(uses->types, &place->function, place->values, channel, &known));
	if (known.descriptor && !known.pointer && known.offset == 0 &&
	    error_ignore(type_read(uses->binary, known.descriptor, &type)) &&
	    type.kind == TYPE_CHAN && !is_shape(uses->binary, type.element)) {
		ret->known = CHANNEL_OF_ELEMENT;
		ret->value = type.element;
		return NULL;
	}
	const struct lock_base base = place->values->list.items[channel.base];
	if (base.kind != LOCK_BASE_LOADED || channel.offset != 0)
		return NULL;
	if (place->values->list.items[base.a].kind == LOCK_BASE_ZERO) {
		ret->known = CHANNEL_IN_GLOBAL;
		ret->value = (uint64_t)base.offset;
	}
	return NULL;
}

static struct error *add(struct channel_uses *uses, const struct place *place,
			 struct lock_value channel, struct channel_use use,
			 struct channel_use_vector *ret)
{
	TRY(classify(uses, place, channel, &use));
	return channel_use_vector_append(ret, &use);
}

static struct error *add_cases(struct channel_uses *uses, const struct place *place,
			       struct channel_use use, struct channel_use_vector *ret)
{
	const uint8_t *arguments = machine_registers.argument;
	struct lock_value cases = place->state.registers[arguments[CASES_ARGUMENT]];
	struct lock_value sends = place->state.registers[arguments[SENDS_ARGUMENT]];
	struct lock_value receives = place->state.registers[arguments[RECEIVES_ARGUMENT]];
	struct lock_code *code;
	TRY(lock_flow_code(uses->flow, &place->function, &code));
	if (!code || cases.base != LOCK_FRAME || sends.base != LOCK_ZERO ||
	    receives.base != LOCK_ZERO || (uint64_t)sends.offset > CASES_MAX ||
	    (uint64_t)receives.offset > CASES_MAX)
		return channel_use_vector_append(ret, &use);
	for (int64_t i = 0; i < sends.offset + receives.offset; i++) {
		struct lock_value channel;
		use.does = i < sends.offset ? CHANNEL_SENDS : CHANNEL_RECEIVES;
		TRY(lock_state_slot(&place->state, &code->values, cases.offset + i * CASE_BYTES,
				    &channel));
		TRY(add(uses, place, channel, use, ret));
	}
	return NULL;
}

static void place_deinit(struct place *place)
{
	lock_state_deinit(&place->state);
}

struct error *channel_uses_resolve(struct channel_uses *uses, size_t index,
				   struct channel_use_vector *ret)
{
	_cleanup_(place_deinit) struct place place = { 0 };
	const struct call *call = &uses->calls.items[index];
	const struct operation_name *operation = &operations[call->callee];
	const struct channel_use use = { .pc = call->pc, .does = operation->does };
	if (operation->handed == IS_LINKED ||
	    !binary_function(uses->binary, call->pc - 1, &place.function))
		return channel_use_vector_append(ret, &use);
	/* The call ends at `pc`: what is known before it. */
	TRY(lock_flow_at(uses->flow, &place.function, call->pc - 1, &place.state, &place.values));
	if (!place.values)
		return channel_use_vector_append(ret, &use);
	if (operation->handed == HANDED_CASES)
		return add_cases(uses, &place, use, ret);
	uint8_t reg = machine_registers.argument[operation->argument];
	return add(uses, &place, place.state.registers[reg], use, ret);
}
