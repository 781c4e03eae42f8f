/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_HEAP_DOMINATOR_TREE_H
#define DOWSE_HEAP_DOMINATOR_TREE_H

#include "heap/dominators.h"

/*
 * Dominators as a tree to go down in: their numbers in such an order that everything that one
 * dominates follows right behind it. So order[places[n]] is n; what n dominates, itself included, is
 * order[places[n]] up to order[places[n] + sizes[n]]; and its children are the next one, the one
 * behind all that that one dominates, and so on, by rising numbers:
 *
 *	for (uint32_t child = dominator_tree_first(tree, n); child;
 *	     child = dominator_tree_next(tree, n, child))
 */
struct dominator_tree {
	uint32_t count;
	uint32_t *order;  /* numbers, by place */
	uint32_t *places; /* by number */
	uint32_t *sizes;  /* by number */
};

/* 12 bytes a number. */
struct error *dominator_tree_create(const struct dominators *dominators, struct dominator_tree *ret)
	must_use;
void dominator_tree_deinit(struct dominator_tree *tree);

/* 0: there is none. */
static inline uint32_t dominator_tree_first(const struct dominator_tree *tree, uint32_t parent)
{
	return tree->sizes[parent] > 1 ? tree->order[tree->places[parent] + 1] : 0;
}

/* The child of `parent` behind `child`; 0: there is none. */
static inline uint32_t dominator_tree_next(const struct dominator_tree *tree, uint32_t parent,
					   uint32_t child)
{
	uint32_t place = tree->places[child] + tree->sizes[child];
	return place < tree->places[parent] + tree->sizes[parent] ? tree->order[place] : 0;
}

/* Does `above` dominate `below`? A number dominates itself. */
static inline bool dominator_tree_holds(const struct dominator_tree *tree, uint32_t above,
					uint32_t below)
{
	return tree->places[below] - tree->places[above] < tree->sizes[above];
}

#define DOMINATOR_GROUP_NONE UINT32_MAX

/* The group that an object is in (its type, its package), or DOMINATOR_GROUP_NONE. */
typedef uint32_t dominator_group(const void *argument, uint32_t vertex);

/*
 * What each group holds: bytes that would be freed if all of its members were. What is held by a
 * member that another member of the group holds is not counted again. The first `object_count`
 * vertices are asked for their groups, once each, in no order; those behind are in none. `read` is
 * what `group_of` reads of a vertex, by vertex, so that it can be asked for in time; NULL: nothing.
 * `ret` has one sum for each group.
 */
struct error *dominator_tree_sum_groups(const struct dominator_tree *tree,
					const struct dominators *dominators, uint32_t object_count,
					dominator_group *group_of, const void *argument,
					const uint32_t *read, uint32_t group_count, uint64_t *ret)
	must_use;

#endif
