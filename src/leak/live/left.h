/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_LEAK_LIVE_LEFT_H
#define DOWSE_LEAK_LIVE_LEFT_H

#include "leak/live/crowd.h"

/*
 * Goroutines that are still there though the test that started them has ended, and of which none of
 * these findings speaks: whether they will ever end is not said. Who could go on, but for the processor
 * that it has not got, is none: it may be about to end.
 */
struct error *live_left_find(const struct live_evidence *evidence, const struct finding *told,
			     size_t told_count, struct crowds *ret) must_use;

#endif
