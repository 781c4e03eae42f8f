/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/live/abandoned.h"

#include "binary/type.h"
#include "leak/live/library.h"

/*
 * A variable has one type, so that the channel it leads to now tells of all that it will ever lead
 * to: unless it is an interface, whose first word would lie in front, and be the address of a
 * type's description. One that leads to none now tells nothing.
 */
#define WORDS_MAX     4096
#define NO_ADDRESS    4096 /* less than that is a number */
#define READ_AT_ONCE  256
#define WORD          8

struct globals {
	const struct live_evidence *evidence;
	struct map waited; /* channel → its elements' type, by those who wait */
	struct target_range ranges[READ_AT_ONCE];
	uint64_t before[READ_AT_ONCE];   /* the word in front */
	uint64_t words[READ_AT_ONCE];    /* address */
	uint64_t elements[READ_AT_ONCE]; /* of the channel that it leads to */
	size_t count;
	size_t left;
	struct map *ret;
};

static struct error *note_waited(struct globals *globals)
{
	const struct goroutine_vector *list = &globals->evidence->goroutines->list;
	for (size_t i = 0; i < list->count; i++) {
		const struct wait *wait = &list->items[i].wait;
		for (uint32_t k = 0; k < wait->channel_count; k++) {
			struct map_slot *slot;
			if (wait->channels[k].known && wait->channels[k].element_type)
				TRY(map_insert(&globals->waited, wait->channels[k].address,
					       wait->channels[k].element_type, &slot));
		}
	}
	return NULL;
}

/* 0: not known, or no channel. */
static uint64_t element_of(const struct globals *globals, uint64_t channel)
{
	const struct heap *heap = globals->evidence->heap;
	const struct map_slot *slot = map_find(&globals->waited, channel);
	uint32_t vertex = library_vertex(heap, channel);
	struct heap_type known = { 0 };
	struct type type;
	if (slot)
		return slot->value;
	if (vertex != VERTEX_NONE && heap_object_type(heap, vertex) != HEAP_TYPE_UNKNOWN)
		heap_types_get(heap->types, heap_object_type(heap, vertex), &known);
	return known.form == HEAP_CHANNEL &&
			       error_ignore(type_read(runtime_binary(heap->runtime),
						      known.descriptor, &type))
		       ? type.element
		       : 0;
}

static bool may_be_type(const struct globals *globals, uint64_t word)
{
	return word >= NO_ADDRESS && library_vertex(globals->evidence->heap, word) == VERTEX_NONE;
}

static struct error *read_some(struct globals *globals)
{
	TRY(target_read_ranges(runtime_target(globals->evidence->heap->runtime), globals->ranges,
			       globals->count));
	for (size_t i = 0; i < globals->count; i++) {
		struct map_slot *slot;
		if (globals->ranges[i].done && !may_be_type(globals, globals->before[i]))
			TRY(map_insert(globals->ret, globals->words[i], globals->elements[i],
				       &slot));
	}
	globals->count = 0;
	return NULL;
}

static struct error *take(struct globals *globals, const struct heap_root_pointer *pointer)
{
	uint64_t element = pointer->conservative ? 0 : element_of(globals, pointer->value);
	if (!element || !globals->left)
		return NULL;
	size_t at = globals->count++;
	globals->left--;
	globals->words[at] = pointer->where;
	globals->elements[at] = element;
	globals->ranges[at] = (struct target_range){
		.address = pointer->where - WORD,
		.length = WORD,
		.into = &globals->before[at],
	};
	return globals->count < READ_AT_ONCE ? NULL : read_some(globals);
}

static struct error *take_all(struct globals *globals)
{
	const struct heap_roots *roots = &globals->evidence->heap->roots;
	TRY(note_waited(globals));
	for (size_t i = 0; i < roots->list.count; i++) {
		const struct heap_root *root = &roots->list.items[i];
		if (root->kind != HEAP_ROOT_GLOBAL)
			continue;
		for (size_t k = root->first; k < root->first + root->count; k++)
			TRY(take(globals, &roots->pointers.items[k]));
	}
	return read_some(globals);
}

struct error *abandoned_read_globals(const struct live_evidence *evidence, struct map *ret)
{
	struct globals globals = { .evidence = evidence, .left = WORDS_MAX, .ret = ret };
	struct error *error = take_all(&globals);
	map_deinit(&globals.waited);
	return error;
}
