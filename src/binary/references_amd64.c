/* SPDX-License-Identifier: Apache-2.0 */
#include <capstone/capstone.h>
#include <string.h>

#include "binary/references_private.h"

/*
 * An instruction names its data by a distance of four bytes from its own end: behind the byte that
 * says so (modes 00, base 101), and before an immediate operand of 0, 1, 2 or 4 bytes.
 */
#define RELATIVE_MASK 0xc7
#define RELATIVE      0x05

/* A line of the source rarely has more code. */
#define VERIFY_INSTRUCTIONS 4096

struct error *references_scan_code(struct references_scan *scan, const uint8_t *code, size_t size,
				   uint64_t address)
{
	static const uint8_t immediates[] = { 0, 1, 2, 4 };
	const struct references *references = scan->references;
	uint64_t low = references->addresses[0] - 4;
	uint64_t span = references->addresses[references->count - 1] - low;

	for (size_t at = 1; at + 4 <= size; at++) {
		int32_t distance;
		if ((code[at - 1] & RELATIVE_MASK) != RELATIVE)
			continue;
		memcpy(&distance, code + at, sizeof(distance));
		uint64_t target = address + at + 4 + (uint64_t)(int64_t)distance;
		if (target - low > span)
			continue;
		for (size_t i = 0; i < ARRAY_SIZE(immediates); i++) {
			size_t index = references_index(references, target + immediates[i]);
			if (index != SIZE_MAX)
				TRY(scan->tell(scan, address + at, index));
		}
	}
	return NULL;
}

struct disassembler {
	csh handle;
	cs_insn *instruction;
};

struct error *references_open_disassembler(void **ret)
{
	struct disassembler *disassembler = calloc(1, sizeof(*disassembler));
	if (!disassembler)
		return error_no_memory();
	if (cs_open(CS_ARCH_X86, CS_MODE_64, &disassembler->handle) != CS_ERR_OK) {
		free(disassembler);
		return error_no_memory();
	}
	cs_option(disassembler->handle, CS_OPT_DETAIL, CS_OPT_ON);
	cs_option(disassembler->handle, CS_OPT_SKIPDATA, CS_OPT_ON);
	disassembler->instruction = cs_malloc(disassembler->handle);
	if (!disassembler->instruction) {
		references_close_disassembler(disassembler);
		return error_no_memory();
	}
	*ret = disassembler;
	return NULL;
}

void references_close_disassembler(void *opaque)
{
	struct disassembler *disassembler = opaque;
	if (!disassembler)
		return;
	if (disassembler->instruction)
		cs_free(disassembler->instruction, 1);
	cs_close(&disassembler->handle);
	free(disassembler);
}

/* The address that an operand in memory names by itself; 0: another kind of operand. */
static uint64_t operand_address(const cs_insn *instruction, const cs_x86_op *operand)
{
	if (operand->type != X86_OP_MEM || operand->mem.base != X86_REG_RIP ||
	    operand->mem.index != X86_REG_INVALID || operand->mem.segment != X86_REG_INVALID)
		return 0;
	return instruction->address + instruction->size + (uint64_t)operand->mem.disp;
}

bool references_verify(void *opaque, const uint8_t *code, size_t size, uint64_t address,
		       uint64_t place, uint64_t wanted)
{
	struct disassembler *disassembler = opaque;
	cs_insn *instruction = disassembler->instruction;
	for (int i = 0; i < VERIFY_INSTRUCTIONS && address <= place; i++) {
		if (!cs_disasm_iter(disassembler->handle, &code, &size, &address, instruction))
			return false;
		if (address <= place || instruction->id == 0)
			continue;
		const cs_x86 *x86 = &instruction->detail->x86;
		for (uint8_t j = 0; j < x86->op_count; j++) {
			if (operand_address(instruction, &x86->operands[j]) == wanted)
				return true;
		}
	}
	return false;
}

/* Their names at every width; the order is that of Go's arguments. */
static const x86_reg registers[OPERATION_REGISTERS][4] = {
	{ X86_REG_RAX, X86_REG_EAX, X86_REG_AX, X86_REG_AL },
	{ X86_REG_RBX, X86_REG_EBX, X86_REG_BX, X86_REG_BL },
	{ X86_REG_RCX, X86_REG_ECX, X86_REG_CX, X86_REG_CL },
	{ X86_REG_RDI, X86_REG_EDI, X86_REG_DI, X86_REG_DIL },
	{ X86_REG_RSI, X86_REG_ESI, X86_REG_SI, X86_REG_SIL },
	{ X86_REG_R8, X86_REG_R8D, X86_REG_R8W, X86_REG_R8B },
	{ X86_REG_R9, X86_REG_R9D, X86_REG_R9W, X86_REG_R9B },
	{ X86_REG_R10, X86_REG_R10D, X86_REG_R10W, X86_REG_R10B },
	{ X86_REG_R11, X86_REG_R11D, X86_REG_R11W, X86_REG_R11B },
	{ X86_REG_RDX, X86_REG_EDX, X86_REG_DX, X86_REG_DL },
	{ X86_REG_R12, X86_REG_R12D, X86_REG_R12W, X86_REG_R12B },
	{ X86_REG_R13, X86_REG_R13D, X86_REG_R13W, X86_REG_R13B },
	{ X86_REG_R14, X86_REG_R14D, X86_REG_R14W, X86_REG_R14B },
	{ X86_REG_R15, X86_REG_R15D, X86_REG_R15W, X86_REG_R15B },
	{ X86_REG_RBP, X86_REG_EBP, X86_REG_BP, X86_REG_BPL },
	{ X86_REG_AH, X86_REG_BH, X86_REG_CH, X86_REG_DH },
};

/* OPERATION_REGISTERS for any other. */
static uint8_t register_number(unsigned name)
{
	for (uint8_t i = 0; i < OPERATION_REGISTERS - 1; i++) {
		for (size_t j = 0; j < ARRAY_SIZE(registers[i]); j++) {
			if (registers[i][j] == name)
				return i;
		}
	}
	return OPERATION_REGISTERS;
}

static uint8_t full_register(const cs_x86_op *operand)
{
	uint8_t number = operand->type == X86_OP_REG ? register_number(operand->reg)
						     : OPERATION_REGISTERS;
	return number < OPERATION_REGISTERS && registers[number][0] == operand->reg
		       ? number
		       : OPERATION_REGISTERS;
}

static uint32_t register_bit(unsigned name)
{
	uint8_t number = register_number(name);
	if (number < OPERATION_REGISTERS)
		return UINT32_C(1) << number;
	/* The second bytes of four registers: rare enough to stand for all. */
	return name == X86_REG_AH || name == X86_REG_BH || name == X86_REG_CH || name == X86_REG_DH
		       ? UINT32_MAX
		       : 0;
}

static bool is_stack(const cs_x86_op *operand)
{
	return operand->type == X86_OP_MEM && operand->mem.base == X86_REG_RSP &&
	       operand->mem.index == X86_REG_INVALID && operand->mem.disp >= 0;
}

/* Registers that it names are as good as written, unless it only compares or stores. */
static void decode_other(const cs_insn *instruction, struct operation *operation)
{
	const cs_detail *detail = instruction->detail;
	const cs_x86 *x86 = &detail->x86;
	bool stores = instruction->id == X86_INS_MOV && x86->operands[0].type == X86_OP_MEM;
	bool compares = instruction->id == X86_INS_CMP || instruction->id == X86_INS_TEST;
	for (uint8_t i = 0; i < detail->regs_write_count; i++)
		operation->written |= register_bit(detail->regs_write[i]);
	for (uint8_t i = 0; i < x86->op_count; i++) {
		const cs_x86_op *operand = &x86->operands[i];
		if (operand->type == X86_OP_REG && !stores && !compares)
			operation->written |= register_bit(operand->reg);
		/* An address on the stack may be written through, from now on. */
		if (is_stack(operand) && !compares && (i == 0 || instruction->id == X86_INS_LEA)) {
			operation->stack = instruction->id == X86_INS_LEA ? STACK_ESCAPES
									  : STACK_WRITTEN;
			operation->address = (uint64_t)operand->mem.disp;
			operation->width = operand->size ? operand->size : OPERATION_WIDEST;
		}
	}
}

static void decode_move(const cs_insn *instruction, struct operation *operation)
{
	const cs_x86_op *to = &instruction->detail->x86.operands[0];
	const cs_x86_op *from = &instruction->detail->x86.operands[1];
	uint64_t address = operand_address(instruction, to);
	/* A number of four bytes fills the register. */
	operation->to = from->type == X86_OP_IMM && to->type == X86_OP_REG && to->size >= 4
				? register_number(to->reg)
				: full_register(to);
	operation->from = full_register(from);
	if (operation->to < OPERATION_REGISTERS && operation->from < OPERATION_REGISTERS) {
		operation->kind = OPERATION_MOVE;
	} else if (operation->to < OPERATION_REGISTERS && from->type == X86_OP_IMM) {
		operation->kind = OPERATION_NUMBER;
		operation->address = (uint64_t)from->imm;
	} else if (operation->from < OPERATION_REGISTERS && (address || is_stack(to))) {
		operation->kind = address ? OPERATION_STORE : OPERATION_SAVE;
		operation->address = address ? address : (uint64_t)to->mem.disp;
	} else if (operation->to < OPERATION_REGISTERS && from->type == X86_OP_MEM) {
		address = operand_address(instruction, from);
		if (!address && !is_stack(from)) {
			decode_other(instruction, operation);
			return;
		}
		operation->kind = address ? OPERATION_LOAD : OPERATION_RESTORE;
		operation->address = address ? address : (uint64_t)from->mem.disp;
	} else {
		decode_other(instruction, operation);
	}
}

static void decode_branch(const cs_insn *instruction, enum operation_kind kind,
			  struct operation *operation)
{
	const cs_x86_op *operand = &instruction->detail->x86.operands[0];
	operation->kind = kind;
	if (instruction->detail->x86.op_count == 1 && operand->type == X86_OP_IMM)
		operation->address = (uint64_t)operand->imm;
}

static bool in_group(const cs_insn *instruction, uint8_t group)
{
	for (uint8_t i = 0; i < instruction->detail->groups_count; i++) {
		if (instruction->detail->groups[i] == group)
			return true;
	}
	return false;
}

static void decode(const cs_insn *instruction, struct operation *operation)
{
	const cs_x86 *x86 = &instruction->detail->x86;
	switch (instruction->id) {
	case X86_INS_MOV:
		decode_move(instruction, operation);
		return;
	case X86_INS_LEA:
		operation->address = operand_address(instruction, &x86->operands[1]);
		operation->to = full_register(&x86->operands[0]);
		if (operation->address && operation->to < OPERATION_REGISTERS)
			operation->kind = OPERATION_ADDRESS;
		else
			decode_other(instruction, operation);
		return;
	case X86_INS_CALL:
		decode_branch(instruction, OPERATION_CALL, operation);
		return;
	case X86_INS_JMP:
		decode_branch(instruction,
			      x86->operands[0].type == X86_OP_IMM ? OPERATION_END
								  : OPERATION_UNKNOWN,
			      operation);
		return;
	case X86_INS_RET:
		operation->kind = OPERATION_RETURN;
		return;
	case X86_INS_XOR:
		decode_other(instruction, operation);
		if (x86->operands[0].type == X86_OP_REG && x86->operands[1].type == X86_OP_REG &&
		    x86->operands[0].reg == x86->operands[1].reg && x86->operands[0].size >= 4 &&
		    register_number(x86->operands[0].reg) < OPERATION_REGISTERS) {
			operation->kind = OPERATION_NUMBER;
			operation->to = register_number(x86->operands[0].reg);
		}
		return;
	case X86_INS_UD2:
	case X86_INS_INT3:
		decode_branch(instruction, OPERATION_END, operation);
		return;
	default:
		if (in_group(instruction, X86_GRP_JUMP))
			decode_branch(instruction, OPERATION_JUMP, operation);
		else
			decode_other(instruction, operation);
	}
}

struct error *references_decode(void *opaque, const uint8_t *code, size_t size, uint64_t address,
				struct operation_vector *ret)
{
	struct disassembler *disassembler = opaque;
	cs_insn *instruction = disassembler->instruction;
	ret->count = 0;
	while (cs_disasm_iter(disassembler->handle, &code, &size, &address, instruction)) {
		struct operation operation = {
			.place = instruction->address,
			.written = instruction->id == 0 ? UINT32_MAX : 0,
		};
		if (instruction->id != 0)
			decode(instruction, &operation);
		TRY(operation_vector_append(ret, &operation));
	}
	return NULL;
}

bool references_next_call(const uint8_t *code, size_t size, uint64_t address, size_t *at,
			  uint64_t *ret_target)
{
	const uint8_t *call = *at < size ? memchr(code + *at, 0xe8, size - *at) : NULL;
	int32_t distance;
	if (!call || (size_t)(code + size - call) < 1 + sizeof(distance))
		return false;
	memcpy(&distance, call + 1, sizeof(distance));
	*at = (size_t)(call - code) + 1;
	*ret_target = address + *at + sizeof(distance) + (uint64_t)(int64_t)distance;
	return true;
}
