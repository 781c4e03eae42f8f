/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/live/age.h"

#include <time.h>

#define HIGH_NS UINT64_C(10000000000)
/* A collection may take so long: what began longer before the last one's end was an earlier one. */
#define COLLECTION_NS INT64_C(15000000)

struct live_age live_age_of(const struct live_evidence *evidence)
{
	struct live_age age = { .since_collection_ns = -1 };
	struct timespec now;
	if (!evidence->counters || evidence->counters->gc_count < 2 || !evidence->heap ||
	    !target_runs(runtime_target(evidence->heap->runtime)) ||
	    clock_gettime(CLOCK_REALTIME, &now) != 0)
		return age;
	age.since_collection_ns = now.tv_sec * INT64_C(1000000000) + now.tv_nsec -
				  evidence->counters->last_gc_unix_ns;
	return age;
}

bool live_age_is_high(const struct live_age *age, const struct goroutine *goroutine)
{
	if (goroutine->wait_ns < 0)
		return false;
	return (uint64_t)goroutine->wait_ns >= HIGH_NS ||
	       (age->since_collection_ns >= 0 &&
		goroutine->wait_ns > age->since_collection_ns + COLLECTION_NS);
}
