/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "base/map.h"
#include "leak/dump/gatherings.h"
#include "model/quantity.h"

/*
 * L12: goroutines that wait for one lock for minutes. A dump does not say who holds it; that nobody
 * has let go of it for so long is why it is told.
 */
#define MINUTE_NS  INT64_C(60000000000)
#define LONG_NS    (5 * MINUTE_NS)
#define CROWD_WAIT 10 /* goroutines, that wait for a minute at least */

static bool is_wanted(const struct told_evidence *evidence, const struct goroutine *goroutine)
{
	(void)evidence;
	enum wait_kind kind = goroutine->wait.kind;
	return (kind == WAIT_MUTEX || kind == WAIT_RWMUTEX_READ || kind == WAIT_RWMUTEX_WRITE) &&
	       told_may_tell(goroutine);
}

/* For how many different locks they wait; 0: not known of all. */
static size_t count_locks(const struct told_evidence *evidence, const struct gathering *waiters)
{
	_cleanup_(map_deinit) struct map seen = { 0 };
	struct map_slot *slot;
	for (size_t i = 0; i < waiters->members.count; i++) {
		uint64_t member = waiters->members.items[i];
		uint64_t lock = evidence->dump->goroutines.list.items[member].wait.address;
		if (!lock || lock == UINT64_MAX || !error_ignore(map_insert(&seen, lock, 0, &slot)))
			return 0;
	}
	return seen.count;
}

static struct error *report(const struct told_evidence *evidence, const struct gathering *waiters,
			    struct findings *ret)
{
	char count[QUANTITY_SIZE], waits[QUANTITY_SIZE];
	struct finding finding = gathering_finding(waiters, RULE_LOCK_NEVER_RELEASED);
	size_t locks = count_locks(evidence, waiters);
	finding.certainty = CERTAINTY_SUSPECT;
	finding.title = findings_text(
		ret, "%s for a lock, for up to %s: %s",
		waiters->count == 1 ? "a goroutine waits"
				    : findings_text(ret, "%s goroutines wait",
						    quantity_count(waiters->count, count)),
		quantity_duration(waiters->wait_max_ns, waits), waiters->example->state_text);
	finding.why = locks == 1 && waiters->count > 1
			      ? findings_text(ret,
					      "It is one lock for all of them, at 0x%" PRIx64
					      ", and nobody has let go of it in that time.",
					      waiters->example->wait.address)
		      : locks == 1 ? findings_text(ret,
						   "Nobody has let go of the lock, at 0x%" PRIx64
						   ", in that time.",
						   waiters->example->wait.address)
				   : "Nobody has let go of what they wait for in that time.";
	finding.settle =
		"A dump does not say who holds a lock: look for a goroutine that stands in a function that locks it, or ask dowse about the process (dowse PID), which knows.";
	return gathering_report(evidence, waiters, &finding, ret);
}

struct error *told_locks(const struct told_evidence *evidence, struct findings *ret)
{
	_cleanup_(gatherings_deinit) struct gathering_vector list = { 0 };
	TRY(gatherings_collect(evidence, is_wanted, &list));
	for (size_t i = 0; i < list.count; i++) {
		const struct gathering *waiters = &list.items[i];
		if (waiters->wait_max_ns >= LONG_NS ||
		    (waiters->wait_max_ns >= MINUTE_NS && waiters->count >= CROWD_WAIT))
			TRY(report(evidence, waiters, ret));
	}
	return NULL;
}
