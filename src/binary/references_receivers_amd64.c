/* SPDX-License-Identifier: Apache-2.0 */
#include "binary/lea_amd64.h"
#include "binary/references_types.h"

/*
 * A variable's methods are handed its address, which is loaded into the first argument's register
 * right before the call:
 *
 *	lea	variable(%rip), %rax
 *	...			what loads other arguments
 *	call	package.(*Type).Method
 *
 * All code is looked through for the first line by its bytes, and what is between is disassembled:
 * if nothing there writes the register or goes elsewhere, there is a way from the one to the other,
 * whatever other ways lead to the call. The words that are looked for may lie anywhere in the
 * variable.
 */
#define CALL_OPCODE  0xe8
#define CALL_SIZE    5
#define CALL_AHEAD   64
#define VARIABLE_MAX 65536 /* bytes */

struct looking {
	struct finder *finder;
	const struct module *module;
	struct code_span code;
};

/* Is one of the words in a variable that begins there, or could it be? */
static bool is_wanted(const struct looking *looking, uint64_t address)
{
	const struct module *module = looking->module;
	const struct references *references = looking->finder->references;
	if (address < MIN(module->data, module->bss) ||
	    address >= MAX(module->data_end, module->bss_end))
		return false;
	size_t index = references_lower_bound(references, address);
	return index < references->count && references->addresses[index] - address < VARIABLE_MAX;
}

/* Nothing in between takes the address away, and it goes on up to the call. */
static struct error *is_handed(struct looking *looking, size_t from, size_t call, bool *ret)
{
	struct follower *follower = &looking->finder->follower;
	TRY(references_decode(follower->disassembler, looking->code.bytes + from,
			      call + CALL_SIZE - from, looking->code.address + from,
			      &follower->operations));
	*ret = false;
	for (size_t i = 0; i < follower->operations.count; i++) {
		const struct operation *operation = &follower->operations.items[i];
		bool last = operation->place == looking->code.address + call;
		if (operation->kind == OPERATION_CALL || last) {
			*ret = last && operation->kind == OPERATION_CALL;
			return NULL;
		}
		if (operation->kind == OPERATION_END || operation->kind == OPERATION_RETURN ||
		    operation->kind == OPERATION_UNKNOWN || operation->written & 1)
			return NULL;
		bool writes = operation->kind == OPERATION_NUMBER ||
			      operation->kind == OPERATION_ADDRESS ||
			      operation->kind == OPERATION_LOAD ||
			      operation->kind == OPERATION_MOVE ||
			      operation->kind == OPERATION_RESTORE;
		if (writes && operation->to == 0)
			return NULL;
	}
	return NULL;
}

/* The first call of a method behind the address's load. */
static struct error *look_behind(struct looking *looking, size_t at, uint64_t address)
{
	const struct code_span *code = &looking->code;
	for (size_t i = at; i < at + CALL_AHEAD && i + CALL_SIZE <= code->size; i++) {
		int32_t distance;
		struct type type;
		bool found = false, handed = false;
		if (code->bytes[i] != CALL_OPCODE)
			continue;
		memcpy(&distance, code->bytes + i + 1, sizeof(distance));
		uint64_t target = code->address + i + CALL_SIZE + (uint64_t)(int64_t)distance;
		if (target < looking->module->text || target >= looking->module->text_end)
			continue;
		TRY(finder_receiver(looking->finder, target, &type, &found));
		if (!found)
			continue;
		if (type.pointer_bytes && type.size <= VARIABLE_MAX)
			TRY(is_handed(looking, at, i, &handed));
		if (handed)
			finder_note_variable(looking->finder, address, &type, false);
		return NULL;
	}
	return NULL;
}

struct error *finder_find_receivers(struct finder *finder)
{
	const struct binary *binary = finder->references->binary;
	for (size_t i = 0; i < binary->module_count; i++) {
		struct looking looking = { .finder = finder, .module = &binary->modules[i] };
		if (!code_span_of(binary, looking.module, &looking.code))
			continue;
		for (size_t at = lea_next(&looking.code, 0); at < looking.code.size;
		     at = lea_next(&looking.code, at + 1)) {
			uint64_t address;
			unsigned into;
			if (lea_read(&looking.code, at, &address, &into) && into == REGISTER_AX &&
			    is_wanted(&looking, address))
				TRY(look_behind(&looking, at + LEA_SIZE, address));
		}
	}
	return NULL;
}
