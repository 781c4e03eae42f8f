/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/hash.h"
#include "base/map.h"
#include "binary/frame_variables.h"
#include "heap/roots_private.h"
#include "runtime/stack_roots.h"

/*
 * What the words of stack frames point to, by what debug information says of the functions' variables.
 * Thousands of goroutines stand at the same few places: each place is asked about once.
 */
DEFINE_VECTOR(frame_list_vector, struct frame_variable_vector);

struct frame_types {
	struct gathering *gathering;
	struct map by_pc;    /* → index into lists */
	struct map by_place; /* pc and offset → type of what the word points to */
	struct frame_list_vector lists;
};

struct error *frame_types_create(struct gathering *gathering, struct frame_types **ret)
{
	struct frame_types *types = calloc(1, sizeof(*types));
	if (!types)
		return error_no_memory();
	types->gathering = gathering;
	*ret = types;
	return NULL;
}

void frame_types_destroy(struct frame_types *types)
{
	if (!types)
		return;
	for (size_t i = 0; i < types->lists.count; i++)
		frame_variable_vector_deinit(&types->lists.items[i]);
	frame_list_vector_deinit(&types->lists);
	map_deinit(&types->by_pc);
	map_deinit(&types->by_place);
	free(types);
}

static struct error *variables_of(struct frame_types *types, uint64_t pc,
				  const struct frame_variable_vector **ret)
{
	struct map_slot *slot = map_find(&types->by_pc, pc);
	if (!slot) {
		const struct frame_variable_vector empty = { 0 };
		TRY(frame_list_vector_append(&types->lists, &empty));
		TRY(frame_variables_find(types->gathering->roots->variables, pc,
					 &types->lists.items[types->lists.count - 1]));
		TRY(map_insert(&types->by_pc, pc, types->lists.count - 1, &slot));
	}
	*ret = &types->lists.items[slot->value];
	return NULL;
}

static struct error *find(struct frame_types *types, uint64_t pc, int64_t offset, bool sure,
			  uint32_t *ret)
{
	struct gathering *gathering = types->gathering;
	const struct frame_variable_vector *list;
	struct variable_part part;
	*ret = HEAP_TYPE_UNKNOWN;
	TRY(variables_of(types, pc, &list));
	const struct frame_variable *variable = frame_variables_at(list, offset, sure);
	if (!variable ||
	    !variables_part(gathering->roots->variables, variable->type,
			    variable->offset + (uint64_t)(offset - variable->place), &part))
		return NULL;
	return gathering_part(gathering, &part, ret);
}

struct error *frame_types_find(struct frame_types *types, const struct stack_frame *frame,
			       uint64_t where, bool sure, uint32_t *ret)
{
	int64_t offset = (int64_t)(where - frame->arguments);
	uint64_t key = hash_more(frame->pc, (uint64_t)offset << 1 | sure) >> 1;
	struct map_slot *slot = map_find(&types->by_place, key);
	if (!slot) {
		uint32_t type;
		TRY(find(types, frame->pc, offset, sure, &type));
		TRY(map_insert(&types->by_place, key, type, &slot));
	}
	*ret = (uint32_t)slot->value;
	return NULL;
}
