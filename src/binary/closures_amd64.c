/* SPDX-License-Identifier: Apache-2.0 */
#include "binary/closures.h"

#include "binary/lea_amd64.h"
#include "binary/type.h"

/*
 * All compilers from Go 1.19 to 1.27 make a closure like this, whatever their options:
 *
 *	lea	type(%rip), %rax	or %rbx, where mallocgc is called itself
 *	call	runtime.newobject
 *	lea	function(%rip), %rcx	any register,
 *	mov	%rcx, (%rax)		which may be loaded again in between
 *
 * Nothing is disassembled: the second lea is looked for by its bytes, and believed if it leads to
 * the entry of a function, is stored soon, and the nearest lea before it leads to the type of a
 * closure.
 */
#define STORE_SIZE  3
#define STORE_AHEAD 12  /* -race loads the object's address in between, 5 bytes */
#define TYPE_BEHIND 128 /* -race makes two calls in between */
#define CHECKS_MAX  ((size_t)1 << 20)

struct scan {
	const struct binary *binary;
	const struct module *module;
	struct code_span code;
	struct map *found;
	size_t checks; /* of types; a program that lies could have many made */
};

/* mov %reg, (%base): not to the stack, nor to an address relative to the code. */
static bool is_store(const uint8_t *code, unsigned from)
{
	unsigned base = code[2] & 7u;
	return (code[0] & 0xfa) == 0x48 && code[1] == 0x89 && (code[2] & 0xc0) == 0 && base != 4 &&
	       base != 5 && ((code[0] & 4u) << 1 | (code[2] >> 3 & 7u)) == from;
}

static bool is_stored(const struct scan *scan, size_t at, unsigned from)
{
	for (size_t i = 0; i <= STORE_AHEAD && at + i + STORE_SIZE <= scan->code.size; i++) {
		if (is_store(scan->code.bytes + at + i, from))
			return true;
	}
	return false;
}

static bool is_closure_type(const struct binary *binary, uint64_t address)
{
	struct type type;
	struct type_field field;
	if (!error_ignore(type_read(binary, address, &type)) || type.kind != TYPE_STRUCT ||
	    !error_ignore(type_field(binary, &type, 0, &field)) || field.offset != 0)
		return false;
	return strcmp(field.name + (field.name[0] == '.'), CLOSURE_FUNCTION_FIELD) == 0;
}

/* The type of the object that was made just before. */
static uint64_t find_type(struct scan *scan, size_t at)
{
	size_t end = at > TYPE_BEHIND ? at - TYPE_BEHIND : 0;
	for (size_t i = at; i-- > end && scan->checks < CHECKS_MAX;) {
		uint64_t target;
		unsigned into;
		if (!lea_read(&scan->code, i, &target, &into) || target < scan->module->types ||
		    target >= scan->module->types_end)
			continue;
		scan->checks++;
		if (is_closure_type(scan->binary, target))
			return target;
	}
	return 0;
}

static struct error *look_at(struct scan *scan, size_t at)
{
	struct function function;
	struct map_slot *slot = NULL;
	uint64_t target, type;
	unsigned into;
	if (!lea_read(&scan->code, at, &target, &into) || target < scan->module->text ||
	    target >= scan->module->text_end || !is_stored(scan, at + LEA_SIZE, into) ||
	    map_find(scan->found, target) || !binary_function(scan->binary, target, &function) ||
	    function.entry != target)
		return NULL;
	type = find_type(scan, at);
	return type ? map_insert(scan->found, target, type, &slot) : NULL;
}

struct error *closures_find(const struct binary *binary, struct map *ret)
{
	for (size_t i = 0; i < binary->module_count; i++) {
		struct scan scan = {
			.binary = binary,
			.module = &binary->modules[i],
			.found = ret,
		};
		if (!code_span_of(binary, scan.module, &scan.code))
			continue;
		for (size_t at = lea_next(&scan.code, 0); at < scan.code.size;
		     at = lea_next(&scan.code, at + 1))
			TRY(look_at(&scan, at));
	}
	return NULL;
}
