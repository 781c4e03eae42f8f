/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_LEAK_LIVE_HOLDINGS_PRIVATE_H
#define DOWSE_LEAK_LIVE_HOLDINGS_PRIVATE_H

#include "leak/live/holdings.h"

struct weighing {
	const struct heap *heap;
	const struct dominator_tree *tree;
	struct live_holdings *holdings;
	/* By type: does it tell a sync.Map? See holdings_sync_maps.c. */
	uint8_t *maps, *entries, *nodes;
};

/* holdings_slices.c: append the slices, and what stands in their elements. */
struct error *holdings_read_slices(const struct heap *heap, const struct heap_views *views,
				   struct live_holdings *holdings) must_use;

/* holdings_sync_maps.c: which types tell one. */
struct error *holdings_sync_types(struct weighing *weighing) must_use;
void holdings_sync_types_deinit(struct weighing *weighing);

/* Is it one of the maps that a sync.Map consists of up to Go 1.23? */
bool holdings_in_sync_map(const struct weighing *weighing, uint32_t vertex);
/* That map becomes the sync.Map, which holds its entries whichever of its maps has them. */
void holdings_become_sync_map(const struct weighing *weighing, struct live_holding *holding);
/* To be called when it is weighed: what was deleted is no entry. */
void holdings_sync_count(const struct weighing *weighing, struct live_holding *holding);

/* The first node of the tree that is a sync.Map since Go 1.24? */
bool holdings_is_sync_tree(const struct weighing *weighing, uint32_t vertex);
uint64_t holdings_sync_tree_count(const struct weighing *weighing, uint32_t vertex);

/* Does that it is there tell nothing of what the sync.Map holds? */
bool holdings_sync_is_own(const struct weighing *weighing, const struct live_holding *holding,
			  uint32_t vertex);

#endif
