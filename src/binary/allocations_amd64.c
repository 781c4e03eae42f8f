/* SPDX-License-Identifier: Apache-2.0 */
#include "binary/allocations.h"

#include "base/map.h"
#include "binary/lea_amd64.h"
#include "binary/type.h"

/*
 * The type is loaded into the register of its argument shortly before the call. Nothing is
 * disassembled: a load of an address among the types, and behind it what reads as a call of one of
 * these functions, are one allocation.
 */
#define CALL_OPCODE    0xe8
#define CALL_SIZE      5
#define CALL_AHEAD     40 /* other arguments are loaded in between */
#define TYPE_ALIGNMENT 8
#define ANY            UINT32_MAX

/* The functions that are handed a type, and in which register; "*" stands for any ending. */
static const struct allocator {
	const char *name;
	enum allocation_kind kind;
	uint32_t into;
	uint32_t into_too; /* in other releases */
} allocators[] = {
	{ "runtime.newobject", ALLOCATION_VALUE, REGISTER_AX, ANY },
	{ "runtime.mallocgc*", ALLOCATION_VALUE, REGISTER_BX, ANY }, /* 1.27 calls it itself */
	{ "runtime.convT", ALLOCATION_VALUE, REGISTER_AX, ANY },
	{ "runtime.convTnoptr", ALLOCATION_VALUE, REGISTER_AX, ANY },
	{ "runtime.newarray", ALLOCATION_ARRAY, REGISTER_AX, ANY },
	{ "runtime.makeslice*", ALLOCATION_ARRAY, REGISTER_AX, ANY },
	{ "runtime.growslice*", ALLOCATION_ARRAY, REGISTER_SI, REGISTER_AX }, /* AX: 1.19 */
	{ "runtime.makemap*", ALLOCATION_MAP, REGISTER_AX, ANY },
	{ "runtime.makechan*", ALLOCATION_CHANNEL, REGISTER_AX, ANY },
	{ "runtime.mapassign*", ALLOCATION_MAP_STORAGE, REGISTER_AX, ANY },
};

#define CALLS_OTHER   ARRAY_SIZE(allocators)
#define CALLS_NOTHING (ARRAY_SIZE(allocators) + 1) /* so it is no call */

struct scan {
	const struct binary *binary;
	const struct module *module;
	struct code_span code;
	struct map callees; /* by address: an index into allocators, or one of these */
	struct allocation_vector *found;
	bool storage; /* of maps, too */
};

static bool is_named(const struct allocator *allocator, const char *name)
{
	size_t length = strcspn(allocator->name, "*");
	return strncmp(name, allocator->name, length) == 0 &&
	       (allocator->name[length] == '*' || name[length] == '\0');
}

static size_t allocator_named(const char *name)
{
	size_t i = 0;
	while (i < ARRAY_SIZE(allocators) && !is_named(&allocators[i], name))
		i++;
	return i < ARRAY_SIZE(allocators) ? i : CALLS_OTHER;
}

static struct error *find_callee(struct scan *scan, uint64_t target, size_t *ret)
{
	struct function function;
	struct map_slot *slot = map_find(&scan->callees, target);
	if (!slot) {
		size_t index = CALLS_NOTHING;
		if (binary_function(scan->binary, target, &function) && function.entry == target)
			index = allocator_named(function.name);
		TRY(map_insert(&scan->callees, target, index, &slot));
	}
	*ret = (size_t)slot->value;
	return NULL;
}

/* What is called next, if that is an allocator which takes its type in that register. */
static struct error *look_behind(struct scan *scan, size_t at, uint64_t type, unsigned into)
{
	const struct code_span *code = &scan->code;
	for (size_t i = at; i < at + CALL_AHEAD && i + CALL_SIZE <= code->size; i++) {
		int32_t distance;
		size_t index = CALLS_NOTHING;
		uint64_t other;
		unsigned other_into;
		/* Another one takes its place, or belongs to another path. */
		if (lea_read(code, i, &other, &other_into) && other_into == into)
			return NULL;
		if (code->bytes[i] != CALL_OPCODE)
			continue;
		memcpy(&distance, code->bytes + i + 1, sizeof(distance));
		uint64_t pc = code->address + i + CALL_SIZE;
		uint64_t target = pc + (uint64_t)(int64_t)distance;
		if (target < scan->module->text || target >= scan->module->text_end)
			continue;
		TRY(find_callee(scan, target, &index));
		if (index == CALLS_NOTHING)
			continue;
		const struct allocator *allocator = &allocators[index];
		if (index == CALLS_OTHER ||
		    (into != allocator->into && into != allocator->into_too))
			return NULL;
		const struct allocation allocation = { type, pc, allocator->kind };
		/* Strings lie among the types. */
		struct type read;
		if (!error_ignore(type_read(scan->binary, type, &read)) ||
		    (allocation.kind == ALLOCATION_MAP_STORAGE && !scan->storage))
			return NULL;
		return allocation_vector_append(scan->found, &allocation);
	}
	return NULL;
}

static struct error *look_through(struct scan *scan)
{
	for (size_t at = lea_next(&scan->code, 0); at < scan->code.size;
	     at = lea_next(&scan->code, at + 1)) {
		uint64_t target;
		unsigned into;
		if (lea_read(&scan->code, at, &target, &into) && target % TYPE_ALIGNMENT == 0 &&
		    target >= scan->module->types && target < scan->module->types_end)
			TRY(look_behind(scan, at + LEA_SIZE, target, into));
	}
	return NULL;
}

static struct error *find_all(const struct binary *binary, bool storage,
			      struct allocation_vector *ret)
{
	struct allocation_vector found = { 0 };
	for (size_t i = 0; i < binary->module_count; i++) {
		struct scan scan = {
			.binary = binary,
			.module = &binary->modules[i],
			.found = &found,
			.storage = storage,
		};
		if (!code_span_of(binary, scan.module, &scan.code))
			continue;
		struct error *error = look_through(&scan);
		map_deinit(&scan.callees);
		if (error) {
			allocation_vector_deinit(&found);
			return error;
		}
	}
	*ret = found;
	return NULL;
}

struct error *allocations_find(const struct binary *binary, struct allocation_vector *ret)
{
	return find_all(binary, false, ret);
}

struct error *allocations_find_all(const struct binary *binary, struct allocation_vector *ret)
{
	return find_all(binary, true, ret);
}
