/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_HEAP_PATHS_PRIVATE_H
#define DOWSE_HEAP_PATHS_PRIVATE_H

#include <assert.h>

#include "base/big_array.h"
#include "heap/paths.h"

/* Room for so many at most: what is not used costs nothing. */
static inline must_use struct error *heap_steps_init(size_t room, struct heap_steps *steps)
{
	TRY(big_array_allocate(room, sizeof(*steps->room), &steps->room));
	steps->room_count = room;
	steps->items = steps->room + room;
	steps->count = 0;
	return NULL;
}

static inline void heap_steps_deinit(struct heap_steps *steps)
{
	big_array_free(steps->room, steps->room_count, sizeof(*steps->room));
	*steps = (struct heap_steps){ 0 };
}

static inline void heap_steps_prepend(struct heap_steps *steps, uint32_t vertex, uint32_t position)
{
	assert(steps->items > steps->room);
	*--steps->items = (struct heap_step){
		.vertex = vertex,
		.position = position & HEAP_PATH_END,
	};
	steps->count++;
}

#endif
