/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_PROFILE_GRAPH_H
#define DOWSE_PROFILE_GRAPH_H

#include "profile/profile.h"

/* Which functions call which: nodes are functions, by name. Values may be negative. */
struct profile_graph_node {
	struct profile_text name;
	int64_t flat, cum;
	bool kept;
};

struct profile_graph_edge {
	uint32_t caller, callee; /* nodes */
	int64_t value; /* of all stacks where the one calls the other, each counted once */
	bool indirect; /* somewhere over functions that are not kept */
};

struct profile_graph {
	struct profile_graph_node *nodes;
	uint32_t count, kept;
	struct profile_graph_edge *edges; /* the largest first */
	size_t edge_count;
	int64_t total;
};

/* Of one type of value, with the `most` functions that have most with what they call. */
struct error *profile_graph_make(struct profile *profile, uint32_t type, uint32_t most,
				 struct profile_graph *ret) must_use;
void profile_graph_deinit(struct profile_graph *graph);

#endif
