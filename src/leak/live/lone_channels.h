/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_LEAK_LIVE_LONE_CHANNELS_H
#define DOWSE_LEAK_LIVE_LONE_CHANNELS_H

#include "base/vector.h"
#include "heap/heap.h"

/*
 * Does anything lead to a channel but the goroutine that waits for it, and what it alone holds? The tree
 * of dominators does not tell: the runtime notes who waits at each channel of a select, and links these
 * notes, so that whoever leads to one of the channels (a timer) seems to lead to those behind it.
 */
struct lone_channel {
	uint32_t vertex;
	uint32_t goroutine; /* an index */
	bool held;          /* by something else, too */
};

DEFINE_VECTOR(lone_channel_vector, struct lone_channel);

/* Sets `held` of each. One pass over all edges. */
struct error *lone_channels_check(const struct heap *heap, struct lone_channel *list, size_t count)
	must_use;

#endif
