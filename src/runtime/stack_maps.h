/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_RUNTIME_STACK_MAPS_H
#define DOWSE_RUNTIME_STACK_MAPS_H

#include "base/map.h"
#include "base/vector.h"
#include "binary/module.h"

/*
 * Which words of a frame hold pointers that are still going to be used: what the compiler left for
 * the collector, a map for every place where a goroutine can be looked at.
 */
struct stack_bits {
	const uint8_t *bits; /* one a word, lowest bit and lowest address first */
	uint32_t count;
};

/*
 * A variable whose address was taken. Its words count only when something that is alive points at
 * it, on the stack or in it.
 */
struct stack_object {
	int32_t offset; /* from the arguments' beginning; from the locals' end where negative */
	uint32_t size;
	struct stack_bits pointers;
};

struct stack_map {
	struct stack_bits locals;    /* the last one ends where the locals end */
	struct stack_bits arguments; /* from where the arguments begin */
	int32_t argument_bytes;      /* FUNCTION_ARGUMENTS_UNKNOWN: the frame itself knows */
	bool locals_known;           /* false: there is no map, so any word may be alive */
	bool arguments_known;
	const struct stack_object *objects;
	uint32_t object_count;
};

DEFINE_VECTOR(stack_map_vector, struct stack_map);
DEFINE_VECTOR(stack_object_vector, struct stack_object);

/* Goroutines stand at the same few places: what is looked up once is kept. */
struct stack_maps {
	const struct binary *binary; /* borrowed */
	struct arena arena;
	struct map by_pc;       /* → index into list */
	struct map by_function; /* entry → struct function_objects * */
	struct stack_map_vector list;
};

void stack_maps_init(struct stack_maps *maps, const struct binary *binary);
void stack_maps_deinit(struct stack_maps *maps);

/*
 * The map at the place where a function goes on; it stays valid until the next look-up. `pc` is
 * a return address, or the entry of a function that has not begun.
 */
struct error *stack_maps_find(struct stack_maps *maps, const struct function *function, uint64_t pc,
			      const struct stack_map **ret) must_use;

#endif
