/* SPDX-License-Identifier: Apache-2.0 */
#include "binary/code.h"

#include <capstone/capstone.h>

/* No function of the runtime comes near. */
#define CODE_MAX ((uint64_t)256 << 10)

struct references {
	uint64_t low;
	uint64_t high;
	uint64_t *found;
	size_t capacity;
	size_t count;
};

static void add_reference(struct references *references, uint64_t address)
{
	if (address < references->low || address >= references->high)
		return;
	for (size_t i = 0; i < references->count; i++) {
		if (references->found[i] == address)
			return;
	}
	if (references->count < references->capacity)
		references->found[references->count++] = address;
}

/*
 * Go addresses its globals relative to the instruction pointer, which counts from the next
 * instruction. An operand without any register is an absolute address, as the assembler may write
 * it where nothing can move.
 */
static void read_operands(struct references *references, const cs_insn *instruction)
{
	const cs_x86 *x86 = &instruction->detail->x86;
	for (uint8_t i = 0; i < x86->op_count; i++) {
		const cs_x86_op *operand = &x86->operands[i];
		if (operand->type != X86_OP_MEM || operand->mem.index != X86_REG_INVALID ||
		    operand->mem.segment != X86_REG_INVALID)
			continue;
		if (operand->mem.base == X86_REG_RIP)
			add_reference(references, instruction->address + instruction->size +
							  (uint64_t)operand->mem.disp);
		else if (operand->mem.base == X86_REG_INVALID)
			add_reference(references, (uint64_t)operand->mem.disp);
	}
}

static struct error *disassemble(struct references *references, const uint8_t *code, size_t size,
				 uint64_t address)
{
	csh handle = 0;
	if (cs_open(CS_ARCH_X86, CS_MODE_64, &handle) != CS_ERR_OK)
		return error_no_memory();
	/* An instruction that this capstone does not know must not hide those behind it. */
	cs_option(handle, CS_OPT_DETAIL, CS_OPT_ON);
	cs_option(handle, CS_OPT_SKIPDATA, CS_OPT_ON);
	cs_insn *instruction = cs_malloc(handle);
	if (instruction) {
		while (cs_disasm_iter(handle, &code, &size, &address, instruction)) {
			/* Skipped bytes have the id 0 and no details. */
			if (instruction->id != 0)
				read_operands(references, instruction);
		}
		cs_free(instruction, 1);
	}
	cs_close(&handle);
	return instruction ? NULL : error_no_memory();
}

struct error *code_data_references(const struct binary *binary, const struct function *function,
				   uint64_t low, uint64_t high, uint64_t *ret, size_t capacity,
				   size_t *ret_count)
{
	uint64_t length = MIN(function->end - function->entry, CODE_MAX);
	const uint8_t *code = binary_bytes_at(binary, function->entry, (size_t)length);
	if (!code)
		return error_new(ERROR_NOT_FOUND, "the code of %s cannot be read", function->name);
	struct references references = {
		.low = low,
		.high = high,
		.found = ret,
		.capacity = capacity,
	};
	TRY(disassemble(&references, code, (size_t)length, function->entry));
	*ret_count = references.count;
	return NULL;
}
