/* SPDX-License-Identifier: Apache-2.0 */
#include "binary/references_follow.h"

#include <string.h>

#define LABELS_MAX 4096
#define ROUNDS_MAX 8

void follower_deinit(struct follower *follower)
{
	operation_vector_deinit(&follower->operations);
	label_vector_deinit(&follower->labels);
	state_vector_deinit(&follower->states);
	state_vector_deinit(&follower->loops);
}

static struct error *follow_call(struct follower *follower, const struct operation *operation)
{
	struct value result = { 0 };
	/* These save every register, and give back the ninth. */
	if (follower->keeps_registers(follower, operation->address)) {
		follower->now.registers[8] = result;
		return NULL;
	}
	TRY(follower->call(follower, operation, &result));
	memset(follower->now.registers, 0, sizeof(follower->now.registers));
	follower->now.registers[0] = result;
	return NULL;
}

static struct value *slot_at(struct follower *follower, uint64_t offset)
{
	return offset % 8 == 0 && offset / 8 < FOLLOW_SLOTS ? &follower->now.slots[offset / 8]
							    : NULL;
}

static void follow_other(struct follower *follower, const struct operation *operation)
{
	for (size_t i = 0; i < OPERATION_REGISTERS; i++) {
		if (operation->written >> i & 1)
			follower->now.registers[i] = (struct value){ 0 };
	}
	if (operation->stack != STACK_WRITTEN)
		return;
	for (uint64_t i = 0; i < FOLLOW_SLOTS; i++) {
		uint64_t offset = i * 8;
		if (offset + 8 > operation->address &&
		    offset < operation->address + operation->width)
			follower->now.slots[i] = (struct value){ 0 };
	}
}

static struct error *follow(struct follower *follower, const struct operation *operation)
{
	struct value value = { .number = operation->address };
	struct value *registers = follower->now.registers;
	struct value *slot;

	switch (operation->kind) {
	case OPERATION_NUMBER:
	case OPERATION_ADDRESS:
	case OPERATION_LOAD:
		value.kind = operation->kind == OPERATION_NUMBER    ? VALUE_NUMBER
			     : operation->kind == OPERATION_ADDRESS ? VALUE_ADDRESS
								    : VALUE_LOADED;
		registers[operation->to] = value;
		return NULL;
	case OPERATION_STORE:
		return follower->telling ? follower->store(follower, operation->address,
							   &registers[operation->from])
					 : NULL;
	case OPERATION_MOVE:
		registers[operation->to] = registers[operation->from];
		return NULL;
	case OPERATION_SAVE:
		slot = slot_at(follower, operation->address);
		if (!slot)
			return NULL;
		*slot = registers[operation->from];
		slot->doubtful |= operation->address >= follower->escaped;
		return NULL;
	case OPERATION_RESTORE:
		slot = slot_at(follower, operation->address);
		registers[operation->to] = slot ? *slot : (struct value){ 0 };
		return NULL;
	case OPERATION_CALL:
		return follow_call(follower, operation);
	case OPERATION_RETURN:
		return follower->telling ? follower->result(follower, &registers[0]) : NULL;
	case OPERATION_END:
		/* What another function returns, which is jumped to. */
		value.kind = VALUE_RESULT;
		return follower->telling && value.number &&
				       value.number - follower->begin >=
					       follower->end - follower->begin
			       ? follower->result(follower, &value)
			       : NULL;
	case OPERATION_OTHER:
		follow_other(follower, operation);
		return NULL;
	default:
		return NULL;
	}
}

static int compare_labels(const void *left, const void *right)
{
	const struct label *a = left;
	const struct label *b = right;

	return a->place < b->place ? -1 : a->place > b->place;
}

static bool is_branch(const struct operation *operation)
{
	return (operation->kind == OPERATION_JUMP || operation->kind == OPERATION_END) &&
	       operation->address;
}

/* *ret_known is false where code goes on at places that cannot be known, or at too many. */
static struct error *find_labels(struct follower *follower, bool *ret_known)
{
	struct label_vector *labels = &follower->labels;
	size_t kept = 0;

	labels->count = 0;
	follower->escaped = UINT64_MAX;
	*ret_known = true;
	for (size_t i = 0; i < follower->operations.count; i++) {
		const struct operation *operation = &follower->operations.items[i];
		struct label label = {
			.place = operation->address,
			.loop = operation->address <= operation->place,
		};
		if (operation->kind == OPERATION_UNKNOWN)
			*ret_known = false;
		if (operation->kind == OPERATION_OTHER && operation->stack == STACK_ESCAPES)
			follower->escaped = MIN(follower->escaped, operation->address);
		if (is_branch(operation))
			TRY(label_vector_append(labels, &label));
	}
	if (labels->count)
		qsort(labels->items, labels->count, sizeof(*labels->items), compare_labels);
	for (size_t i = 0; i < labels->count; i++) {
		if (kept && labels->items[kept - 1].place == labels->items[i].place)
			labels->items[kept - 1].loop |= labels->items[i].loop;
		else
			labels->items[kept++] = labels->items[i];
	}
	labels->count = kept;
	*ret_known &= kept <= LABELS_MAX;
	return NULL;
}

/* Room for what is so at the branches from below. */
static struct error *find_loops(struct follower *follower, bool *ret_found)
{
	const struct state nothing = { 0 };
	follower->loops.count = 0;
	for (size_t i = 0; i < follower->labels.count; i++) {
		struct label *label = &follower->labels.items[i];
		if (!label->loop)
			continue;
		TRY(state_vector_append(&follower->loops, &nothing));
		label->below = follower->loops.count;
		TRY(state_vector_append(&follower->loops, &nothing));
	}
	*ret_found = follower->loops.count > 0;
	return NULL;
}

static struct label *find_label(const struct follower *follower, uint64_t place)
{
	const struct label wanted = { .place = place };

	return follower->labels.count
		       ? bsearch(&wanted, follower->labels.items, follower->labels.count,
				 sizeof(wanted), compare_labels)
		       : NULL;
}

/* True when that took something away. */
static bool keep_same(struct value *values, const struct value *others, size_t count)
{
	bool changed = false;
	for (size_t i = 0; i < count; i++) {
		bool same = values[i].kind == others[i].kind &&
			    values[i].number == others[i].number &&
			    values[i].pointer == others[i].pointer &&
			    values[i].array == others[i].array;
		if (values[i].kind == VALUE_UNKNOWN ||
		    (same && (values[i].doubtful || !others[i].doubtful)))
			continue;
		if (same)
			values[i].doubtful = true;
		else
			values[i] = (struct value){ 0 };
		changed = true;
	}
	return changed;
}

static bool meet(struct state *state, const struct state *other)
{
	bool registers = keep_same(state->registers, other->registers, OPERATION_REGISTERS);
	return keep_same(state->slots, other->slots, FOLLOW_SLOTS) || registers;
}

/* What is so now is so at one more branch to a label. */
static struct error *branch(struct follower *follower, const struct operation *operation)
{
	struct label *label = find_label(follower, operation->address);
	if (!label)
		return NULL;
	if (operation->address <= operation->place) {
		struct state *round = &follower->loops.items[label->below];
		if (label->met)
			meet(round, &follower->now);
		else
			*round = follower->now;
		label->met = true;
	} else if (label->above) {
		meet(&follower->states.items[label->above - 1], &follower->now);
	} else {
		TRY(state_vector_append(&follower->states, &follower->now));
		label->above = follower->states.count;
	}
	return NULL;
}

/* One way more to where the code goes on; *reached: there was another. */
static void arrive_from(struct follower *follower, const struct state *state, bool *reached)
{
	if (*reached)
		meet(&follower->now, state);
	else
		follower->now = *state;
	*reached = true;
}

static void arrive(struct follower *follower, const struct label *label, bool *reached)
{
	if (label->above)
		arrive_from(follower, &follower->states.items[label->above - 1], reached);
	if (label->known)
		arrive_from(follower, &follower->loops.items[label->below - 1], reached);
}

/* What nothing leads to, as far as is known yet, is passed over. */
static struct error *follow_round(struct follower *follower)
{
	const struct label_vector *labels = &follower->labels;
	size_t next = 0;
	bool reached = true;

	memset(&follower->now, 0, sizeof(follower->now));
	follower->states.count = 0;
	for (size_t i = 0; i < labels->count; i++)
		labels->items[i].above = 0;
	for (size_t i = 0; i < follower->operations.count; i++) {
		const struct operation *operation = &follower->operations.items[i];
		while (next < labels->count && labels->items[next].place < operation->place)
			next++;
		if (next < labels->count && labels->items[next].place == operation->place)
			arrive(follower, &labels->items[next], &reached);
		if (!reached)
			continue;
		TRY(follow(follower, operation));
		if (is_branch(operation))
			TRY(branch(follower, operation));
		reached = operation->kind != OPERATION_END && operation->kind != OPERATION_RETURN;
	}
	return NULL;
}

/* What the round has found of branches from below: true when that is news. */
static bool close_loops(struct follower *follower)
{
	bool news = false;
	for (size_t i = 0; i < follower->labels.count; i++) {
		struct label *label = &follower->labels.items[i];
		if (!label->met)
			continue;
		struct state *before = &follower->loops.items[label->below - 1];
		news |= !label->known || meet(before, before + 1);
		if (!label->known)
			*before = before[1];
		label->known = true;
		label->met = false;
	}
	return news;
}

/* Too much to go through: nothing is known where loops begin. */
static void give_up_loops(struct follower *follower)
{
	for (size_t i = 0; i < follower->labels.count; i++)
		follower->labels.items[i].known = follower->labels.items[i].loop;
	memset(follower->loops.items, 0, follower->loops.count * sizeof(struct state));
}

struct error *follower_follow(struct follower *follower, const uint8_t *code, size_t size,
			      uint64_t address)
{
	bool known, news;

	follower->begin = address;
	follower->end = address + size;
	TRY(references_decode(follower->disassembler, code, size, address, &follower->operations));
	TRY(find_labels(follower, &known));
	if (!known)
		return NULL;
	follower->telling = false;
	TRY(find_loops(follower, &news));
	for (unsigned round = 0; news; round++) {
		TRY(follow_round(follower));
		news = close_loops(follower);
		if (news && round == ROUNDS_MAX) {
			give_up_loops(follower);
			news = false;
		}
	}
	follower->telling = true;
	return follow_round(follower);
}
