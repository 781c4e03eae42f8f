/* SPDX-License-Identifier: Apache-2.0 */
#include "binary/machine_steps.h"
#include "check.h"

/* Instructions as the assembler writes them, and what is made of each. */
enum { AX, CX, DX, BX, SP, BP, SI, DI, NONE = MACHINE_NOWHERE };

#define PC UINT64_C(0x1000)

static const struct {
	const char *assembly;
	uint8_t code[12];
	uint8_t size;
	enum step_kind kind;
	uint8_t to, from, base; /* base: of memory that is known */
	int64_t offset;
	uint64_t number;
	uint16_t clears;
} cases[] = {
	{ "mov rbx, rax", { 0x48, 0x89, 0xc3 }, 3, STEP_COPY, BX, AX, NONE, 0, 0, 0 },
	{ "mov ebx, eax", { 0x89, 0xc3 }, 2, STEP_NEW, BX, AX, NONE, 0, 0, 0 },
	{ "mov rax, [rax+16]", { 0x48, 0x8b, 0x40, 0x10 }, 4, STEP_LOAD, AX, NONE, AX, 16, 0, 0 },
	{ "mov eax, [rax+16]", { 0x8b, 0x40, 0x10 }, 3, STEP_NEW, AX, NONE, NONE, 0, 0, 0 },
	{ "mov [rsp+8], rcx", { 0x48, 0x89, 0x4c, 0x24, 8 }, 5, STEP_STORE, NONE, CX, SP, 8, 0, 0 },
	{ "mov edi, 1", { 0xbf, 1, 0, 0, 0 }, 5, STEP_CONSTANT, DI, NONE, NONE, 0, 1, 0 },
	{ "xor ecx, ecx", { 0x31, 0xc9 }, 2, STEP_CONSTANT, CX, NONE, NONE, 0, 0, 0 },
	{ "lea rax, [rip+1]",
	  { 0x48, 0x8d, 5, 1, 0, 0, 0 },
	  7,
	  STEP_ADDRESS,
	  AX,
	  NONE,
	  NONE,
	  0x1008,
	  0,
	  0 },
	{ "lea rax, [rsp-8]",
	  { 0x48, 0x8d, 0x44, 0x24, 0xf8 },
	  5,
	  STEP_ADDRESS,
	  AX,
	  NONE,
	  SP,
	  -8,
	  0,
	  0 },
	{ "sub rsp, 64",
	  { 0x48, 0x83, 0xec, 0x40 },
	  4,
	  STEP_ADD,
	  SP,
	  NONE,
	  NONE,
	  0,
	  (uint64_t)-64,
	  0 },
	{ "lock cmpxchg [rcx], ebx",
	  { 0xf0, 0x0f, 0xb1, 0x19 },
	  4,
	  STEP_SWAP_IF,
	  NONE,
	  NONE,
	  CX,
	  0,
	  0,
	  1u << AX },
	{ "lock xadd [rax+16], ecx",
	  { 0xf0, 0x0f, 0xc1, 0x48, 0x10 },
	  5,
	  STEP_ATOMIC_ADD,
	  NONE,
	  NONE,
	  AX,
	  16,
	  0,
	  1u << CX },
	{ "test rax, rax", { 0x48, 0x85, 0xc0 }, 3, STEP_TEST, NONE, AX, NONE, 0, 0, 0 },
	{ "cmp rax, rcx", { 0x48, 0x39, 0xc8 }, 3, STEP_COMPARE, NONE, NONE, NONE, 0, 0, 0 },
	{ "call +0", { 0xe8, 0, 0, 0, 0 }, 5, STEP_CALL, NONE, NONE, NONE, 0, PC + 5, 0 },
	{ "call rdx", { 0xff, 0xd2 }, 2, STEP_CALL_VALUE, NONE, DX, NONE, 0, 0, 0 },
	{ "call [rdx+24]", { 0xff, 0x52, 0x18 }, 3, STEP_CALL_MEMORY, NONE, NONE, DX, 24, 0, 0 },
	{ "jmp -2", { 0xeb, 0xfe }, 2, STEP_JUMP, NONE, NONE, NONE, 0, PC, 0 },
	{ "je +4", { 0x74, 4 }, 2, STEP_BRANCH_EQUAL, NONE, NONE, NONE, 0, PC + 6, 0 },
	{ "jne +4", { 0x75, 4 }, 2, STEP_BRANCH_UNEQUAL, NONE, NONE, NONE, 0, PC + 6, 0 },
	{ "ja +4", { 0x77, 4 }, 2, STEP_BRANCH, NONE, NONE, NONE, 0, PC + 6, 0 },
	{ "jmp [rcx+rax*8]", { 0xff, 0x24, 0xc1 }, 3, STEP_SWITCH, NONE, CX, NONE, 0, 0, 0 },
	{ "jmp rax", { 0xff, 0xe0 }, 2, STEP_STOP, NONE, NONE, NONE, 0, 0, 0 },
	{ "ret", { 0xc3 }, 1, STEP_RETURN, NONE, NONE, NONE, 0, 0, 0 },
	{ "ud2", { 0x0f, 0x0b }, 2, STEP_STOP, NONE, NONE, NONE, 0, 0, 0 },
};

static void each_instruction_has_its_step(void **state)
{
	(void)state;
	struct machine_steps *machine;
	check_ok(machine_steps_open(&machine));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(step_vector_deinit) struct step_vector steps = { 0 };
		check_ok(machine_steps_read(machine, cases[i].code, cases[i].size, PC, &steps));
		if (steps.count != 1)
			fail_msg("%s: %zu steps", cases[i].assembly, steps.count);
		const struct step *step = &steps.items[0];
		bool memory = step->kind != STEP_NEW && (cases[i].base != NONE || cases[i].offset);
		if (step->kind != cases[i].kind || step->to != cases[i].to ||
		    step->from != cases[i].from || step->number != cases[i].number ||
		    step->end != PC + cases[i].size ||
		    (memory && (!step->memory.known || step->memory.base != cases[i].base ||
				step->memory.offset != cases[i].offset)) ||
		    (cases[i].clears && !(step->clears & cases[i].clears)))
			fail_msg(
				"%s: kind %d to %u from %u number %#llx base %u offset %lld clears %#x",
				cases[i].assembly, (int)step->kind, step->to, step->from,
				(unsigned long long)step->number, step->memory.base,
				(long long)step->memory.offset, step->clears);
	}
	machine_steps_close(machine);
}

static void pushes_move_the_stack(void **state)
{
	(void)state;
	static const uint8_t code[] = { 0x55, 0x5d }; /* push rbp; pop rbp */
	_cleanup_(step_vector_deinit) struct step_vector steps = { 0 };
	struct machine_steps *machine;
	check_ok(machine_steps_open(&machine));
	check_ok(machine_steps_read(machine, code, sizeof(code), PC, &steps));
	machine_steps_close(machine);
	assert_int_equal(steps.count, 4);
	assert_int_equal(steps.items[0].kind, STEP_ADD);
	assert_true(steps.items[0].number == (uint64_t)-8);
	assert_int_equal(steps.items[1].kind, STEP_STORE);
	assert_int_equal(steps.items[1].from, BP);
	assert_int_equal(steps.items[2].kind, STEP_LOAD);
	assert_int_equal(steps.items[2].to, BP);
	assert_int_equal(steps.items[3].number, 8);
	assert_int_equal(machine_steps_at(&steps, PC + 1), 2);
	assert_int_equal(machine_steps_at(&steps, PC + 2), 4);
}

/* Bytes that are no instruction change all registers, but where the stack is; the next one is read. */
static void bytes_that_are_none_clear_registers(void **state)
{
	(void)state;
	static const uint8_t code[] = { 0x06, 0xc3 };
	_cleanup_(step_vector_deinit) struct step_vector steps = { 0 };
	struct machine_steps *machine;
	check_ok(machine_steps_open(&machine));
	check_ok(machine_steps_read(machine, code, sizeof(code), PC, &steps));
	machine_steps_close(machine);
	assert_int_equal(steps.count, 2);
	assert_int_equal(steps.items[0].kind, STEP_OTHER);
	assert_int_equal(steps.items[0].clears, 0xffff & ~(1u << SP));
	assert_int_equal(steps.items[1].kind, STEP_RETURN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_instruction_has_its_step),
		cmocka_unit_test(pushes_move_the_stack),
		cmocka_unit_test(bytes_that_are_none_clear_registers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
