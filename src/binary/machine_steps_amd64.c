/* SPDX-License-Identifier: Apache-2.0 */
#include "binary/machine_steps.h"

#include <capstone/capstone.h>
#include <string.h>

enum { AX, CX, DX, BX, SP, BP, SI, DI };

/* At its entry the return address lies on top of a function's frame. */
const struct machine_registers machine_registers = {
	.stack = SP,
	.first_argument = AX,
	.argument = { AX, BX, CX, DI, SI },
	.first_result = AX,
	.context = DX,
	.results = 3,
	.result = { AX, BX, CX },
	.kept = 1u << SP | 1u << BP | 1u << 14,
	.entry = -8,
};

struct machine_steps {
	csh handle;
	cs_insn *instruction;
	uint8_t numbers[X86_REG_ENDING]; /* register → the whole one's number; MACHINE_NOWHERE */
};

static void number(struct machine_steps *machine, uint8_t number, x86_reg whole, x86_reg half,
		   x86_reg word, x86_reg byte, x86_reg high)
{
	machine->numbers[whole] = machine->numbers[half] = machine->numbers[word] =
		machine->numbers[byte] = number;
	if (high)
		machine->numbers[high] = number;
}

static void number_registers(struct machine_steps *machine)
{
	memset(machine->numbers, MACHINE_NOWHERE, sizeof(machine->numbers));
#define LETTERED(n, x)                                                                             \
	number(machine, n, X86_REG_R##x##X, X86_REG_E##x##X, X86_REG_##x##X, X86_REG_##x##L,       \
	       X86_REG_##x##H)
	LETTERED(AX, A);
	LETTERED(CX, C);
	LETTERED(DX, D);
	LETTERED(BX, B);
#undef LETTERED
#define NAMED(n, x)                                                                                \
	number(machine, n, X86_REG_R##x, X86_REG_E##x, X86_REG_##x, X86_REG_##x##L, (x86_reg)0)
	NAMED(SP, SP);
	NAMED(BP, BP);
	NAMED(SI, SI);
	NAMED(DI, DI);
#undef NAMED
#define NUMBERED(n)                                                                                \
	number(machine, n, X86_REG_R##n, X86_REG_R##n##D, X86_REG_R##n##W, X86_REG_R##n##B,        \
	       (x86_reg)0)
	NUMBERED(8);
	NUMBERED(9);
	NUMBERED(10);
	NUMBERED(11);
	NUMBERED(12);
	NUMBERED(13);
	NUMBERED(14);
	NUMBERED(15);
#undef NUMBERED
}

struct error *machine_steps_open(struct machine_steps **ret)
{
	struct machine_steps *machine = calloc(1, sizeof(*machine));
	if (!machine)
		return error_no_memory();
	if (cs_open(CS_ARCH_X86, CS_MODE_64, &machine->handle) != CS_ERR_OK) {
		free(machine);
		return error_no_memory();
	}
	cs_option(machine->handle, CS_OPT_DETAIL, CS_OPT_ON);
	cs_option(machine->handle, CS_OPT_SKIPDATA, CS_OPT_ON);
	machine->instruction = cs_malloc(machine->handle);
	if (!machine->instruction) {
		machine_steps_close(machine);
		return error_no_memory();
	}
	number_registers(machine);
	*ret = machine;
	return NULL;
}

void machine_steps_close(struct machine_steps *machine)
{
	if (!machine)
		return;
	if (machine->instruction)
		cs_free(machine->instruction, 1);
	cs_close(&machine->handle);
	free(machine);
}

static uint8_t number_of(const struct machine_steps *machine, unsigned reg)
{
	return reg < X86_REG_ENDING ? machine->numbers[reg] : MACHINE_NOWHERE;
}

/* A segment's or an indexed address is none that can be followed. */
static struct step_memory memory_of(const struct machine_steps *machine, const cs_insn *instruction,
				    const cs_x86_op *operand)
{
	struct step_memory memory = { .base = MACHINE_NOWHERE };
	const x86_op_mem *mem = &operand->mem;
	if (operand->type != X86_OP_MEM || mem->index != X86_REG_INVALID ||
	    mem->segment != X86_REG_INVALID)
		return memory;
	if (mem->base == X86_REG_RIP) {
		memory.known = true;
		memory.offset =
			(int64_t)(instruction->address + instruction->size + (uint64_t)mem->disp);
	} else if (mem->base == X86_REG_INVALID) {
		memory.known = true;
		memory.offset = mem->disp;
	} else {
		memory.base = number_of(machine, mem->base);
		memory.offset = mem->disp;
		memory.known = memory.base != MACHINE_NOWHERE;
	}
	return memory;
}

/* Every register that the instruction writes, whatever it is. */
static uint16_t writes_of(const struct machine_steps *machine, const cs_insn *instruction)
{
	cs_regs read, written;
	uint8_t read_count = 0, write_count = 0;
	uint16_t set = 0;
	if (cs_regs_access(machine->handle, instruction, read, &read_count, written,
			   &write_count) != CS_ERR_OK)
		return 0xffff & ~(1u << SP);
	for (uint8_t i = 0; i < write_count; i++) {
		uint8_t reg = number_of(machine, written[i]);
		if (reg != MACHINE_NOWHERE)
			set |= (uint16_t)(1u << reg);
	}
	return set;
}

struct reading {
	struct machine_steps *machine;
	const cs_insn *instruction;
	const cs_x86_op *operands;
	uint8_t count;
	struct step step; /* filled in as far as all have it */
	struct step_vector *into;
};

static bool is_register(const struct reading *reading, uint8_t i)
{
	return i < reading->count && reading->operands[i].type == X86_OP_REG &&
	       number_of(reading->machine, reading->operands[i].reg) != MACHINE_NOWHERE;
}

static bool is_memory(const struct reading *reading, uint8_t i)
{
	return i < reading->count && reading->operands[i].type == X86_OP_MEM;
}

static bool is_number(const struct reading *reading, uint8_t i)
{
	return i < reading->count && reading->operands[i].type == X86_OP_IMM;
}

static uint8_t register_at(const struct reading *reading, uint8_t i)
{
	return number_of(reading->machine, reading->operands[i].reg);
}

static struct step_memory memory_at(const struct reading *reading, uint8_t i)
{
	return memory_of(reading->machine, reading->instruction, &reading->operands[i]);
}

/* What is left over: the registers that it writes are no more what they were. */
static struct step other(const struct reading *reading)
{
	struct step step = reading->step;
	uint16_t writes = writes_of(reading->machine, reading->instruction);
	step.kind = STEP_OTHER;
	step.clears = writes;
	if (is_memory(reading, 0)) {
		step.memory = memory_at(reading, 0);
		step.size = reading->operands[0].size;
		step.from = MACHINE_NOWHERE;
		step.kind = STEP_STORE;
	} else if (is_register(reading, 0) && (writes >> register_at(reading, 0) & 1)) {
		step.kind = STEP_NEW;
		step.to = register_at(reading, 0);
		step.clears &= (uint16_t) ~(1u << step.to);
	}
	return step;
}

static struct step read_move(const struct reading *reading)
{
	struct step step = reading->step;
	bool wide = reading->operands[0].size == 8;
	step.wide = wide;
	if (is_memory(reading, 0)) {
		step.kind = STEP_STORE;
		step.memory = memory_at(reading, 0);
		step.size = reading->operands[0].size;
		step.from = is_register(reading, 1) && wide ? register_at(reading, 1)
							    : MACHINE_NOWHERE;
		return step;
	}
	if (!is_register(reading, 0))
		return other(reading);
	step.to = register_at(reading, 0);
	if (is_number(reading, 1) && reading->operands[0].size >= 4) {
		step.kind = STEP_CONSTANT;
		step.number = (uint64_t)reading->operands[1].imm;
		if (!wide)
			step.number = (uint32_t)step.number;
		return step;
	}
	if (is_register(reading, 1) && reading->operands[0].size >= 4) {
		step.kind = wide ? STEP_COPY : STEP_NEW;
		step.from = register_at(reading, 1);
		return step;
	}
	if (is_memory(reading, 1) && wide) {
		step.kind = STEP_LOAD;
		step.memory = memory_at(reading, 1);
		return step;
	}
	return other(reading);
}

static struct step read_arithmetic(const struct reading *reading)
{
	struct step step = reading->step;
	unsigned id = reading->instruction->id;
	bool one = id == X86_INS_INC || id == X86_INS_DEC;
	if (!is_register(reading, 0) || reading->operands[0].size != 8 ||
	    (!one && !is_number(reading, 1)))
		return other(reading);
	int64_t number = one ? 1 : reading->operands[1].imm;
	step.kind = STEP_ADD;
	step.to = register_at(reading, 0);
	step.number = (uint64_t)(id == X86_INS_SUB || id == X86_INS_DEC ? -number : number);
	return step;
}

static struct step read_jump(const struct reading *reading, enum step_kind kind)
{
	struct step step = reading->step;
	if (is_number(reading, 0)) {
		step.kind = kind;
		step.number = (uint64_t)reading->operands[0].imm;
		return step;
	}
	step.kind = STEP_STOP;
	if (kind == STEP_JUMP && is_memory(reading, 0)) {
		const x86_op_mem *mem = &reading->operands[0].mem;
		/* jmp *(table)(,index,8), with the table's address in a register */
		if (mem->index != X86_REG_INVALID && mem->scale == 8 && mem->disp == 0 &&
		    number_of(reading->machine, mem->base) != MACHINE_NOWHERE) {
			step.kind = STEP_SWITCH;
			step.from = number_of(reading->machine, mem->base);
		}
	}
	return step;
}

static struct step read_call(const struct reading *reading)
{
	struct step step = reading->step;
	if (is_number(reading, 0)) {
		step.kind = STEP_CALL;
		step.number = (uint64_t)reading->operands[0].imm;
	} else if (is_register(reading, 0)) {
		step.kind = STEP_CALL_VALUE;
		step.from = register_at(reading, 0);
	} else {
		step.kind = STEP_CALL_MEMORY;
		if (is_memory(reading, 0))
			step.memory = memory_at(reading, 0);
	}
	return step;
}

static struct step read_address(const struct reading *reading)
{
	struct step step = reading->step;
	struct step_memory memory = memory_at(reading, 1);
	if (!is_register(reading, 0))
		return other(reading);
	step.to = register_at(reading, 0);
	step.kind = memory.known && reading->operands[0].size == 8 ? STEP_ADDRESS : STEP_NEW;
	step.memory = memory;
	return step;
}

static struct step read_atomic(const struct reading *reading, enum step_kind kind)
{
	struct step step = reading->step;
	if (!is_memory(reading, 0))
		return other(reading);
	step.kind = kind;
	step.memory = memory_at(reading, 0);
	step.size = reading->operands[0].size;
	step.clears = writes_of(reading->machine, reading->instruction);
	/* What was there, if it was not what was expected: the disassembler does not say so. */
	if (kind == STEP_SWAP_IF)
		step.clears |= 1u << AX;
	return step;
}

static struct step read_xor(const struct reading *reading)
{
	struct step step = reading->step;
	if (!is_register(reading, 0) || !is_register(reading, 1) ||
	    reading->operands[0].reg != reading->operands[1].reg)
		return other(reading);
	step.kind = STEP_CONSTANT;
	step.to = register_at(reading, 0);
	return step;
}

static struct step read_test(const struct reading *reading)
{
	struct step step = reading->step;
	step.kind = STEP_COMPARE;
	if (is_register(reading, 0) && is_register(reading, 1) &&
	    reading->operands[0].reg == reading->operands[1].reg) {
		step.kind = STEP_TEST;
		step.from = register_at(reading, 0);
	}
	return step;
}

static struct error *read_push(struct reading *reading)
{
	struct step down = reading->step, store = reading->step;
	down.kind = STEP_ADD;
	down.to = SP;
	down.number = (uint64_t)-8;
	store.kind = STEP_STORE;
	store.size = 8;
	store.memory = (struct step_memory){ .known = true, .base = SP };
	store.from = is_register(reading, 0) ? register_at(reading, 0) : MACHINE_NOWHERE;
	TRY(step_vector_append(reading->into, &down));
	return step_vector_append(reading->into, &store);
}

static struct error *read_pop(struct reading *reading)
{
	struct step load = reading->step, up = reading->step;
	load.kind = STEP_LOAD;
	load.wide = true;
	load.memory = (struct step_memory){ .known = true, .base = SP };
	load.to = is_register(reading, 0) ? register_at(reading, 0) : MACHINE_NOWHERE;
	up.kind = STEP_ADD;
	up.to = SP;
	up.number = 8;
	if (load.to != MACHINE_NOWHERE)
		TRY(step_vector_append(reading->into, &load));
	return step_vector_append(reading->into, &up);
}

static struct step read_simple(const struct reading *reading)
{
	struct step step = reading->step;
	switch (reading->instruction->id) {
	case X86_INS_MOV:
	case X86_INS_MOVABS:
		return read_move(reading);
	case X86_INS_LEA:
		return read_address(reading);
	case X86_INS_ADD:
	case X86_INS_SUB:
	case X86_INS_INC:
	case X86_INS_DEC:
		return read_arithmetic(reading);
	case X86_INS_XOR:
		return read_xor(reading);
	case X86_INS_TEST:
		return read_test(reading);
	case X86_INS_CMP:
		step.kind = STEP_COMPARE;
		return step;
	case X86_INS_CMPXCHG:
		return read_atomic(reading, STEP_SWAP_IF);
	case X86_INS_XADD:
		return read_atomic(reading, STEP_ATOMIC_ADD);
	case X86_INS_SETE:
		if (!is_register(reading, 0))
			return other(reading);
		step.kind = STEP_SET_EQUAL;
		step.to = register_at(reading, 0);
		return step;
	case X86_INS_MOVZX: /* of a truth value in the same register, mostly */
		if (!is_register(reading, 0) || !is_register(reading, 1))
			return other(reading);
		step.kind = STEP_COPY;
		step.to = register_at(reading, 0);
		step.from = register_at(reading, 1);
		return step;
	case X86_INS_NOP:
		step.kind = STEP_OTHER;
		return step;
	case X86_INS_CALL:
		return read_call(reading);
	case X86_INS_JMP:
		return read_jump(reading, STEP_JUMP);
	case X86_INS_JE:
		return read_jump(reading, STEP_BRANCH_EQUAL);
	case X86_INS_JNE:
		return read_jump(reading, STEP_BRANCH_UNEQUAL);
	case X86_INS_RET:
		step.kind = STEP_RETURN;
		return step;
	case X86_INS_UD2:
	case X86_INS_INT3:
	case X86_INS_HLT:
		step.kind = STEP_STOP;
		return step;
	default:
		if (cs_insn_group(reading->machine->handle, reading->instruction, CS_GRP_JUMP))
			return read_jump(reading, STEP_BRANCH);
		return other(reading);
	}
}

static struct error *read_one(struct reading *reading)
{
	reading->step = (struct step){
		.pc = reading->instruction->address,
		.end = reading->instruction->address + reading->instruction->size,
		.to = MACHINE_NOWHERE,
		.from = MACHINE_NOWHERE,
		.memory = { .base = MACHINE_NOWHERE },
	};
	if (reading->instruction->id == 0) { /* bytes that are no instruction */
		reading->step.kind = STEP_OTHER;
		reading->step.clears = 0xffff & ~(1u << SP);
		return step_vector_append(reading->into, &reading->step);
	}
	reading->operands = reading->instruction->detail->x86.operands;
	reading->count = reading->instruction->detail->x86.op_count;
	if (reading->instruction->id == X86_INS_PUSH)
		return read_push(reading);
	if (reading->instruction->id == X86_INS_POP)
		return read_pop(reading);
	struct step step = read_simple(reading);
	return step_vector_append(reading->into, &step);
}

struct error *machine_steps_read(struct machine_steps *machine, const uint8_t *code, size_t size,
				 uint64_t address, struct step_vector *ret)
{
	struct reading reading = {
		.machine = machine,
		.instruction = machine->instruction,
		.into = ret,
	};
	while (cs_disasm_iter(machine->handle, &code, &size, &address, machine->instruction))
		TRY(read_one(&reading));
	return NULL;
}

/* call rel32, and jmp rel32, by which a wrapper ends in what it wraps */
#define CALL_OPCODE 0xe8
#define CALL_MASK   0xfe
#define CALL_SIZE   5

bool machine_next_call(const uint8_t *code, size_t size, uint64_t address, size_t *at,
		       uint64_t *ret_target)
{
	for (size_t where = *at; where + CALL_SIZE <= size; where++) {
		int32_t distance;
		if ((code[where] & CALL_MASK) != CALL_OPCODE)
			continue;
		memcpy(&distance, code + where + 1, sizeof(distance));
		*at = where + 1;
		*ret_target = address + where + CALL_SIZE + (uint64_t)(int64_t)distance;
		return true;
	}
	return false;
}
