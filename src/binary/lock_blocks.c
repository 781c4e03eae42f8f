/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "binary/lock_flow_private.h"

#define CODE_MAX   ((uint64_t)256 << 10)
#define SWITCH_MAX 1024

static bool ends_block(enum step_kind kind)
{
	switch (kind) {
	case STEP_JUMP:
	case STEP_BRANCH:
	case STEP_BRANCH_EQUAL:
	case STEP_BRANCH_UNEQUAL:
	case STEP_SWITCH:
	case STEP_RETURN:
	case STEP_STOP:
		return true;
	default:
		return false;
	}
}

static bool has_target(enum step_kind kind)
{
	return kind == STEP_JUMP || kind == STEP_BRANCH || kind == STEP_BRANCH_EQUAL ||
	       kind == STEP_BRANCH_UNEQUAL;
}

uint64_t lock_blocks_switch(const struct lock_flow *flow, const struct lock_code *code,
			    uint64_t table, size_t index)
{
	uint64_t target = 0;
	const uint8_t *bytes = index < SWITCH_MAX
				       ? binary_bytes_at(flow->binary, table + index * 8, 8)
				       : NULL;
	if (bytes)
		memcpy(&target, bytes, sizeof(target));
	return target >= code->function.entry && target < code->function.end ? target : 0;
}

/* The table's address is loaded shortly before. */
static uint64_t table_of(const struct lock_code *code, size_t at)
{
	enum { LOOK_BACK = 8 };
	uint8_t from = code->steps.items[at].from;
	for (size_t i = 0; i < LOOK_BACK && at-- > 0; i++) {
		const struct step *step = &code->steps.items[at];
		if (step->kind == STEP_ADDRESS && step->to == from &&
		    step->memory.base == MACHINE_NOWHERE)
			return (uint64_t)step->memory.offset;
	}
	return 0;
}

static void mark(const struct lock_code *code, uint8_t *leaders, uint64_t pc)
{
	size_t at = machine_steps_at(&code->steps, pc);
	if (at < code->steps.count && code->steps.items[at].pc == pc)
		leaders[at] = 1;
}

static void mark_leaders(const struct lock_flow *flow, const struct lock_code *code,
			 uint8_t *leaders)
{
	leaders[0] = 1;
	for (size_t i = 0; i < code->steps.count; i++) {
		const struct step *step = &code->steps.items[i];
		if (has_target(step->kind))
			mark(code, leaders, step->number);
		if (step->kind == STEP_SWITCH) {
			uint64_t table = table_of(code, i), target;
			for (size_t j = 0;
			     table && (target = lock_blocks_switch(flow, code, table, j)); j++)
				mark(code, leaders, target);
		}
		if (ends_block(step->kind) && i + 1 < code->steps.count)
			leaders[i + 1] = 1;
	}
}

/* A switch keeps its table's address; two steps of one instruction stay together. */
static struct error *cut(struct lock_code *code, const uint8_t *leaders)
{
	for (size_t i = 0; i < code->steps.count; i++) {
		struct step *step = &code->steps.items[i];
		if (step->kind == STEP_SWITCH)
			step->number = table_of(code, i);
		if (!leaders[i])
			continue;
		const struct lock_block block = { .first = i };
		if (code->blocks.count)
			code->blocks.items[code->blocks.count - 1].end = i;
		TRY(lock_block_vector_append(&code->blocks, &block));
	}
	code->blocks.items[code->blocks.count - 1].end = code->steps.count;
	return NULL;
}

struct error *lock_blocks_make(struct lock_flow *flow, struct lock_code *code)
{
	uint64_t size = code->function.end - code->function.entry;
	const uint8_t *bytes = size && size <= CODE_MAX
				       ? binary_bytes_at(flow->binary, code->function.entry,
							 (size_t)size)
				       : NULL;
	if (!bytes || size / 4 > flow->steps_left)
		return NULL;
	TRY(machine_steps_read(flow->machine, bytes, (size_t)size, code->function.entry,
			       &code->steps));
	flow->steps_left -= MIN(flow->steps_left, code->steps.count);
	if (!code->steps.count)
		return NULL;
	_cleanup_(free_pointer) uint8_t *leaders = calloc(code->steps.count, 1);
	if (!leaders)
		return error_no_memory();
	mark_leaders(flow, code, leaders);
	return cut(code, leaders);
}

uint32_t lock_blocks_find(const struct lock_code *code, uint64_t pc)
{
	size_t low = 0, high = code->blocks.count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (code->steps.items[code->blocks.items[middle].first].pc < pc)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < code->blocks.count && code->steps.items[code->blocks.items[low].first].pc == pc)
		return (uint32_t)low;
	return UINT32_MAX;
}
