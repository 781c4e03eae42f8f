/* SPDX-License-Identifier: Apache-2.0 */
#include "binary/closures.h"

#include <string.h>

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
#define LEA_SIZE    7
#define STORE_SIZE  3
#define STORE_AHEAD 12  /* -race loads the object's address in between, 5 bytes */
#define TYPE_BEHIND 128 /* -race makes two calls in between */
#define CHECKS_MAX  ((size_t)1 << 20)

struct scan {
	const struct binary *binary;
	const struct module *module;
	const uint8_t *code; /* from module->text on */
	size_t size;
	struct map *found;
	size_t checks; /* of types; a program that lies could have many made */
};

/* lea disp32(%rip), %reg: the target and the register, if these bytes are one. */
static bool read_lea(const struct scan *scan, size_t at, uint64_t *ret_target,
		     unsigned *ret_register)
{
	const uint8_t *code = scan->code + at;
	int32_t distance;
	if ((code[0] & 0xfb) != 0x48 || code[1] != 0x8d || (code[2] & 0xc7) != 0x05)
		return false;
	memcpy(&distance, code + 3, sizeof(distance));
	*ret_target = scan->module->text + at + LEA_SIZE + (uint64_t)(int64_t)distance;
	*ret_register = (code[0] & 4u) << 1 | (code[2] >> 3 & 7u);
	return true;
}

/* mov %reg, (%base): not to the stack, nor to an address relative to the code. */
static bool is_store(const uint8_t *code, unsigned from)
{
	unsigned base = code[2] & 7u;
	return (code[0] & 0xfa) == 0x48 && code[1] == 0x89 && (code[2] & 0xc0) == 0 && base != 4 &&
	       base != 5 && ((code[0] & 4u) << 1 | (code[2] >> 3 & 7u)) == from;
}

static bool is_stored(const struct scan *scan, size_t at, unsigned from)
{
	for (size_t i = 0; i <= STORE_AHEAD && at + i + STORE_SIZE <= scan->size; i++) {
		if (is_store(scan->code + at + i, from))
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
		if (!read_lea(scan, i, &target, &into) || target < scan->module->types ||
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
	if (!read_lea(scan, at, &target, &into) || target < scan->module->text ||
	    target >= scan->module->text_end || !is_stored(scan, at + LEA_SIZE, into) ||
	    map_find(scan->found, target) || !binary_function(scan->binary, target, &function) ||
	    function.entry != target)
		return NULL;
	type = find_type(scan, at);
	return type ? map_insert(scan->found, target, type, &slot) : NULL;
}

static struct error *look_through(struct scan *scan)
{
	const uint8_t *code = scan->code, *end = code + scan->size;
	if (scan->size < LEA_SIZE)
		return NULL;
	for (const uint8_t *at = code + 1; at && at + LEA_SIZE <= end; at++) {
		at = memchr(at, 0x8d, (size_t)(end - at));
		if (!at || at - 1 + LEA_SIZE > end)
			return NULL;
		TRY(look_at(scan, (size_t)(at - 1 - code)));
	}
	return NULL;
}

struct error *closures_find(const struct binary *binary, struct map *ret)
{
	for (size_t i = 0; i < binary->module_count; i++) {
		const struct module *module = &binary->modules[i];
		struct scan scan = { .binary = binary, .module = module, .found = ret };
		if (elf_machine(module->elf) != ELF_AMD64 || module->text >= module->text_end)
			continue;
		scan.size = (size_t)(module->text_end - module->text);
		scan.code = binary_bytes_at(binary, module->text, scan.size);
		if (scan.code)
			TRY(look_through(&scan));
	}
	return NULL;
}
