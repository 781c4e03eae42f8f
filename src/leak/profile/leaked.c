/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/profile/look.h"
#include "model/quantity.h"

/*
 * The goroutineleak profile of Go 1.26 and later: the runtime has searched the heap itself for
 * goroutines that nobody can wake. It misses those that a global can reach, and takes a weak pointer
 * for no way to them, although the program may go on over it: likely, never proved.
 */
static enum rule_id rule_of(enum profile_wait wait)
{
	static const uint8_t rules[] = {
		[PROFILE_WAIT_NONE] = RULE_SELECT_NEVER_READY,
		[PROFILE_WAIT_RECEIVE] = RULE_RECEIVE_WITHOUT_SENDER,
		[PROFILE_WAIT_SEND] = RULE_SEND_WITHOUT_RECEIVER,
		[PROFILE_WAIT_SELECT] = RULE_SELECT_NEVER_READY,
		[PROFILE_WAIT_EMPTY_SELECT] = RULE_SELECT_WITHOUT_CASES,
		[PROFILE_WAIT_MUTEX] = RULE_LOCK_NEVER_RELEASED,
		[PROFILE_WAIT_RWMUTEX] = RULE_LOCK_NEVER_RELEASED,
		[PROFILE_WAIT_WAITGROUP] = RULE_WAITGROUP_NEVER_DONE,
		[PROFILE_WAIT_COND] = RULE_COND_NEVER_SIGNALLED,
		[PROFILE_WAIT_SEMAPHORE] = RULE_LOCK_NEVER_RELEASED,
		[PROFILE_WAIT_SLEEP] = RULE_SELECT_NEVER_READY,
		[PROFILE_WAIT_IO] = RULE_SELECT_NEVER_READY,
		[PROFILE_WAIT_SYSCALL] = RULE_SELECT_NEVER_READY,
	};
	return (enum rule_id)rules[wait];
}

static struct error *report(const struct profile_evidence *evidence, uint32_t site, int64_t count,
			    struct findings *ret)
{
	const struct profile_site *at = &evidence->sites.list[site];
	char text[QUANTITY_SIZE];
	struct finding finding = profile_finding(at, rule_of(at->wait));
	int64_t before = profile_evidence_before(evidence, site, 0);
	/* Many a main function waits for nothing, so that the program goes on. */
	bool is_main = at->main && count == 1;
	finding.certainty = is_main ? CERTAINTY_SUSPECT : CERTAINTY_LIKELY;
	finding.also = profile_also(at->wait) & ~(UINT64_C(1) << finding.rule);
	finding.count = (uint64_t)count;
	finding.state = profile_wait_text(at->wait);
	finding.title =
		findings_text(ret, "%s %s leaked%s%s", quantity_count((uint64_t)count, text),
			      count == 1 ? "goroutine is" : "goroutines are",
			      finding.state ? ": " : "", finding.state ? finding.state : "");
	finding.why =
		is_main ? "It is the main goroutine. The runtime found nobody who could wake it, which many programs mean: main waits for ever, so that the others go on."
			: "The runtime's own search found nobody who could wake them: what they wait for is reachable from goroutines alone that wait as well.";
	if (evidence->before && count > before)
		finding.growth_per_hour = profile_evidence_pace(evidence, count - before);
	finding.settle =
		"That search is wrong where the program can still reach what they wait for over a weak pointer. A look at the process (dowse PID) follows those, too, and proves what it can.";
	return finding_vector_append(&ret->list, &finding);
}

static struct error *leaked_find(const struct profile_evidence *evidence, struct findings *ret)
{
	if (evidence->subject != PROFILE_OF_LEAK)
		return NULL;
	for (uint32_t i = 0; i < evidence->sites.count; i++) {
		int64_t count = profile_sites_value(&evidence->sites, i, 0);
		if (count > 0)
			TRY(report(evidence, i, count, ret));
	}
	return NULL;
}

const struct profile_detector profile_leaked = { .find = leaked_find };
