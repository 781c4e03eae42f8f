/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_PROFILE_NODES_H
#define DOWSE_PROFILE_NODES_H

#include "profile/intern.h"
#include "profile/profile.h"

/*
 * Nodes are names: functions of one name are one, and so are locations of one address where there
 * is no name. Which nodes a location stands for is settled once, as numbers in a row, so that to add
 * up samples is two reads a frame: what the location stands for, and its sum.
 */
struct profile_nodes {
	struct intern names;
	struct profile_text *texts; /* by node; of the profile */
	uint32_t count;
	uint32_t *of_function; /* node */
	uint32_t *of_location; /* its node; or, with MANY, what profile_nodes_many() takes */
	uint32_t *many;
};

#define PROFILE_NODES_MANY 0x80000000u

struct error *profile_nodes_make(struct profile *profile, struct profile_nodes *ret) must_use;
void profile_nodes_deinit(struct profile_nodes *nodes);

/* The nodes of a location that stands for none or several, innermost first. */
static inline const uint32_t *profile_nodes_many(const struct profile_nodes *nodes, uint32_t node,
						 uint32_t *ret_count)
{
	const uint32_t *row = nodes->many + (node & ~PROFILE_NODES_MANY);
	*ret_count = row[0];
	return row + 1;
}

/* Of any location. `single` is room for one. */
static inline const uint32_t *profile_nodes_of(const struct profile_nodes *nodes, uint32_t location,
					       uint32_t *single, uint32_t *ret_count)
{
	uint32_t node = nodes->of_location[location];
	if (node & PROFILE_NODES_MANY)
		return profile_nodes_many(nodes, node, ret_count);
	*single = node;
	*ret_count = 1;
	return single;
}

#endif
