/* SPDX-License-Identifier: Apache-2.0 */
#include "binary/value_types.h"

#include <string.h>

#include "binary/calls.h"
#include "binary/lock_flow_private.h"
#include "binary/references_types.h"

#define DEPTH_MAX   6   /* of functions, fields and parameters that the answer depends on */
#define CALLERS_MAX 8   /* callers of one function that are asked */
#define CHASES_MAX  256 /* functions whose callers are looked for: each takes a pass over all code */

struct value_types {
	const struct binary *binary;
	struct lock_flow *flow;
	struct map closures; /* function → the struct of what it has captured */
	bool closures_known;
	struct references references; /* the binary alone: for the finder */
	struct finder finder;         /* of receivers */
	struct map chased;            /* entry → index into `callers` */
	struct call_vector callers;   /* of all that were chased, one list behind the other */
	struct u64_vector bounds;     /* of each list: where it begins and ends */
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
	map_deinit(&types->chased);
	call_vector_deinit(&types->callers);
	u64_vector_deinit(&types->bounds);
	free(types);
}

static struct error *find(struct value_types *types, const struct asked *asked,
			  struct value_type *ret) must_use;

/* The field at an offset of a struct, through structs and arrays that are inside. */
static uint64_t field_at(const struct binary *binary, uint64_t descriptor, uint64_t offset)
{
	struct type type;
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

/* The direct calls of a function. */
static struct error *callers_of(struct value_types *types, uint64_t entry, size_t *ret_first,
				size_t *ret_end)
{
	struct map_slot *slot = map_find(&types->chased, entry);
	*ret_first = *ret_end = 0;
	if (!slot) {
		_cleanup_(call_vector_deinit) struct call_vector found = { 0 };
		uint64_t first = types->callers.count;
		if (types->chased.count >= CHASES_MAX)
			return NULL;
		TRY(calls_find(types->binary, &entry, 1, &found));
		for (size_t i = 0; i < found.count && i < CALLERS_MAX; i++)
			TRY(call_vector_append(&types->callers, &found.items[i]));
		uint64_t end = types->callers.count;
		TRY(map_insert(&types->chased, entry, types->bounds.count, &slot));
		TRY(u64_vector_append(&types->bounds, &first));
		TRY(u64_vector_append(&types->bounds, &end));
	}
	*ret_first = (size_t)types->bounds.items[slot->value];
	*ret_end = (size_t)types->bounds.items[slot->value + 1];
	return NULL;
}

/* What a function has in a register before the instruction at pc. */
static struct error *at_register(struct value_types *types, uint64_t pc, uint8_t reg,
				 struct value_type *ret)
{
	_cleanup_(lock_state_deinit) struct lock_state state = { 0 };
	struct asked asked = { 0 };
	struct function function;
	if (!binary_function(types->binary, pc, &function))
		return NULL;
	TRY(lock_flow_at(types->flow, &function, pc, &state, &asked.values));
	if (!asked.values)
		return NULL;
	asked.function = &function;
	asked.value = state.registers[reg];
	return find(types, &asked, ret);
}

static struct error *find_passed_in(struct value_types *types, uint64_t entry, uint8_t reg,
				    struct value_type *ret)
{
	size_t first, end;
	TRY(callers_of(types, entry, &first, &end));
	for (size_t i = first; i < end && !ret->descriptor; i++)
		TRY(at_register(types, types->callers.items[i].pc - 1, reg, ret));
	return NULL;
}

static struct error *find_entry(struct value_types *types, const struct asked *asked, uint8_t reg,
				struct value_type *ret)
{
	uint64_t entry = asked->function->entry;
	struct type type;
	bool found = false;
	if (reg == machine_registers.context)
		return captured(types, entry, ret);
	if (reg == machine_registers.first_argument)
		TRY(finder_receiver(&types->finder, entry, &type, &found));
	if (!found)
		return find_passed_in(types, entry, reg, ret);
	*ret = points_to(type.address);
	return NULL;
}

/* What a function that was called has left in a register: any of its returns tells. */
static struct error *find_result(struct value_types *types, uint64_t entry, uint8_t reg,
				 struct value_type *ret)
{
	struct function function;
	struct lock_code *code;
	if (!binary_function(types->binary, entry, &function) || function.entry != entry)
		return NULL;
	TRY(lock_flow_code(types->flow, &function, &code));
	if (!code)
		return NULL;
	for (size_t i = 0; i < code->steps.count && !ret->descriptor; i++) {
		if (code->steps.items[i].kind == STEP_RETURN)
			TRY(at_register(types, code->steps.items[i].pc, reg, ret));
	}
	return NULL;
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
			return &makers[i];
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
