/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/map.h"
#include "binary/references_private.h"
#include "binary/type.h"

/*
 * A function is followed once, from its first instruction to its last: which registers and words
 * of the stack hold the address of a type descriptor, what the runtime made of a type, or one of
 * the words that are looked for. Where branches from above come in, only what was the same at all
 * of them stays; where one from below does, nothing does. So what is known at an instruction is so
 * on every way that leads to it.
 */

/* What is looked through at most, bytes of one function and of all. */
#define FUNCTION_LIMIT ((uint64_t)256 << 10)
#define CODE_LIMIT     ((uint64_t)8 << 20)

enum { SLOTS = 64 };

struct value {
	enum {
		VALUE_UNKNOWN,
		VALUE_NUMBER,
		VALUE_ADDRESS,
		VALUE_LOADED, /* the word at `number` */
		VALUE_MADE,   /* a part: its descriptor is `number` */
	} kind;
	bool pointer;
	bool array;
	uint64_t number;
};

struct state {
	struct value registers[OPERATION_REGISTERS];
	struct value slots[SLOTS]; /* of the stack, from its top */
};

/* A place that code branches to. */
struct label {
	uint64_t place;
	uint64_t state; /* what is so at every branch so far: its index, + 1 */
	bool from_below;
};

DEFINE_VECTOR(label_vector, struct label);
DEFINE_VECTOR(state_vector, struct state);

struct follower {
	struct references *references;
	void *disassembler;
	struct operation_vector operations;
	struct label_vector labels; /* by place, each once */
	struct state_vector states;
	struct map calls; /* entry of a function of the runtime → enum call */
	struct state now;
	uint64_t left;    /* bytes of code that may still be looked through */
	uint64_t escaped; /* words of the stack from there on may be written through pointers */
};

/* What the runtime's functions do, by the beginnings of their names; the first that fits counts. */
#define CALLS(CALL)                                                                                \
	CALL(NEW, "runtime.newobject")                                                             \
	CALL(ALLOCATE, "runtime.mallocgc")                                                         \
	CALL(MAKE_SLICE, "runtime.makeslice")                                                      \
	CALL(GROW, "runtime.growslice")                                                            \
	CALL(OTHER_MAP, "runtime.makemap_small")                                                   \
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
	CALL_OTHER_MAP,
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

static enum call call_at(const struct follower *follower, uint64_t entry)
{
	const struct map_slot *slot = map_find(&follower->calls, entry);

	return slot ? (enum call)slot->value : CALL_NONE;
}

/* The runtime is in the first module. */
static struct error *find_calls(struct follower *follower)
{
	const struct binary *binary = follower->references->binary;
	const struct pclntab *table = binary->module_count ? binary->modules[0].functions : NULL;
	size_t count = table ? pclntab_function_count(table) : 0;

	for (size_t i = 0; i < count; i++) {
		struct function function;
		struct map_slot *slot;
		if (!pclntab_function_at(table, i, &function))
			continue;
		enum call call = call_named(function.name);
		if (call != CALL_NONE && function.entry + 1)
			TRY(map_insert(&follower->calls, function.entry, (uint64_t)call, &slot));
	}
	return NULL;
}

/* The type whose descriptor's address a value is. */
static bool type_of(const struct follower *follower, const struct value *value, struct type *ret)
{
	const struct binary *binary = follower->references->binary;

	if (value->kind != VALUE_ADDRESS)
		return false;
	for (size_t i = 0; i < binary->module_count; i++) {
		if (value->number >= binary->modules[i].types &&
		    value->number < binary->modules[i].types_end)
			return error_ignore(type_read(binary, value->number, ret));
	}
	return false;
}

static bool same_part(const struct variable_part *a, const struct variable_part *b)
{
	return a->descriptor == b->descriptor && a->pointer == b->pointer && a->array == b->array;
}

/* What stands for several types in the code that they share says too little of each. */
static bool is_shape(const struct follower *follower, uint64_t descriptor)
{
	char name[1024];

	return !error_ignore(
		       type_name(follower->references->binary, descriptor, name, sizeof(name))) ||
	       strstr(name, "go.shape.");
}

/* What a word is, and what it points to, may both be known: the first says more. */
static void note(struct follower *follower, uint64_t address, const struct variable_part *part)
{
	size_t index = references_index(follower->references, address);

	if (index == SIZE_MAX || is_shape(follower, part->descriptor))
		return;
	struct reference *reference = &follower->references->items[index];
	if (!reference->typed || (reference->part.pointer && !part->pointer)) {
		reference->part = *part;
		reference->disputed &= !reference->typed;
		reference->typed = true;
	} else if (reference->part.pointer == part->pointer && !same_part(&reference->part, part)) {
		reference->disputed = true;
	}
}

/* A pointer to an array is one to its elements: that is what slices make of it. */
static struct variable_part pointer_part(const struct type *type, bool array)
{
	struct variable_part part = { .descriptor = type->address,
				      .pointer = true,
				      .array = array };

	if (type->kind == TYPE_ARRAY && !array) {
		part.descriptor = type->element;
		part.array = true;
	}
	return part;
}

/*
 * A function's closure begins with its entry, in a field F. Whatever holds functions may hold
 * another one later, and each says itself which it is.
 */
static bool is_closure(const struct follower *follower, const struct type *type)
{
	const struct binary *binary = follower->references->binary;
	struct type_field field;

	return type->kind == TYPE_STRUCT && !type->named && type->count &&
	       error_ignore(type_field(binary, type, 0, &field)) && strcmp(field.name, "F") == 0;
}

static struct value made(const struct variable_part *part)
{
	return (struct value){ VALUE_MADE, part->pointer, part->array, part->descriptor };
}

/* The argument with the type of the elements changed its place in 1.20. */
static struct value grow(struct follower *follower)
{
	bool old = follower->references->binary->minor < 20;
	const struct value *from = &follower->now.registers[old ? 1 : 0];
	struct type type;

	if (!type_of(follower, &follower->now.registers[old ? 0 : 4], &type))
		return (struct value){ 0 };
	struct variable_part part = pointer_part(&type, true);
	if (from->kind == VALUE_LOADED)
		note(follower, from->number, &part);
	return made(&part);
}

/* What a call returns first, and what it says of its arguments. */
static struct value call_result(struct follower *follower, enum call call)
{
	const struct value *arguments = follower->now.registers;
	struct variable_part part = { 0 };
	struct type type;

	if (call == CALL_GROW)
		return grow(follower);
	if (!type_of(follower, &arguments[call == CALL_ALLOCATE ? 1 : 0], &type))
		return (struct value){ 0 };
	if (is_closure(follower, &type))
		return (struct value){ 0 };
	part.descriptor = type.address;
	switch (call) {
	case CALL_NEW:
		part = pointer_part(&type, false);
		return made(&part);
	case CALL_ALLOCATE:
		if (arguments[0].kind != VALUE_NUMBER || arguments[0].number != type.size)
			break;
		part = pointer_part(&type, false);
		return made(&part);
	case CALL_MAKE_SLICE:
		part = pointer_part(&type, true);
		return made(&part);
	case CALL_MAKE_MAP:
	case CALL_MAKE_CHANNEL:
		if (type.kind == (call == CALL_MAKE_MAP ? TYPE_MAP : TYPE_CHAN))
			return made(&part);
		break;
	case CALL_USE_MAP:
		if (type.kind == TYPE_MAP && arguments[1].kind == VALUE_LOADED)
			note(follower, arguments[1].number, &part);
		break;
	case CALL_MOVE:
	case CALL_CLEAR:
		if (call == CALL_MOVE && arguments[2].kind == VALUE_ADDRESS)
			note(follower, arguments[2].number, &part);
		if (arguments[1].kind == VALUE_ADDRESS)
			note(follower, arguments[1].number, &part);
		break;
	default:
		break;
	}
	return (struct value){ 0 };
}

static void follow_call(struct follower *follower, const struct operation *operation)
{
	enum call call = call_at(follower, operation->address);

	/* These save every register, and give back the eleventh. */
	if (call == CALL_BARRIER) {
		follower->now.registers[8] = (struct value){ 0 };
		return;
	}
	struct value result = call_result(follower, call);
	memset(follower->now.registers, 0, sizeof(follower->now.registers));
	follower->now.registers[0] = result;
}

static void follow_store(struct follower *follower, const struct operation *operation)
{
	const struct value *value = &follower->now.registers[operation->from];

	if (value->kind == VALUE_MADE) {
		struct variable_part part = {
			.descriptor = value->number,
			.pointer = value->pointer,
			.array = value->array,
		};
		note(follower, operation->address, &part);
	} else if (value->kind == VALUE_ADDRESS) {
		/* The first word of an interface: what the second points to may change. */
		size_t second = references_index(follower->references, operation->address + 8);
		if (second != SIZE_MAX)
			follower->references->items[second].disputed = true;
	}
}

static struct value *slot_at(struct follower *follower, uint64_t offset)
{
	return offset % 8 == 0 && offset / 8 < SLOTS ? &follower->now.slots[offset / 8] : NULL;
}

static void follow_other(struct follower *follower, const struct operation *operation)
{
	for (size_t i = 0; i < OPERATION_REGISTERS; i++) {
		if (operation->written >> i & 1)
			follower->now.registers[i] = (struct value){ 0 };
	}
	if (operation->stack != STACK_WRITTEN)
		return;
	for (uint64_t i = 0; i < SLOTS; i++) {
		uint64_t offset = i * 8;
		if (offset + 8 > operation->address &&
		    offset < operation->address + OPERATION_WIDEST)
			follower->now.slots[i] = (struct value){ 0 };
	}
}

static void follow(struct follower *follower, const struct operation *operation)
{
	struct value value = { .number = operation->address };
	struct value *slot;

	switch (operation->kind) {
	case OPERATION_NUMBER:
	case OPERATION_ADDRESS:
	case OPERATION_LOAD:
		value.kind = operation->kind == OPERATION_NUMBER    ? VALUE_NUMBER
			     : operation->kind == OPERATION_ADDRESS ? VALUE_ADDRESS
								    : VALUE_LOADED;
		follower->now.registers[operation->to] = value;
		return;
	case OPERATION_STORE:
		follow_store(follower, operation);
		return;
	case OPERATION_MOVE:
		follower->now.registers[operation->to] = follower->now.registers[operation->from];
		return;
	case OPERATION_SAVE:
		slot = slot_at(follower, operation->address);
		if (slot && operation->address < follower->escaped)
			*slot = follower->now.registers[operation->from];
		return;
	case OPERATION_RESTORE:
		slot = slot_at(follower, operation->address);
		follower->now.registers[operation->to] = slot ? *slot : (struct value){ 0 };
		return;
	case OPERATION_CALL:
		follow_call(follower, operation);
		return;
	case OPERATION_OTHER:
		follow_other(follower, operation);
		return;
	default:
		return;
	}
}

static int compare_labels(const void *left, const void *right)
{
	const struct label *a = left;
	const struct label *b = right;

	return a->place < b->place ? -1 : a->place > b->place;
}

static bool is_branch(const struct operation *operation)
{
	return (operation->kind == OPERATION_JUMP || operation->kind == OPERATION_END) &&
	       operation->address;
}

/* *ret_known is false where code goes on at places that cannot be known. */
static struct error *find_labels(struct follower *follower, bool *ret_known)
{
	struct label_vector *labels = &follower->labels;
	size_t kept = 0;

	labels->count = 0;
	follower->escaped = UINT64_MAX;
	*ret_known = true;
	for (size_t i = 0; i < follower->operations.count; i++) {
		const struct operation *operation = &follower->operations.items[i];
		struct label label = {
			.place = operation->address,
			.from_below = operation->address <= operation->place,
		};
		if (operation->kind == OPERATION_UNKNOWN)
			*ret_known = false;
		if (operation->kind == OPERATION_OTHER && operation->stack == STACK_ESCAPES)
			follower->escaped = MIN(follower->escaped, operation->address);
		if (is_branch(operation))
			TRY(label_vector_append(labels, &label));
	}
	if (labels->count)
		qsort(labels->items, labels->count, sizeof(*labels->items), compare_labels);
	for (size_t i = 0; i < labels->count; i++) {
		if (kept && labels->items[kept - 1].place == labels->items[i].place)
			labels->items[kept - 1].from_below |= labels->items[i].from_below;
		else
			labels->items[kept++] = labels->items[i];
	}
	labels->count = kept;
	return NULL;
}

static struct label *find_label(const struct follower *follower, uint64_t place)
{
	const struct label wanted = { .place = place };

	return follower->labels.count
		       ? bsearch(&wanted, follower->labels.items, follower->labels.count,
				 sizeof(wanted), compare_labels)
		       : NULL;
}

static void keep_same(struct value *values, const struct value *others, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (values[i].kind != others[i].kind || values[i].number != others[i].number ||
		    values[i].pointer != others[i].pointer || values[i].array != others[i].array)
			values[i] = (struct value){ 0 };
	}
}

static void meet(struct state *state, const struct state *other)
{
	keep_same(state->registers, other->registers, OPERATION_REGISTERS);
	keep_same(state->slots, other->slots, SLOTS);
}

static struct error *branch_to(struct follower *follower, uint64_t place)
{
	struct label *label = find_label(follower, place);

	if (!label || label->from_below)
		return NULL;
	if (label->state) {
		meet(&follower->states.items[label->state - 1], &follower->now);
		return NULL;
	}
	TRY(state_vector_append(&follower->states, &follower->now));
	label->state = follower->states.count;
	return NULL;
}

/* Where ways come together; `reached`: the instruction before goes on here, too. */
static void arrive(struct follower *follower, const struct label *label, bool reached)
{
	if (!label->state || label->from_below)
		memset(&follower->now, 0, sizeof(follower->now));
	else if (reached)
		meet(&follower->now, &follower->states.items[label->state - 1]);
	else
		follower->now = follower->states.items[label->state - 1];
}

static struct error *follow_all(struct follower *follower)
{
	size_t next = 0;
	bool reached = true;

	memset(&follower->now, 0, sizeof(follower->now));
	follower->states.count = 0;
	for (size_t i = 0; i < follower->operations.count; i++) {
		const struct operation *operation = &follower->operations.items[i];
		const struct label_vector *labels = &follower->labels;
		while (next < labels->count && labels->items[next].place < operation->place)
			next++;
		if (next < labels->count && labels->items[next].place == operation->place)
			arrive(follower, &labels->items[next], reached);
		else if (!reached)
			memset(&follower->now, 0, sizeof(follower->now));
		follow(follower, operation);
		if (is_branch(operation))
			TRY(branch_to(follower, operation->address));
		reached = operation->kind != OPERATION_END;
	}
	return NULL;
}

/*
 * Whether any byte of the code may begin a call of a function that says something of types: most
 * functions call none, and need not be disassembled.
 */
static bool may_call(struct follower *follower, const uint8_t *code, size_t size, uint64_t address)
{
	uint64_t target;

	for (size_t at = 0; references_next_call(code, size, address, &at, &target);) {
		const struct map_slot *slot = map_find(&follower->calls, target);
		if (slot && (enum call)slot->value != CALL_BARRIER)
			return true;
	}
	return false;
}

static struct error *follow_function(struct follower *follower, const struct function *function)
{
	uint64_t size = function->end - function->entry;
	const uint8_t *code = size <= FUNCTION_LIMIT
				      ? binary_bytes_at(follower->references->binary,
							function->entry, (size_t)size)
				      : NULL;
	bool known;

	if (!code || !may_call(follower, code, (size_t)size, function->entry))
		return NULL;
	follower->left -= MIN(follower->left, size);
	TRY(references_decode(follower->disassembler, code, (size_t)size, function->entry,
			      &follower->operations));
	TRY(find_labels(follower, &known));
	return known ? follow_all(follower) : NULL;
}

static struct error *follow_functions(struct follower *follower)
{
	const struct references *references = follower->references;
	follower->left = CODE_LIMIT;
	for (size_t i = 0; i < references->functions.count && follower->left; i++) {
		struct function function;
		if (binary_function(references->binary, references->functions.items[i], &function))
			TRY(follow_function(follower, &function));
	}
	return NULL;
}

struct error *references_find_types(struct references *references)
{
	struct follower follower = { .references = references };
	struct error *error = references_open_disassembler(&follower.disassembler);

	if (!error)
		error = find_calls(&follower);
	if (!error)
		error = follow_functions(&follower);
	references_close_disassembler(follower.disassembler);
	operation_vector_deinit(&follower.operations);
	label_vector_deinit(&follower.labels);
	state_vector_deinit(&follower.states);
	map_deinit(&follower.calls);
	return error;
}
