/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_LEAK_LIVE_LEFT_H
#define DOWSE_LEAK_LIVE_LEFT_H

#include "leak/live/crowd.h"

/*
 * Goroutines that are still there though the test that started them has ended, and of which no finding
 * speaks: whether they will ever end is not said.
 */
struct error *live_left_find(const struct live_evidence *evidence, struct crowds *ret) must_use;

#endif
