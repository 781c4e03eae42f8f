/* SPDX-License-Identifier: Apache-2.0 */
#include "binary/value_types.h"

#include <string.h>

#include "binary/calls.h"
#include "binary/lock_flow_private.h"
#include "binary/references_types.h"

#define DEPTH_MAX   6  /* of functions, fields and parameters that the answer depends on */
#define CALLERS_MAX 16 /* callers of one function that are asked; of more nothing is known */
#define CHASED_MAX  (UINT64_C(256) << 20) /* bytes of code that are looked through for callers */

/* A description of parameters that breaks off, and one that begins a value of several words. */
#define SHAPE_END    0xff
#define SHAPE_NUMBER 0xfb /* less than this: a place, and a size behind it */

DEFINE_VECTOR(value_type_vector, struct value_type);

struct value_types {
	const struct binary *binary;
	struct lock_flow *flow;
	struct map closures; /* function → the struct of what it has captured */
	bool closures_known;
	struct references references; /* the binary alone: for the finder */
	struct finder finder;         /* of receivers */
	struct map answered;          /* what a function is handed or returns → index into `answers` */
	struct value_type_vector answers;
	uint64_t code_left; /* that may be looked through for callers */
	unsigned depth;
};

/* A value in a function. */
struct asked {
	const struct function *function;
	const struct lock_values *values;
	struct lock_value value;
};

struct error *value_types_open(const struct binary *binary, struct lock_flow *flow,
			       struct value_types **ret)
{
	struct value_types *types = calloc(1, sizeof(*types));
	if (!types)
		return error_no_memory();
	types->binary = binary;
	types->flow = flow;
	types->references.binary = binary;
	types->finder.references = &types->references;
	types->code_left = CHASED_MAX;
	*ret = types;
	return NULL;
}

void value_types_close(struct value_types *types)
{
	if (!types)
		return;
	map_deinit(&types->closures);
	map_deinit(&types->finder.receivers);
	map_deinit(&types->finder.named);
	map_deinit(&types->answered);
	value_type_vector_deinit(&types->answers);
	free(types);
}

static struct error *find(struct value_types *types, const struct asked *asked,
			  struct value_type *ret) must_use;

/*
 * The field at an offset of a struct, through structs and arrays that are inside. Behind its end may
 * be another one of a slice's, or anything.
 */
static uint64_t field_at(const struct binary *binary, uint64_t descriptor, uint64_t offset)
{
	struct type type;
	if (!error_ignore(type_read(binary, descriptor, &type)) || offset >= type.size)
		return 0;
	for (int depth = 0; depth < DEPTH_MAX; depth++) {
		struct type_field field;
		size_t i = 0;
		if (!error_ignore(type_read(binary, descriptor, &type)))
			return 0;
		if (type.kind == TYPE_ARRAY) {
			struct type element;
			if (!error_ignore(type_read(binary, type.element, &element)) ||
			    !element.size)
				return 0;
			offset %= element.size;
			descriptor = type.element;
			continue;
		}
		if (type.kind != TYPE_STRUCT)
			return offset == 0 ? descriptor : 0;
		uint64_t inside = 0, begins = 0;
		for (; i < type.count && error_ignore(type_field(binary, &type, i, &field)); i++) {
			if (field.offset > offset)
				break;
			inside = field.type;
			begins = field.offset;
		}
		if (!inside)
			return 0;
		descriptor = inside;
		offset -= begins;
	}
	return 0;
}

/* What a value of a type says of itself. */
static struct value_type as_value(const struct binary *binary, uint64_t descriptor)
{
	struct value_type known = { .descriptor = descriptor };
	struct type type;
	if (!descriptor || !error_ignore(type_read(binary, descriptor, &type)))
		return (struct value_type){ 0 };
	/* The first word of a slice points to its elements. */
	if (type.kind == TYPE_POINTER || type.kind == TYPE_SLICE) {
		known.descriptor = type.element;
		known.pointer = true;
	}
	return known;
}

static struct value_type points_to(uint64_t descriptor)
{
	return (struct value_type){ .descriptor = descriptor, .pointer = descriptor != 0 };
}

/* Memory at an offset from a pointer. */
static struct error *find_loaded(struct value_types *types, const struct asked *asked,
				 const struct lock_base *base, struct value_type *ret)
{
	struct value_type from;
	const struct asked pointer = {
		.function = asked->function,
		.values = asked->values,
		.value = { base->a, 0 },
	};
	TRY(find(types, &pointer, &from));
	int64_t offset = from.offset + base->offset;
	if (from.pointer && offset >= 0)
		*ret = as_value(types->binary,
				field_at(types->binary, from.descriptor, (uint64_t)offset));
	return NULL;
}

static struct error *captured(struct value_types *types, uint64_t entry, struct value_type *ret)
{
	if (!types->closures_known)
		TRY(closures_find(types->binary, &types->closures));
	types->closures_known = true;
	const struct map_slot *slot = map_find(&types->closures, entry);
	if (slot)
		*ret = points_to(slot->value);
	return NULL;
}

/* What a function has in a register before the instruction at pc. */
static struct error *at_register(struct value_types *types, uint64_t pc, uint8_t reg,
				 struct value_type *ret, bool *ret_number)
{
	_cleanup_(lock_state_deinit) struct lock_state state = { 0 };
	struct asked asked = { 0 };
	struct function function;
	*ret = (struct value_type){ 0 };
	*ret_number = false;
	if (!binary_function(types->binary, pc, &function))
		return NULL;
	TRY(lock_flow_at(types->flow, &function, pc, &state, &asked.values));
	if (!asked.values)
		return NULL;
	asked.function = &function;
	asked.value = state.registers[reg];
	*ret_number = asked.value.base == LOCK_ZERO;
	return find(types, &asked, ret);
}

/*
 * What all of these places have in a register; nothing where one of them does not tell, or tells
 * something else. A nil is of any type.
 */
struct agreement {
	struct value_type known;
	bool broken;
};

static struct error *agree(struct value_types *types, uint64_t pc, uint8_t reg,
			   struct agreement *agreement)
{
	struct value_type known;
	bool number;
	TRY(at_register(types, pc, reg, &known, &number));
	if (number)
		return NULL;
	if (!agreement->known.descriptor)
		agreement->known = known;
	if (!known.descriptor || known.descriptor != agreement->known.descriptor ||
	    known.pointer != agreement->known.pointer || known.offset != agreement->known.offset)
		agreement->broken = true;
	return NULL;
}

/*
 * Code that several types share, by a generic function, is handed what any of its callers has, and
 * an interface's second word points to what its first says. The second word never comes first of
 * all; which of the others may be one follows from the description of the parameters, if that has
 * no value of several words.
 */
static bool is_shared(const struct function *function)
{
	return strchr(function->name, '[') != NULL;
}

static bool has_plain_parameters(const struct binary *binary, const struct function *function)
{
	int32_t index = binary->layout.funcdata_arg_info;
	size_t size = 0, i = 0;
	const uint8_t *shape = index >= 0 ? function_data(function, (unsigned)index, &size) : NULL;
	while (shape && i < size && shape[i] < SHAPE_NUMBER)
		i += 2;
	return shape && i < size && shape[i] == SHAPE_END;
}

static struct error *ask_callers(struct value_types *types, const struct function *function,
				 uint8_t reg, struct value_type *ret)
{
	_cleanup_(call_vector_deinit) struct call_vector callers = { 0 };
	struct agreement agreement = { 0 };
	uint64_t code = 0;
	for (size_t i = 0; i < types->binary->module_count; i++)
		code += types->binary->modules[i].text_end - types->binary->modules[i].text;
	if (code > types->code_left)
		return NULL;
	types->code_left -= code;
	TRY(calls_find(types->binary, &function->entry, 1, &callers));
	if (callers.count > CALLERS_MAX)
		return NULL;
	for (size_t i = 0; i < callers.count && !agreement.broken; i++)
		TRY(agree(types, callers.items[i].pc - 1, reg, &agreement));
	if (!agreement.broken)
		*ret = agreement.known;
	return NULL;
}

/* A function may also end in another one: what that leaves is not known. */
static bool leaves_elsewhere(const struct lock_code *code, const struct step *step)
{
	return step->kind == STEP_JUMP && lock_blocks_find(code, step->number) == UINT32_MAX;
}

static struct error *ask_returns(struct value_types *types, const struct function *function,
				 uint8_t reg, struct value_type *ret)
{
	struct agreement agreement = { 0 };
	struct lock_code *code;
	TRY(lock_flow_code(types->flow, function, &code));
	for (size_t i = 0; code && i < code->steps.count && !agreement.broken; i++) {
		const struct step *step = &code->steps.items[i];
		if (leaves_elsewhere(code, step))
			agreement.broken = true;
		else if (step->kind == STEP_RETURN)
			TRY(agree(types, step->pc, reg, &agreement));
	}
	if (!agreement.broken)
		*ret = agreement.known;
	return NULL;
}

/* Asked once: while it is being found out, by way of itself too, nothing is known. */
static struct error *ask(struct value_types *types, const struct function *function, uint8_t reg,
			 bool result, struct value_type *ret)
{
	uint64_t key = function->entry << 6 | (uint64_t)reg << 1 | result;
	size_t before = types->answered.count;
	struct map_slot *slot;
	struct value_type known = { 0 };
	TRY(map_insert(&types->answered, key, types->answers.count, &slot));
	size_t index = (size_t)slot->value;
	if (types->answered.count > before) {
		TRY(value_type_vector_append(&types->answers, &known));
		TRY(result ? ask_returns(types, function, reg, &known)
			   : ask_callers(types, function, reg, &known));
		types->answers.items[index] = known;
	}
	*ret = types->answers.items[index];
	return NULL;
}

static struct error *find_entry(struct value_types *types, const struct asked *asked, uint8_t reg,
				struct value_type *ret)
{
	const struct function *function = asked->function;
	struct type type;
	bool found = false, first = reg == machine_registers.first_argument;
	if (is_shared(function))
		return NULL;
	if (reg == machine_registers.context)
		return captured(types, function->entry, ret);
	if (first)
		TRY(finder_receiver(&types->finder, function->entry, &type, &found));
	if (found)
		*ret = points_to(type.address);
	else if (first || has_plain_parameters(types->binary, function))
		return ask(types, function, reg, false, ret);
	return NULL;
}

/* What a function that was called has left in the first register of its results. */
static struct error *find_result(struct value_types *types, uint64_t entry, uint8_t reg,
				 struct value_type *ret)
{
	struct function function;
	if (reg != machine_registers.first_result ||
	    !binary_function(types->binary, entry, &function) || function.entry != entry ||
	    is_shared(&function))
		return NULL;
	return ask(types, &function, reg, true, ret);
}

/* The runtime's functions that are handed a type. */
static const struct maker {
	const char *name;
	uint8_t argument; /* that the type is, counted from 0 */
	enum { MAKES_POINTER, MAKES_VALUE, FINDS_ELEMENT } makes;
} makers[] = {
	{ "runtime.newobject", 0, MAKES_POINTER }, { "runtime.makechan", 0, MAKES_VALUE },
	{ "runtime.mallocgc", 1, MAKES_POINTER },  { "runtime.makeslice", 0, MAKES_POINTER },
	{ "runtime.mapaccess", 0, FINDS_ELEMENT }, { "runtime.mapassign", 0, FINDS_ELEMENT },
	{ "runtime.makemap", 0, MAKES_VALUE },
};

static const struct maker *maker_named(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(makers); i++) {
		if (strncmp(name, makers[i].name, strlen(makers[i].name)) == 0)
			return strcmp(name, "runtime.makemap_small") == 0 ? NULL : &makers[i];
	}
	return NULL;
}

static struct error *find_made(struct value_types *types, const struct asked *asked,
			       const struct maker *maker, uint64_t pc, struct value_type *ret)
{
	_cleanup_(lock_state_deinit) struct lock_state state = { 0 };
	const struct lock_values *values;
	struct type type;
	TRY(lock_flow_at(types->flow, asked->function, pc, &state, &values));
	struct lock_value descriptor = state.registers[machine_registers.argument[maker->argument]];
	if (!values || descriptor.base != LOCK_ZERO ||
	    !error_ignore(type_read(types->binary, (uint64_t)descriptor.offset, &type)))
		return NULL;
	if (maker->makes == MAKES_POINTER)
		*ret = points_to(type.address);
	else if (maker->makes == MAKES_VALUE)
		ret->descriptor = type.address;
	else if (type.kind == TYPE_MAP)
		*ret = points_to(type.element);
	return NULL;
}

/* By what the instruction calls that left the value. */
static struct error *find_left(struct value_types *types, const struct asked *asked,
			       const struct lock_base *base, struct value_type *ret)
{
	struct lock_code *code;
	struct function called;
	uint64_t pc = asked->function->entry + base->a;
	TRY(lock_flow_code(types->flow, asked->function, &code));
	size_t at = code ? machine_steps_at(&code->steps, pc) : 0;
	if (!code || at == code->steps.count || code->steps.items[at].pc != pc ||
	    code->steps.items[at].kind != STEP_CALL ||
	    !binary_function(types->binary, code->steps.items[at].number, &called))
		return NULL;
	const struct maker *maker = maker_named(called.name);
	if (maker && base->b == machine_registers.first_result)
		return find_made(types, asked, maker, pc, ret);
	return strncmp(called.name, "runtime.", 8) == 0
		       ? NULL
		       : find_result(types, called.entry, (uint8_t)base->b, ret);
}

static struct error *find(struct value_types *types, const struct asked *asked,
			  struct value_type *ret)
{
	/* A copy: the list moves as values are added. */
	const struct lock_base base = asked->values->list.items[asked->value.base];
	struct error *error = NULL;
	*ret = (struct value_type){ 0 };
	if (types->depth >= DEPTH_MAX)
		return NULL;
	types->depth++;
	switch (base.kind) {
	case LOCK_BASE_LOADED:
		error = find_loaded(types, asked, &base, ret);
		break;
	case LOCK_BASE_ENTRY:
		error = find_entry(types, asked, (uint8_t)base.a, ret);
		break;
	case LOCK_BASE_MADE:
		error = find_left(types, asked, &base, ret);
		break;
	default:
		break;
	}
	types->depth--;
	ret->offset += asked->value.offset;
	return error;
}

struct error *value_types_find(struct value_types *types, const struct function *function,
			       const struct lock_values *values, struct lock_value value,
			       struct value_type *ret)
{
	const struct asked asked = { function, values, value };
	return find(types, &asked, ret);
}
