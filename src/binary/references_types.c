/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "binary/references_types.h"

/*
 * What the machine code says of types where it calls: the runtime's functions are handed a type's
 * descriptor together with what is of that type, and a method's name says what its receiver points
 * to. references_follow.c says what is in the arguments.
 */

/* What is looked through at most, bytes of one function and of all. */
#define FUNCTION_LIMIT ((uint64_t)1 << 20)
#define CODE_LIMIT     ((uint64_t)8 << 20)
#define WORDS_LIMIT    ((uint64_t)1 << 24) /* of variables of which something is said */

#define DISPUTED     UINT64_MAX
#define RESULT_DEPTH 4 /* of functions that return what another one does */

/* What the runtime's functions do, by the beginnings of their names; the first that fits counts. */
#define CALLS(CALL)                                                                                \
	CALL(NEW, "runtime.newobject")                                                             \
	CALL(ALLOCATE, "runtime.mallocgc")                                                         \
	CALL(MAKE_SLICE, "runtime.makeslice")                                                      \
	CALL(GROW, "runtime.growslice")                                                            \
	CALL(MAKE_SMALL_MAP, "runtime.makemap_small")                                              \
	CALL(MAKE_MAP, "runtime.makemap")                                                          \
	CALL(MAKE_CHANNEL, "runtime.makechan")                                                     \
	CALL(USE_MAP, "runtime.mapaccess")                                                         \
	CALL(USE_MAP, "runtime.mapassign")                                                         \
	CALL(USE_MAP, "runtime.mapdelete")                                                         \
	CALL(USE_MAP, "runtime.mapclear")                                                          \
	CALL(USE_MAP, "runtime.mapiterinit")                                                       \
	CALL(USE_MAP, "runtime.mapIterStart")                                                      \
	CALL(MOVE, "runtime.typedmemmove")                                                         \
	CALL(MOVE, "runtime.wbMove")                                                               \
	CALL(CLEAR, "runtime.typedmemclr")                                                         \
	CALL(CLEAR, "runtime.wbZero")                                                              \
	CALL(BARRIER, "runtime.gcWriteBarrier")

enum call {
	CALL_NONE,
	CALL_NEW,
	CALL_ALLOCATE,
	CALL_MAKE_SLICE,
	CALL_GROW,
	CALL_MAKE_SMALL_MAP,
	CALL_MAKE_MAP,
	CALL_MAKE_CHANNEL,
	CALL_USE_MAP,
	CALL_MOVE,
	CALL_CLEAR,
	CALL_BARRIER,
};

static const struct {
	enum call call;
	const char *name;
} calls[] = {
#define CALL(id, name) { CALL_##id, name },
	CALLS(CALL)
#undef CALL
};

static enum call call_named(const char *name)
{
	if (name[0] != 'r' || strncmp(name, "runtime.", strlen("runtime.")) != 0)
		return CALL_NONE;
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		if (strncmp(name, calls[i].name, strlen(calls[i].name)) == 0)
			return calls[i].call;
	}
	return CALL_NONE;
}

static enum call call_at(const struct finder *finder, uint64_t entry)
{
	const struct map_slot *slot = map_find(&finder->calls, entry);

	return slot ? (enum call)slot->value : CALL_NONE;
}

/* The runtime is in the first module. */
static struct error *find_calls(struct finder *finder)
{
	const struct binary *binary = finder->references->binary;
	const struct pclntab *table = binary->module_count ? binary->modules[0].functions : NULL;
	size_t count = table ? pclntab_function_count(table) : 0;

	for (size_t i = 0; i < count; i++) {
		struct function function;
		struct map_slot *slot;
		if (!pclntab_function_at(table, i, &function))
			continue;
		enum call call = call_named(function.name);
		if (call != CALL_NONE && function.entry + 1)
			TRY(map_insert(&finder->calls, function.entry, (uint64_t)call, &slot));
	}
	return NULL;
}

/* The type whose descriptor's address a value is. */
static bool type_of(const struct finder *finder, const struct value *value, struct type *ret)
{
	const struct binary *binary = finder->references->binary;

	if (value->kind != VALUE_ADDRESS)
		return false;
	for (size_t i = 0; i < binary->module_count; i++) {
		if (value->number >= binary->modules[i].types &&
		    value->number < binary->modules[i].types_end)
			return error_ignore(type_read(binary, value->number, ret));
	}
	return false;
}

/* What was on the stack may be something else by now: that says less. */
static void note(struct finder *finder, uint64_t address, const struct variable_part *part,
		 bool doubtful)
{
	const struct noted noted = { .part = *part, .sure = !doubtful };

	finder_note(finder, address, &noted);
}

/* A pointer to an array without a name is one to its elements: that is what slices make of it. */
static struct variable_part pointer_part(const struct type *type, bool array)
{
	struct variable_part part = { .descriptor = type->address,
				      .pointer = true,
				      .array = array };

	if (type->kind == TYPE_ARRAY && !type->named && !array) {
		part.descriptor = type->element;
		part.array = true;
	}
	return part;
}

/*
 * Whatever holds functions may hold another one later, and each says itself which it is.
 */
static bool is_closure(const struct finder *finder, const struct type *type)
{
	const struct binary *binary = finder->references->binary;
	struct type_field field;

	return type->kind == TYPE_STRUCT && !type->named && type->count &&
	       error_ignore(type_field(binary, type, 0, &field)) &&
	       strcmp(field.name + (field.name[0] == '.'), CLOSURE_FUNCTION_FIELD) == 0;
}

static struct value made(const struct variable_part *part)
{
	return (struct value){
		.kind = VALUE_MADE,
		.pointer = part->pointer,
		.array = part->array,
		.number = part->descriptor,
	};
}

static struct variable_part part_of(const struct value *value)
{
	return (struct variable_part){
		.descriptor = value->number,
		.pointer = value->pointer,
		.array = value->array,
	};
}

/* The argument with the type of the elements changed its place in 1.20. */
static struct value grow(struct finder *finder)
{
	const struct value *arguments = finder->follower.now.registers;
	bool old = finder->references->binary->minor < 20;
	const struct value *from = &arguments[old ? 1 : 0];
	struct type type;

	if (!type_of(finder, &arguments[old ? 0 : 4], &type))
		return (struct value){ 0 };
	struct variable_part part = pointer_part(&type, true);
	if (from->kind == VALUE_LOADED && finder->follower.telling)
		note(finder, from->number, &part, from->doubtful);
	return made(&part);
}

/* A map that has been made without its type, and what type it is of after all. */
static struct error *note_map(struct finder *finder, uint64_t place, uint64_t descriptor)
{
	struct map_slot *slot = map_find(&finder->maps, place);
	if (slot && slot->value != descriptor)
		slot->value = DISPUTED;
	return slot ? NULL : map_insert(&finder->maps, place, descriptor, &slot);
}

static struct error *use_map(struct finder *finder, const struct type *type)
{
	const struct value *map = &finder->follower.now.registers[1];
	const struct variable_part part = { .descriptor = type->address };

	if (type->kind != TYPE_MAP || !finder->follower.telling)
		return NULL;
	if (map->kind == VALUE_LOADED)
		note(finder, map->number, &part, map->doubtful);
	return map->kind == VALUE_MAP ? note_map(finder, map->number, type->address) : NULL;
}

static void move(struct finder *finder, enum call call, const struct type *type)
{
	const struct value *arguments = finder->follower.now.registers;

	if (!finder->follower.telling)
		return;
	if (call == CALL_MOVE && arguments[2].kind == VALUE_ADDRESS)
		finder_note_variable(finder, arguments[2].number, type, !arguments[2].doubtful);
	if (arguments[1].kind == VALUE_ADDRESS)
		finder_note_variable(finder, arguments[1].number, type, !arguments[1].doubtful);
}

/* What one of the runtime's returns first, and what it says of its arguments. */
static struct error *call_runtime(struct finder *finder, enum call call, struct value *ret)
{
	const struct value *arguments = finder->follower.now.registers;
	struct variable_part part = { 0 };
	struct type type;

	if (call == CALL_GROW) {
		*ret = grow(finder);
		return NULL;
	}
	if (!type_of(finder, &arguments[call == CALL_ALLOCATE ? 1 : 0], &type) ||
	    is_closure(finder, &type))
		return NULL;
	part = pointer_part(&type, call == CALL_MAKE_SLICE);
	switch (call) {
	case CALL_ALLOCATE:
		if (arguments[0].kind != VALUE_NUMBER || arguments[0].number != type.size)
			break;
		*ret = made(&part);
		break;
	case CALL_NEW:
	case CALL_MAKE_SLICE:
		*ret = made(&part);
		break;
	case CALL_MAKE_MAP:
	case CALL_MAKE_CHANNEL:
		part = (struct variable_part){ .descriptor = type.address };
		if (type.kind == (call == CALL_MAKE_MAP ? TYPE_MAP : TYPE_CHAN))
			*ret = made(&part);
		break;
	case CALL_USE_MAP:
		return use_map(finder, &type);
	case CALL_MOVE:
	case CALL_CLEAR:
		move(finder, call, &type);
		break;
	default:
		break;
	}
	return NULL;
}

/* A method is called: its receiver is a pointer to its type, or at least begins like one. */
static struct error *call_method(struct finder *finder, uint64_t callee)
{
	const struct value *receiver = &finder->follower.now.registers[0];
	struct type type;
	bool found = false;

	if (!finder->follower.telling ||
	    (receiver->kind != VALUE_LOADED && receiver->kind != VALUE_ADDRESS))
		return NULL;
	TRY(finder_receiver(finder, callee, &type, &found));
	if (found && receiver->kind == VALUE_ADDRESS)
		finder_note_variable(finder, receiver->number, &type, false);
	if (!found || receiver->kind != VALUE_LOADED)
		return NULL;
	const struct noted noted = { .part = pointer_part(&type, false), .size = type.size };
	finder_note(finder, receiver->number, &noted);
	return NULL;
}

static bool keeps_registers(const struct follower *follower, uint64_t callee)
{
	return call_at(follower->context, callee) == CALL_BARRIER;
}

static struct error *follow_call(struct follower *follower, const struct operation *operation,
				 struct value *ret)
{
	struct finder *finder = follower->context;
	enum call call = call_at(finder, operation->address);

	if (call == CALL_MAKE_SMALL_MAP) {
		*ret = (struct value){ .kind = VALUE_MAP, .number = operation->place };
		return NULL;
	}
	if (call != CALL_NONE)
		return call_runtime(finder, call, ret);
	if (operation->address)
		*ret = (struct value){ .kind = VALUE_RESULT, .number = operation->address };
	return call_method(finder, operation->address);
}

static struct error *follow_store(struct follower *follower, uint64_t address,
				  const struct value *value)
{
	struct finder *finder = follower->context;
	const struct stored stored = { address, *value };

	if (value->kind == VALUE_ADDRESS) {
		/* The first word of an interface: what the second points to may change. */
		size_t second = references_index(finder->references, address + 8);
		if (second != SIZE_MAX) {
			finder->references->items[second].disputed = true;
			finder->references->items[second].interface = true;
		}
		return NULL;
	}
	bool known = value->kind == VALUE_MADE || value->kind == VALUE_MAP ||
		     value->kind == VALUE_RESULT;
	return known && references_index(finder->references, address) != SIZE_MAX
		       ? stored_vector_append(&finder->stored, &stored)
		       : NULL;
}

/* All that it returns must be the same, or nothing. */
static struct error *follow_result(struct follower *follower, const struct value *value)
{
	struct finder *finder = follower->context;
	struct value *result = &finder->result;

	if (value->kind == VALUE_NUMBER && value->number == 0)
		return NULL;
	if (!finder->returns)
		*result = *value;
	else if (result->kind != value->kind || result->number != value->number ||
		 result->pointer != value->pointer || result->array != value->array)
		*result = (struct value){ 0 };
	finder->returns = true;
	return NULL;
}

/* A map that was made in the function has its type by now, if anything was done with it. */
static void settle_map(const struct finder *finder, struct value *value)
{
	if (value->kind != VALUE_MAP)
		return;
	const struct map_slot *slot = map_find(&finder->maps, value->number);
	bool doubtful = value->doubtful;
	*value = (struct value){ 0 };
	if (slot && slot->value != DISPUTED)
		*value = (struct value){
			.kind = VALUE_MADE,
			.number = slot->value,
			.doubtful = doubtful,
		};
}

static struct error *follow_function(struct finder *finder, const struct function *function)
{
	uint64_t size = function->end - function->entry;
	const uint8_t *code = size <= FUNCTION_LIMIT
				      ? binary_bytes_at(finder->references->binary, function->entry,
							(size_t)size)
				      : NULL;
	size_t first = finder->stored.count;

	finder->returns = false;
	finder->result = (struct value){ 0 };
	if (!code)
		return NULL;
	finder->left -= MIN(finder->left, size);
	TRY(follower_follow(&finder->follower, code, (size_t)size, function->entry));
	for (size_t i = first; i < finder->stored.count; i++)
		settle_map(finder, &finder->stored.items[i].value);
	settle_map(finder, &finder->result);
	return NULL;
}

/*
 * Whether any byte of the code may begin a call that says something of types: other functions need
 * not be disassembled, but those that initialise, which keep what is returned to them.
 */
static struct error *says_something(struct finder *finder, const struct function *function,
				    bool *ret)
{
	size_t size = (size_t)(function->end - function->entry), at = 0;
	const uint8_t *code = binary_bytes_at(finder->references->binary, function->entry, size);
	uint64_t target;
	struct type type;

	*ret = strstr(function->name, ".init") != NULL;
	while (code && !*ret && references_next_call(code, size, function->entry, &at, &target)) {
		enum call call = call_at(finder, target);
		*ret = call != CALL_NONE && call != CALL_BARRIER;
		if (call == CALL_NONE && binary_module(finder->references->binary, target))
			TRY(finder_receiver(finder, target, &type, ret));
	}
	return NULL;
}

static struct error *follow_functions(struct finder *finder)
{
	const struct references *references = finder->references;
	finder->left = CODE_LIMIT;
	finder->words_left = WORDS_LIMIT;
	for (size_t i = 0; i < references->functions.count && finder->left; i++) {
		struct function function;
		bool wanted = false;
		if (!binary_function(references->binary, references->functions.items[i], &function))
			continue;
		TRY(says_something(finder, &function, &wanted));
		if (wanted)
			TRY(follow_function(finder, &function));
	}
	return NULL;
}

/* What a function returns: another one's result is looked up in turn. */
static struct error *find_result(struct finder *finder, uint64_t entry, struct value *ret)
{
	struct value value = { .kind = VALUE_RESULT, .number = entry };
	struct map_slot *slot;
	for (unsigned depth = 0; depth < RESULT_DEPTH && value.kind == VALUE_RESULT; depth++) {
		struct function function;
		slot = map_find(&finder->results, value.number);
		if (slot) {
			value = finder->known.items[slot->value].value;
			continue;
		}
		if (!finder->left ||
		    !binary_function(finder->references->binary, value.number, &function) ||
		    function.entry != value.number)
			return NULL;
		TRY(follow_function(finder, &function));
		const struct stored result = { value.number, finder->result };
		TRY(map_insert(&finder->results, value.number, finder->known.count, &slot));
		TRY(stored_vector_append(&finder->known, &result));
		value = finder->result;
	}
	if (value.kind == VALUE_MADE)
		*ret = value;
	return NULL;
}

/* What is found on the way may be stored as well. */
static struct error *note_stored(struct finder *finder)
{
	for (size_t i = 0; i < finder->stored.count; i++) {
		struct stored stored = finder->stored.items[i];
		bool doubtful = stored.value.doubtful;
		if (stored.value.kind == VALUE_RESULT) {
			uint64_t entry = stored.value.number;
			stored.value = (struct value){ 0 };
			TRY(find_result(finder, entry, &stored.value));
		}
		const struct variable_part part = part_of(&stored.value);
		if (stored.value.kind == VALUE_MADE)
			note(finder, stored.address, &part, doubtful);
	}
	return NULL;
}

static struct error *find_types(struct finder *finder)
{
	TRY(references_open_disassembler(&finder->follower.disassembler));
	TRY(find_calls(finder));
	TRY(follow_functions(finder));
	TRY(note_stored(finder));
	return finder_find_receivers(finder);
}

struct error *references_find_types(struct references *references)
{
	struct finder finder = {
		.references = references,
		.follower = { .context = &finder,
			      .call = follow_call,
			      .store = follow_store,
			      .result = follow_result,
			      .keeps_registers = keeps_registers },
	};
	struct error *error = find_types(&finder);

	references_close_disassembler(finder.follower.disassembler);
	follower_deinit(&finder.follower);
	stored_vector_deinit(&finder.stored);
	stored_vector_deinit(&finder.known);
	map_deinit(&finder.calls);
	map_deinit(&finder.maps);
	map_deinit(&finder.results);
	map_deinit(&finder.receivers);
	map_deinit(&finder.named);
	return error;
}
