/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_LEAK_LIVE_AGE_H
#define DOWSE_LEAK_LIVE_AGE_H

#include "leak/live/live.h"

/*
 * Whether a goroutine has waited for so long that its waiting tells something: 10 s, or two
 * collections. The runtime notes when the first one began that found it waiting.
 */
struct live_age {
	int64_t since_collection_ns; /* how long ago the last one ended; -1: unknown, or the first */
};

struct live_age live_age_of(const struct live_evidence *evidence);
bool live_age_is_high(const struct live_age *age, const struct goroutine *goroutine);

#endif
