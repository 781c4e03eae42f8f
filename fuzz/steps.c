/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Any bytes as the machine code of a function, in a program that has those functions of sync and of
 * the runtime that the code may call. What is read of it lies in it, in order; values are ones that
 * are known; and whoever follows it comes to an end: who holds a lock, who uses a channel, whether
 * there is a way out.
 */
#include <assert.h>
#include <elf.h>
#include <string.h>

#include "binary/channel_uses.h"
#include "binary/lock_flow.h"
#include "binary/way_out.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define BASE      UINT64_C(0x400000)
#define TEXT      (BASE + 0x1000)
#define CODE_MAX  ((size_t)2048)
#define SLOT      16 /* bytes of a function that can be called */
#define PLACES    64 /* pcs that are asked about */
#define ALL_SIZE  ((size_t)0x4000)
#define TABLE_MAX ((size_t)4096)

static const char *const names[] = {
	"main.f",
	"sync.(*Mutex).Lock",
	"sync.(*Mutex).Unlock",
	"sync.(*Mutex).lockSlow",
	"sync.(*Mutex).unlockSlow",
	"sync.(*RWMutex).RLock",
	"sync.(*RWMutex).rUnlockSlow",
	"runtime.chansend1",
	"runtime.selectgo",
	"runtime.closechan",
	"runtime.newobject",
	"runtime.panicIndex",
};

/* A table of functions as the linker writes it since Go 1.20; a header of 72 bytes comes first. */
struct table {
	uint8_t bytes[TABLE_MAX];
	size_t size;
};

static size_t put(struct table *table, const void *bytes, size_t size)
{
	size_t at = table->size;
	assert(at + size <= sizeof(table->bytes));
	memcpy(table->bytes + at, bytes, size);
	table->size = (at + size + 7) / 8 * 8;
	return at;
}

static uint32_t entry_of(size_t index, size_t code_size)
{
	size_t first = (code_size + SLOT - 1) / SLOT * SLOT;
	return index ? (uint32_t)(first + (index - 1) * SLOT) : 0;
}

static void make_table(struct table *table, size_t code_size)
{
	uint8_t text[1024] = { 0 };
	uint32_t offsets[ARRAY_SIZE(names)], functions[2 * ARRAY_SIZE(names) + 2];
	size_t length = 1, count = ARRAY_SIZE(names), functions_size = (2 * count + 1) * 4;
	*table = (struct table){ .size = 72 };
	for (size_t i = 0; i < count; i++) {
		offsets[i] = (uint32_t)length;
		memcpy(text + length, names[i], strlen(names[i]) + 1);
		length += strlen(names[i]) + 1;
	}
	uint64_t header[9] = { UINT64_C(0x08010000fffffff1), count, 1, TEXT };
	header[4] = put(table, text, length);
	header[5] = put(table, "\0\0\0\0", 4);
	header[6] = put(table, "x.go", 5);
	/* Nothing is on the stack, and all is in one line of one file. */
	header[7] = put(table, "\0\2\xff\xff\xff\x0f\0", 8);
	uint32_t at = (uint32_t)((functions_size + 7) / 8 * 8);
	for (size_t i = 0; i < count; i++) {
		functions[2 * i] = entry_of(i, code_size);
		functions[2 * i + 1] = at + (uint32_t)i * 48;
	}
	functions[2 * count] = entry_of(count, code_size);
	header[8] = put(table, functions, functions_size);
	for (size_t i = 0; i < count; i++) {
		uint32_t record[11] = { entry_of(i, code_size), offsets[i], 0, 0, 1, 1, 1 };
		put(table, record, sizeof(record));
	}
	memcpy(table->bytes, header, sizeof(header));
}

static void make_image(uint8_t *image, const uint8_t *code, size_t size)
{
	const Elf64_Ehdr header = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
			     EV_CURRENT },
		.e_type = ET_EXEC,
		.e_machine = EM_X86_64,
		.e_phoff = sizeof(Elf64_Ehdr),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = 1,
	};
	const Elf64_Phdr segment = {
		.p_type = PT_LOAD,
		.p_flags = PF_R | PF_X,
		.p_vaddr = BASE,
		.p_filesz = ALL_SIZE,
		.p_memsz = ALL_SIZE,
	};
	memcpy(image, &header, sizeof(header));
	memcpy(image + sizeof(header), &segment, sizeof(segment));
	memset(image + (TEXT - BASE), 0xc3, ALL_SIZE - (TEXT - BASE)); /* ret */
	memcpy(image + (TEXT - BASE), code, size);
}

static void read_steps(const uint8_t *code, size_t size, struct step_vector *steps)
{
	struct machine_steps *machine;
	if (!error_ignore(machine_steps_open(&machine)))
		abort();
	if (!error_ignore(machine_steps_read(machine, code, size, TEXT, steps)))
		abort();
	for (size_t i = 0; i < steps->count; i++) {
		const struct step *step = &steps->items[i];
		assert(step->pc >= TEXT && step->pc < step->end && step->end <= TEXT + size);
		assert(i == 0 || steps->items[i - 1].pc == step->pc ||
		       steps->items[i - 1].end <= step->pc);
		assert(step->to < MACHINE_REGISTERS || step->to == MACHINE_NOWHERE);
		assert(step->from < MACHINE_REGISTERS || step->from == MACHINE_NOWHERE);
		assert(machine_steps_at(steps, step->pc) <= i);
	}
	machine_steps_close(machine);
}

static void check_value(const struct lock_values *values, struct lock_value value)
{
	assert(value.base < values->list.count);
	/* A base is made of ones that were there before. */
	const struct lock_base *base = &values->list.items[value.base];
	assert(base->kind != LOCK_BASE_LOADED || base->a < value.base);
}

static void follow(struct lock_flow *flow, const struct function *function, uint64_t pc)
{
	_cleanup_(lock_state_deinit) struct lock_state state = { 0 };
	_cleanup_(lock_event_vector_deinit) struct lock_event_vector events = { 0 };
	const struct lock_values *values;
	if (!error_ignore(lock_flow_at(flow, function, pc, &state, &values)))
		abort();
	if (!values)
		return;
	assert(state.taken_count <= LOCKS_MAX && state.released_count <= LOCKS_MAX);
	for (size_t i = 0; i < MACHINE_REGISTERS; i++)
		check_value(values, state.registers[i]);
	for (size_t i = 0; i < state.slots.count; i++) {
		check_value(values, state.slots.items[i].value);
		assert(i == 0 || state.slots.items[i - 1].place < state.slots.items[i].place);
	}
	for (size_t i = 0; i < state.taken_count; i++)
		check_value(values, state.taken[i].lock);
	if (!error_ignore(lock_flow_ahead(flow, function, pc, &events)))
		abort();
}

static void look(const struct binary *binary, const struct step_vector *steps)
{
	_cleanup_(lock_flow_cleanup) struct lock_flow *flow = NULL;
	_cleanup_(channel_uses_cleanup) struct channel_uses *uses = NULL;
	_cleanup_(channel_use_vector_deinit) struct channel_use_vector found = { 0 };
	struct function function;
	bool out;
	if (!binary_function(binary, TEXT, &function))
		abort();
	if (!error_ignore(lock_flow_open(binary, &flow)))
		abort();
	for (size_t i = 0; i < steps->count; i += steps->count / PLACES + 1) {
		follow(flow, &function, steps->items[i].pc);
		if (!error_ignore(way_out_find(binary, steps->items[i].pc, &out)))
			abort();
	}
	if (!error_ignore(channel_uses_open(binary, &uses)))
		abort();
	for (size_t i = 0; i < channel_uses_count(uses); i++) {
		if (!error_ignore(channel_uses_resolve(uses, i, &found)))
			abort();
	}
	for (size_t i = 0; i < found.count; i++)
		assert(found.items[i].does && found.items[i].pc > TEXT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size || size > CODE_MAX)
		return 0;
	_cleanup_(step_vector_deinit) struct step_vector steps = { 0 };
	uint8_t *image = malloc(ALL_SIZE); /* the file will own it */
	struct table table;
	if (!image)
		abort();
	make_table(&table, size);
	make_image(image, data, size);
	struct module module = {
		.text = TEXT,
		.text_end = TEXT + entry_of(ARRAY_SIZE(names), size),
	};
	struct binary binary = { .modules = &module, .module_count = 1, .minor = 26 };
	const struct pclntab_options options = {
		.bytes = table.bytes,
		.size = table.size,
		.name = "fuzz",
		.text = module.text,
		.text_end = module.text_end,
	};
	if (!error_ignore(elf_open_image(image, ALL_SIZE, "fuzz", &module.elf)) ||
	    !error_ignore(pclntab_open(&options, &module.functions)))
		abort();
	read_steps(data, size, &steps);
	look(&binary, &steps);
	elf_destroy(module.elf);
	pclntab_cleanup(&module.functions);
	return 0;
}
