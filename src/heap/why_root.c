/* SPDX-License-Identifier: Apache-2.0 */
#include "heap/why_private.h"

#include "base/big_array.h"

#define FLOORS 2

/*
 * What is below a root, floor by floor: pieces of maps are no floor of their own. By number: which
 * floor it is on and, up to the last one that counts, which group of floor 1 it belongs to.
 */
struct floors {
	struct heap_why *why;
	uint8_t *floor; /* 0: not below the root; else one more than its floor */
	uint32_t *above;
	struct map groups; /* group of floor 1 and group → index into `list` */
	struct heap_held_vector list;
};

#define FLOOR_ROOT 1
#define FLOOR_DEEP (FLOORS + 2)

static void floors_deinit(struct floors *floors)
{
	size_t count = floors->why->heap->dominators.count;
	big_array_free(floors->floor, count, sizeof(*floors->floor));
	big_array_free(floors->above, count, sizeof(*floors->above));
	map_deinit(&floors->groups);
	heap_held_vector_deinit(&floors->list);
}

static struct error *floors_init(struct floors *floors)
{
	size_t count = floors->why->heap->dominators.count;
	TRY(big_array_allocate(count, sizeof(*floors->floor), &floors->floor));
	return big_array_allocate(count, sizeof(*floors->above), &floors->above);
}

static struct error *count_held(struct floors *floors, uint32_t number, unsigned floor)
{
	const struct heap *heap = floors->why->heap;
	const struct heap_grouping *grouping = &floors->why->query.grouping;
	uint32_t vertex = heap->dominators.vertices[number];
	uint32_t group = heap_grouping_of(grouping, vertex);
	uint64_t above = floor == 1 ? 0 : (uint64_t)floors->above[number] + 1;
	struct map_slot *slot;
	if (floor == 1)
		floors->above[number] = group;
	TRY(map_insert(&floors->groups, above << 32 | group, floors->list.count, &slot));
	if (slot->value == floors->list.count) {
		struct heap_held fresh = {
			.group = { .type = group < grouping->types ? group : HEAP_TYPE_UNKNOWN,
				   .shape = heap->scan.shapes[vertex] },
			.floor = floor,
			.above = floors->above[number],
		};
		TRY(heap_held_vector_append(&floors->list, &fresh));
	}
	struct heap_group *sum = &floors->list.items[slot->value].group;
	sum->count++;
	sum->bytes += heap_object_size(heap, vertex);
	sum->retained += heap->dominators.retained[number];
	return NULL;
}

/* Whose dominator is the root, or something below it. */
static struct error *walk_below(struct floors *floors, uint32_t number, uint32_t parent)
{
	const struct heap *heap = floors->why->heap;
	if (floors->floor[parent] == FLOOR_DEEP) {
		floors->floor[number] = FLOOR_DEEP;
		return NULL;
	}
	bool piece = heap_is_map_piece(heap, heap->dominators.vertices[number]);
	unsigned floor = floors->floor[parent] - FLOOR_ROOT + !piece;
	floors->floor[number] = (uint8_t)(floor + FLOOR_ROOT);
	if (floor > FLOORS)
		return NULL;
	floors->above[number] = floors->above[parent];
	return piece ? NULL : count_held(floors, number, floor);
}

/* By rising numbers, each comes behind its dominator. */
static struct error *walk(struct floors *floors, uint32_t root)
{
	const struct dominators *dominators = &floors->why->heap->dominators;
	floors->floor[root] = FLOOR_ROOT;
	for (uint32_t number = root + 1; number < dominators->count; number++) {
		uint32_t parent = dominators->parents[number];
		if (floors->floor[parent])
			TRY(walk_below(floors, number, parent));
	}
	return NULL;
}

/* Each type of floor 1, and behind it those that its objects hold. */
static int compare_held(const void *left, const void *right)
{
	const struct heap_held *a = left, *b = right;
	if (a->above_retained != b->above_retained)
		return a->above_retained < b->above_retained ? 1 : -1;
	if (a->above != b->above)
		return a->above < b->above ? -1 : 1;
	if (a->floor != b->floor)
		return a->floor < b->floor ? -1 : 1;
	if (a->group.retained != b->group.retained)
		return a->group.retained < b->group.retained ? 1 : -1;
	return a->group.type < b->group.type ? -1 : a->group.type > b->group.type;
}

static void order_held(struct floors *floors)
{
	struct heap_held_vector *list = &floors->list;
	for (size_t i = 0; i < list->count; i++) {
		const struct map_slot *slot = map_find(&floors->groups, list->items[i].above);
		list->items[i].above_retained = list->items[slot->value].group.retained;
	}
	if (list->count)
		qsort(list->items, list->count, sizeof(*list->items), compare_held);
}

struct error *why_root_ask(struct heap_why *why, uint32_t number)
{
	_cleanup_(floors_deinit) struct floors floors = { .why = why };
	TRY(floors_init(&floors));
	TRY(walk(&floors, number));
	order_held(&floors);
	why->held = floors.list;
	floors.list = (struct heap_held_vector){ 0 };
	return NULL;
}
