/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_BINARY_LEA_AMD64_H
#define DOWSE_BINARY_LEA_AMD64_H

#include <string.h>

#include "binary/module.h"

/*
 * How Go's compiler takes the address of what is at a fixed place, told by its bytes alone:
 *
 *	lea disp32(%rip), %reg		REX.W, 8d, a register and "relative to the next instruction"
 */
#define LEA_SIZE   7
#define LEA_OPCODE 0x8d /* the second byte */

enum { REGISTER_AX = 0, REGISTER_BX = 3, REGISTER_SI = 6 };

/* A module's code, which is looked through. */
struct code_span {
	const uint8_t *bytes;
	size_t size;
	uint64_t address;
};

/* False when the LEA_SIZE bytes at `at` are something else. */
static inline bool lea_read(const struct code_span *code, size_t at, uint64_t *ret_target,
			    unsigned *ret_register)
{
	const uint8_t *bytes = code->bytes + at;
	int32_t distance;
	if (at + LEA_SIZE > code->size || (bytes[0] & 0xfb) != 0x48 || bytes[1] != LEA_OPCODE ||
	    (bytes[2] & 0xc7) != 0x05)
		return false;
	memcpy(&distance, bytes + 3, sizeof(distance));
	*ret_target = code->address + at + LEA_SIZE + (uint64_t)(int64_t)distance;
	*ret_register = (bytes[0] & 4u) << 1 | (bytes[2] >> 3 & 7u);
	return true;
}

/* The next one at or behind `at`; code->size when there is none. */
static inline size_t lea_next(const struct code_span *code, size_t at)
{
	while (at + LEA_SIZE <= code->size) {
		const uint8_t *found = memchr(code->bytes + at + 1, LEA_OPCODE,
					      code->size - at - 1);
		if (!found)
			break;
		at = (size_t)(found - code->bytes) - 1;
		uint64_t target;
		unsigned into;
		if (lea_read(code, at, &target, &into))
			return at;
		at++;
	}
	return code->size;
}

/* False where the code cannot be had. */
static inline bool code_span_of(const struct binary *binary, const struct module *module,
				struct code_span *ret)
{
	if (elf_machine(module->elf) != ELF_AMD64 || module->text >= module->text_end)
		return false;
	ret->size = (size_t)(module->text_end - module->text);
	ret->address = module->text;
	ret->bytes = binary_bytes_at(binary, module->text, ret->size);
	return ret->bytes != NULL;
}

#endif
