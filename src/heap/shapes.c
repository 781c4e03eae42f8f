/* SPDX-License-Identifier: Apache-2.0 */
#include "heap/shapes.h"

#include <stdlib.h>

#define PROBES_MAX 64 /* chance needs two or three; who makes collisions gets no shape */

struct error *heap_shapes_init(struct heap_shapes *shapes)
{
	*shapes = (struct heap_shapes){ .count = 1 };
	shapes->list = calloc(SHAPES_MAX, sizeof(*shapes->list));
	return shapes->list ? NULL : error_no_memory();
}

void heap_shapes_deinit(struct heap_shapes *shapes)
{
	free(shapes->list);
	map_deinit(&shapes->numbers);
	*shapes = (struct heap_shapes){ 0 };
}

static bool equal(const struct heap_shape *a, const struct heap_shape *b)
{
	return a->mask == b->mask && a->size == b->size && a->last == b->last && a->kind == b->kind;
}

/* Shapes whose hashes collide lie under the next keys. */
struct error *heap_shapes_intern(struct heap_shapes *shapes, const struct heap_shape *shape,
				 uint16_t *ret)
{
	uint64_t key =
		heap_shape_hash(shape->mask + shape->kind, shape->size + (shape->last << 8)) >> 1;
	for (unsigned probes = 0;; key++, probes++) {
		struct map_slot *slot = map_find(&shapes->numbers, key);
		if (!slot)
			break;
		if (probes == PROBES_MAX) {
			*ret = 0;
			return NULL;
		}
		if (equal(&shapes->list[slot->value], shape)) {
			*ret = (uint16_t)slot->value;
			return NULL;
		}
	}
	if (shapes->count == SHAPES_MAX) {
		*ret = 0;
		return NULL;
	}
	struct map_slot *slot;
	TRY(map_insert(&shapes->numbers, key, shapes->count, &slot));
	shapes->list[shapes->count] = *shape;
	*ret = (uint16_t)shapes->count++;
	return NULL;
}
