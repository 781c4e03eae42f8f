/* SPDX-License-Identifier: Apache-2.0 */
#include "binary/lock_flow_private.h"

#include <string.h>

#define STEPS_MAX  ((size_t)3 << 20)
#define ROUNDS_MAX 64 /* visits of a block, on the average; what has not settled then never does */

static void code_destroy(struct lock_code *code)
{
	if (!code)
		return;
	for (size_t i = 0; i < code->blocks.count; i++) {
		lock_state_deinit(&code->blocks.items[i].in);
		lock_queue_vector_deinit(&code->blocks.items[i].next);
	}
	lock_block_vector_deinit(&code->blocks);
	step_vector_deinit(&code->steps);
	lock_values_deinit(&code->values);
	lock_state_deinit(&code->exit);
	lock_event_vector_deinit(&code->events);
	free(code);
}

struct error *lock_flow_open(const struct binary *binary, struct lock_flow **ret)
{
	_cleanup_(lock_flow_cleanup) struct lock_flow *flow = calloc(1, sizeof(*flow));
	if (!flow)
		return error_no_memory();
	flow->binary = binary;
	flow->steps_left = STEPS_MAX;
	TRY(lock_operations_find(binary, &flow->operations));
	TRY(machine_steps_open(&flow->machine));
	*ret = TAKE_PTR(flow);
	return NULL;
}

void lock_flow_close(struct lock_flow *flow)
{
	if (!flow)
		return;
	for (size_t i = 0; i < flow->codes.count; i++)
		code_destroy(flow->codes.items[i]);
	lock_code_vector_deinit(&flow->codes);
	map_deinit(&flow->by_entry);
	map_deinit(&flow->concerns);
	lock_operations_deinit(&flow->operations);
	machine_steps_close(flow->machine);
	free(flow);
}

/* One analysis: which blocks are still to be done, and what is to be merged where ways meet. */
struct analysis {
	struct lock_flow *flow;
	struct lock_code *code;
	struct lock_queue_vector queue;
	struct lock_state state; /* of the block in hand */
	struct lock_state other; /* for a branch */
	bool locks;              /* the values have settled */
	uint32_t block;          /* in hand; UINT32_MAX: the entry */
	size_t visits_left;
};

static struct error *note_way(struct analysis *analysis, uint32_t to)
{
	if (analysis->block == UINT32_MAX)
		return NULL;
	struct lock_queue_vector *next = &analysis->code->blocks.items[analysis->block].next;
	for (size_t i = 0; i < next->count; i++) {
		if (next->items[i] == to)
			return NULL;
	}
	return lock_queue_vector_append(next, &to);
}

static struct error *reach(struct analysis *analysis, uint32_t index, const struct lock_state *from)
{
	struct lock_block *block = &analysis->code->blocks.items[index];
	bool changed = !block->reached;
	TRY(note_way(analysis, index));
	if (!block->reached && !analysis->locks) {
		TRY(lock_state_copy(&block->in, from));
	} else if (!block->reached) {
		/* The values stay, which have settled. */
		memcpy(block->in.taken, from->taken, sizeof(from->taken));
		memcpy(block->in.released, from->released, sizeof(from->released));
		block->in.taken_count = from->taken_count;
		block->in.released_count = from->released_count;
		block->in.doubtful = from->doubtful;
	} else {
		if (!analysis->locks)
			TRY(lock_state_merge_values(&block->in, from, &analysis->code->values,
						    index, &changed));
		lock_state_merge_locks(&block->in, from, &changed);
	}
	block->reached = true;
	if (!changed || block->queued)
		return NULL;
	block->queued = true;
	return lock_queue_vector_append(&analysis->queue, &index);
}

static struct error *reach_pc(struct analysis *analysis, uint64_t pc, const struct lock_state *from)
{
	uint32_t index = lock_blocks_find(analysis->code, pc);
	return index == UINT32_MAX ? NULL : reach(analysis, index, from);
}

static struct error *leave(struct analysis *analysis)
{
	struct lock_code *code = analysis->code;
	bool changed = false;
	if (!analysis->locks)
		return NULL;
	if (!code->returns)
		TRY(lock_state_copy(&code->exit, &analysis->state));
	else
		lock_state_merge_locks(&code->exit, &analysis->state, &changed);
	code->returns = true;
	return NULL;
}

static struct error *follow_switch(struct analysis *analysis, const struct step *step)
{
	uint64_t target;
	for (size_t i = 0;
	     step->number &&
	     (target = lock_blocks_switch(analysis->flow, analysis->code, step->number, i));
	     i++)
		TRY(reach_pc(analysis, target, &analysis->state));
	return NULL;
}

/* Where it goes on behind the block's last step. */
static struct error *follow(struct analysis *analysis, const struct step *last, uint32_t next)
{
	struct lock_code *code = analysis->code;
	bool has_next = next < code->blocks.count;
	switch (last->kind) {
	case STEP_JUMP:
		/* To another function: what that leaves behind, this one does. */
		if (lock_blocks_find(code, last->number) == UINT32_MAX) {
			struct step call = *last;
			call.kind = STEP_CALL;
			TRY(lock_step_do(analysis->flow, code, &call, &analysis->state));
			return leave(analysis);
		}
		return reach_pc(analysis, last->number, &analysis->state);
	case STEP_BRANCH:
	case STEP_BRANCH_EQUAL:
	case STEP_BRANCH_UNEQUAL:
		TRY(lock_state_copy(&analysis->other, &analysis->state));
		lock_step_branch(code, last, true, &analysis->other);
		TRY(reach_pc(analysis, last->number, &analysis->other));
		lock_step_branch(code, last, false, &analysis->state);
		return has_next ? reach(analysis, next, &analysis->state) : NULL;
	case STEP_SWITCH:
		return follow_switch(analysis, last);
	case STEP_RETURN:
		return leave(analysis);
	case STEP_STOP:
		return NULL;
	default:
		return has_next ? reach(analysis, next, &analysis->state) : NULL;
	}
}

static struct error *do_block(struct analysis *analysis, uint32_t index)
{
	struct lock_code *code = analysis->code;
	const struct lock_block *block = &code->blocks.items[index];
	const struct step *step = NULL;
	analysis->block = index;
	TRY(lock_state_copy(&analysis->state, &block->in));
	for (size_t i = block->first; i < block->end; i++) {
		step = &code->steps.items[i];
		TRY(lock_step_do(analysis->flow, code, step, &analysis->state));
		if (!lock_step_goes_on(analysis->flow, step))
			return NULL;
	}
	return step ? follow(analysis, step, index + 1) : NULL;
}

static struct error *settle(struct analysis *analysis)
{
	struct lock_code *code = analysis->code;
	for (size_t i = 0; i < code->blocks.count; i++)
		code->blocks.items[i].reached = code->blocks.items[i].queued = false;
	analysis->visits_left = code->blocks.count * ROUNDS_MAX;
	analysis->block = UINT32_MAX;
	TRY(lock_state_enter(&analysis->state, &code->values));
	TRY(reach(analysis, 0, &analysis->state));
	for (size_t done = 0; done < analysis->queue.count && analysis->visits_left; done++) {
		uint32_t index = analysis->queue.items[done];
		analysis->visits_left--;
		code->blocks.items[index].queued = false;
		TRY(do_block(analysis, index));
	}
	analysis->queue.count = 0;
	return NULL;
}

static void analysis_deinit(struct analysis *analysis)
{
	lock_queue_vector_deinit(&analysis->queue);
	lock_state_deinit(&analysis->state);
	lock_state_deinit(&analysis->other);
}

static struct error *analyse(struct lock_flow *flow, struct lock_code *code)
{
	_cleanup_(analysis_deinit) struct analysis analysis = { .flow = flow, .code = code };
	TRY(lock_values_init(&code->values));
	TRY(lock_blocks_make(flow, code));
	code->status = LOCK_CODE_FAILED;
	if (!code->blocks.count)
		return NULL;
	code->status = LOCK_CODE_BEGUN;
	TRY(settle(&analysis));
	bool settled = analysis.visits_left > 0;
	analysis.locks = true;
	code->events.count = 0;
	TRY(settle(&analysis));
	settled = settled && analysis.visits_left > 0;
	code->status = settled ? LOCK_CODE_DONE : LOCK_CODE_FAILED;
	return NULL;
}

struct error *lock_flow_code(struct lock_flow *flow, const struct function *function,
			     struct lock_code **ret)
{
	struct map_slot *slot = map_find(&flow->by_entry, function->entry);
	*ret = NULL;
	if (!slot) {
		struct lock_code *code = calloc(1, sizeof(*code));
		if (!code)
			return error_no_memory();
		code->function = *function;
		struct error *error = lock_code_vector_append(&flow->codes, &code);
		if (error) {
			free(code);
			return error;
		}
		TRY(map_insert(&flow->by_entry, function->entry, flow->codes.count - 1, &slot));
		TRY(analyse(flow, code));
		*ret = code->status == LOCK_CODE_DONE ? code : NULL;
		return NULL;
	}
	struct lock_code *code = flow->codes.items[slot->value];
	*ret = code->status == LOCK_CODE_DONE ? code : NULL;
	return NULL;
}

/* The block that pc is in. */
static const struct lock_block *block_of(const struct lock_code *code, uint64_t pc)
{
	size_t low = 0, high = code->blocks.count;
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;
		if (code->steps.items[code->blocks.items[middle].first].pc <= pc)
			low = middle;
		else
			high = middle;
	}
	return &code->blocks.items[low];
}

struct error *lock_flow_at(struct lock_flow *flow, const struct function *function, uint64_t pc,
			   struct lock_state *ret, const struct lock_values **ret_values)
{
	struct lock_code *code;
	*ret_values = NULL;
	TRY(lock_flow_code(flow, function, &code));
	if (!code)
		return NULL;
	const struct lock_block *block = block_of(code, pc);
	if (!block->reached)
		return NULL;
	TRY(lock_state_copy(ret, &block->in));
	for (size_t i = block->first; i < block->end; i++) {
		const struct step *step = &code->steps.items[i];
		if (step->end > pc) {
			lock_step_undo(flow, code, step, ret);
			break;
		}
		TRY(lock_step_do(flow, code, step, ret));
	}
	*ret_values = &code->values;
	return NULL;
}

/* Which blocks can be come to from one of them; that itself only by a loop. */
static struct error *find_ahead(const struct lock_code *code, uint32_t from, uint8_t *ret)
{
	_cleanup_(lock_queue_vector_deinit) struct lock_queue_vector queue = { 0 };
	TRY(lock_queue_vector_append(&queue, &from));
	for (size_t done = 0; done < queue.count; done++) {
		const struct lock_queue_vector *next = &code->blocks.items[queue.items[done]].next;
		for (size_t i = 0; i < next->count; i++) {
			if (ret[next->items[i]])
				continue;
			ret[next->items[i]] = 1;
			TRY(lock_queue_vector_append(&queue, &next->items[i]));
		}
	}
	return NULL;
}

struct error *lock_flow_ahead(struct lock_flow *flow, const struct function *function, uint64_t pc,
			      struct lock_event_vector *ret)
{
	struct lock_code *code;
	TRY(lock_flow_code(flow, function, &code));
	if (!code || !code->events.count)
		return NULL;
	_cleanup_(free_pointer) uint8_t *ahead = calloc(code->blocks.count, 1);
	if (!ahead)
		return error_no_memory();
	uint32_t here = (uint32_t)(block_of(code, pc) - code->blocks.items);
	TRY(find_ahead(code, here, ahead));
	for (size_t i = 0; i < code->events.count; i++) {
		const struct lock_event *event = &code->events.items[i];
		uint32_t block = (uint32_t)(block_of(code, event->pc) - code->blocks.items);
		/* The call that is being made now is behind, as the next instruction is ahead. */
		if (ahead[block] || (block == here && event->pc > pc))
			TRY(lock_event_vector_append(ret, event));
	}
	return NULL;
}

struct error *lock_flow_leaves_released(struct lock_flow *flow, const struct function *function,
					const struct lock_released **ret, size_t *ret_count,
					const struct lock_values **ret_values)
{
	struct lock_code *code;
	*ret = NULL;
	*ret_count = 0;
	TRY(lock_flow_code(flow, function, &code));
	if (!code || !code->returns)
		return NULL;
	*ret = code->exit.released;
	*ret_count = code->exit.released_count;
	*ret_values = &code->values;
	return NULL;
}
