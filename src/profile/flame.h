/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_PROFILE_FLAME_H
#define DOWSE_PROFILE_FLAME_H

#include "profile/profile.h"

/*
 * The stacks of a profile as a tree: a node is a function that the one above it has called, with the
 * values of the stacks that end there. Inlined calls are nodes like others.
 */
struct profile_flame_node {
	uint32_t name;  /* of the profile's texts; behind them: of the location at that address */
	uint32_t depth; /* 0: nobody has called it */
	int64_t self;
	uint64_t total; /* whatever the signs: of itself and of all below it */
};

/*
 * Nodes in the order in which they are met on the way down: each stands behind the one above it, and
 * what is below it follows. What was left out counts for the nodes that it hung on.
 */
struct profile_flame {
	struct profile_flame_node *nodes;
	size_t count;
	size_t left_out;        /* nodes that were too small, where there were too many */
	int64_t left_out_value; /* of those that hung on nothing */
};

/* No more than `most` nodes, of the values of one type. */
struct error *profile_flame_make(const struct profile *profile, uint32_t type, size_t most,
				 struct profile_flame *ret) must_use;
/* What each node has with all below it, with its sign; NULL when memory is out. */
int64_t *profile_flame_sums(const struct profile_flame *flame) must_use;
void profile_flame_deinit(struct profile_flame *flame);

#endif
