/* SPDX-License-Identifier: Apache-2.0 */
#include "heap/dominator_tree.h"

#include "base/big_array.h"

#include <string.h>

#define LOOK_AHEAD 24

static void count_sizes(struct dominator_tree *tree, const uint32_t *parents)
{
	for (uint32_t n = 0; n < tree->count; n++)
		tree->sizes[n] = 1;
	for (uint32_t n = tree->count - 1; n > 0; n--)
		tree->sizes[parents[n]] += tree->sizes[n];
}

/* Children take their places from left to right; `order` holds the next free one of each parent meanwhile. */
static void take_places(struct dominator_tree *tree, const uint32_t *parents)
{
	uint32_t *free_places = tree->order;
	tree->places[0] = 0;
	free_places[0] = 1;
	for (uint32_t n = 1; n < tree->count; n++) {
		uint32_t place = free_places[parents[n]];
		free_places[parents[n]] += tree->sizes[n];
		tree->places[n] = place;
		free_places[n] = place + 1;
	}
	for (uint32_t n = 0; n < tree->count; n++)
		tree->order[tree->places[n]] = n;
}

struct error *dominator_tree_create(const struct dominators *dominators, struct dominator_tree *ret)
{
	uint32_t count = dominators->count;
	_cleanup_(dominator_tree_deinit) struct dominator_tree tree = { .count = count };
	TRY(big_array_allocate(count, sizeof(uint32_t), &tree.order));
	TRY(big_array_allocate(count, sizeof(uint32_t), &tree.places));
	TRY(big_array_allocate(count, sizeof(uint32_t), &tree.sizes));
	count_sizes(&tree, dominators->parents);
	take_places(&tree, dominators->parents);
	*ret = tree;
	tree = (struct dominator_tree){ 0 };
	return NULL;
}

void dominator_tree_deinit(struct dominator_tree *tree)
{
	big_array_free(tree->order, tree->count, sizeof(uint32_t));
	big_array_free(tree->places, tree->count, sizeof(uint32_t));
	big_array_free(tree->sizes, tree->count, sizeof(uint32_t));
	*tree = (struct dominator_tree){ 0 };
}

/* Part of its caller: gcc 12 drops calls of functions that only prefetch. */
static force_inline void look_ahead(const struct dominator_tree *tree,
				    const struct dominators *dominators, uint32_t object_count,
				    const uint32_t *read, uint32_t place)
{
	if (place + 2 * LOOK_AHEAD >= tree->count)
		return;
	uint32_t ahead = tree->order[place + 2 * LOOK_AHEAD];
	__builtin_prefetch(&dominators->vertices[ahead]);
	__builtin_prefetch(&dominators->retained[ahead]);
	__builtin_prefetch(&tree->sizes[ahead]);
	uint32_t vertex = dominators->vertices[tree->order[place + LOOK_AHEAD]];
	if (read && vertex < object_count)
		__builtin_prefetch(&read[vertex]);
}

struct error *dominator_tree_sum_groups(const struct dominator_tree *tree,
					const struct dominators *dominators, uint32_t object_count,
					dominator_group *group_of, const void *argument,
					const uint32_t *read, uint32_t group_count, uint64_t *ret)
{
	/* By group: the place behind all that its member counted last holds. */
	uint32_t *ends;
	TRY(big_array_allocate(group_count, sizeof(*ends), &ends));
	memset(ret, 0, group_count * sizeof(*ret));
	for (uint32_t place = 1; place < tree->count; place++) {
		look_ahead(tree, dominators, object_count, read, place);
		uint32_t number = tree->order[place], vertex = dominators->vertices[number];
		uint32_t group = vertex < object_count ? group_of(argument, vertex)
						       : DOMINATOR_GROUP_NONE;
		if (group == DOMINATOR_GROUP_NONE || place < ends[group])
			continue;
		ret[group] += dominators->retained[number];
		ends[group] = place + tree->sizes[number];
	}
	big_array_free(ends, group_count, sizeof(*ends));
	return NULL;
}
