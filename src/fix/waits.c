/* SPDX-License-Identifier: Apache-2.0 */
#include "fix/fix_private.h"

/* Goroutines that wait. */

const char *fix_nil_channel(struct findings *findings, const struct finding *finding)
{
	return findings_text(
		findings,
		"Make the channel before %s runs, or do not start it without one: look for the field, variable or parameter that %s uses and nobody assigned.",
		fix_start(findings, finding), fix_where(findings, &finding->place));
}

const char *fix_select_without_cases(struct findings *findings, const struct finding *finding)
{
	return findings_text(
		findings,
		"Wait for what ends the work instead: <-ctx.Done() or a WaitGroup in %s. Where the select has channels, one of them must be made before it.",
		fix_where(findings, &finding->place));
}

/* P7 goes with every crowd; what lets its members end depends on what they wait for. */
static const char *words_release(struct findings *findings, const struct finding *finding)
{
	const char *where = fix_where(findings, &finding->place);
	const struct wait *wait = &finding->example->wait;
	switch (wait->kind) {
	case WAIT_CHANNEL:
		if (wait->channel_count && wait->channels[0].send)
			return findings_text(
				findings,
				"In %s select on ctx.Done() beside the send, or give the channel room for every sender.",
				where);
		return findings_text(
			findings,
			"In %s select on ctx.Done() beside the receive, and let the producer close the channel when it is done.",
			where);
	case WAIT_SELECT:
		return findings_text(findings,
				     "In %s let a case end the wait: ctx.Done(), or a timeout.",
				     where);
	case WAIT_MUTEX:
	case WAIT_RWMUTEX_READ:
	case WAIT_RWMUTEX_WRITE:
		return findings_text(
			findings,
			"Find who holds the lock that %s waits for: unlock in a defer, and hold it across no I/O or channel.",
			where);
	case WAIT_WAITGROUP:
		return findings_text(findings,
				     "Let every Add that %s waits for have its Done, in a defer.",
				     where);
	case WAIT_COND:
		return findings_text(
			findings, "Let whoever changes the condition of %s call Broadcast.", where);
	case WAIT_SLEEP:
		return findings_text(
			findings,
			"Let %s end: select on a timer and ctx.Done() instead of sleeping.", where);
	default:
		return findings_text(findings, "Let %s end when nobody needs it any more.", where);
	}
}

const char *fix_unbounded_goroutines(struct findings *findings, const struct finding *finding)
{
	return findings_text(
		findings,
		"%s If they are to be so many, bound %s: errgroup's SetLimit, or a semaphore.",
		words_release(findings, finding), fix_start(findings, finding));
}
