/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_LEAK_LIVE_HOLDINGS_PRIVATE_H
#define DOWSE_LEAK_LIVE_HOLDINGS_PRIVATE_H

#include "leak/live/holdings.h"

/* holdings_slices.c: append the slices, and what stands in their elements. */
struct error *holdings_read_slices(const struct heap *heap, const struct heap_views *views,
				   struct live_holdings *holdings) must_use;

#endif
