/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_LEAK_LIVE_HOLDINGS_H
#define DOWSE_LEAK_LIVE_HOLDINGS_H

#include "base/map.h"
#include "base/writer.h"
#include "heap/dominator_tree.h"
#include "heap/views.h"
#include "leak/live/closables.h"
#include "leak/live/live.h"

/*
 * What can hold ever more: globals, and objects of no known type that nothing else holds; maps wherever
 * they are (those that a sync.Map consists of among them), and slices. Nothing in Go's heap moves, so that each has the same address at every moment
 * of a process; a sync.Map exchanges its maps, and has that of what holds it; a slice exchanges its
 * array, and has that of its header.
 */
enum holding_kind {
	HOLDING_GLOBAL, /* or such an object */
	HOLDING_MAP,
	HOLDING_SYNC_MAP,
	HOLDING_SLICE,
};

struct live_holding {
	enum holding_kind kind;
	uint64_t address; /* that it is known by */
	uint32_t vertex;  /* of a slice the array */
	uint64_t array;   /* the address of that */
	bool reserved;    /* the array is not what append makes, and has room left */
	bool in_entries;  /* only what its entries hold is still in it: see holdings_sync_maps.c */
	bool partial;     /* what was deleted may be among its entries, or some are not */
	uint64_t entries; /* of a map, of a slice; of others the objects that they hold */
	uint64_t objects; /* that it retains */
	uint64_t bytes;
	/* Objects that it holds alone, by their addresses, spread over all of them. */
	size_t first_sample;
	size_t sample_count;
	/* Of some elements of a slice: hashes of what stands in them, 0 for what could not be read. */
	size_t first_content;
	size_t content_count;
};

DEFINE_VECTOR(live_holding_vector, struct live_holding);

struct live_holdings {
	struct live_holding_vector list; /* those of some size alone */
	struct u64_vector samples;
	struct u64_vector contents;
	struct map by_address;
	uint64_t reachable_bytes; /* of the whole heap */
	bool small;               /* set before it is read: small ones, too */
	/* Then: descriptors that are open, by their kinds; and of those, the ones that were dropped. */
	uint64_t open[CLOSABLE_KINDS][2];
};

/*
 * The large maps' numbers of entries, and the large slices: while memory stands still, after
 * heap_search().
 */
struct error *live_holdings_read(struct heap *heap, const struct heap_views *views,
				 struct live_holdings *ret) must_use;

/* The rest, once there are dominators. */
struct error *live_holdings_weigh(const struct heap *heap, const struct dominator_tree *tree,
				  struct live_holdings *holdings) must_use;
void live_holdings_deinit(struct live_holdings *holdings);

/* To be kept while the process goes on, and had again: by another process of this very program. */
void live_holdings_write(const struct live_holdings *holdings, struct writer *writer);
struct error *live_holdings_parse(const void *bytes, size_t size, struct live_holdings *ret)
	must_use;

/* What is known by that address; NULL. */
const struct live_holding *live_holdings_find(const struct live_holdings *holdings,
					      uint64_t address);

/*
 * Of the elements that were looked at in both: how many say something, and how many of these are the
 * same. None where all are alike.
 */
void live_contents_compare(const struct live_holdings *before, const struct live_holding *then,
			   const struct live_holdings *after, const struct live_holding *now,
			   uint64_t *ret_told, uint64_t *ret_same);

#endif
