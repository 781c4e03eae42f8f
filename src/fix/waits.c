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
	static const struct wait unknown; /* where there are no goroutines to look at */
	const struct wait *wait = finding->example ? &finding->example->wait : &unknown;
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

static const char *the_channel(const struct finding *finding)
{
	return finding->subject ? finding->subject : "the channel";
}

/* P1, P3 */
const char *fix_receive_without_sender(struct findings *findings, const struct finding *finding)
{
	return findings_text(
		findings,
		"In %s select on ctx.Done() beside the receive; or let whoever was to send close %s in a defer, so that it is closed on every way out.",
		fix_where(findings, &finding->place), the_channel(finding));
}

/* P3, P8 */
const char *fix_range_without_close(struct findings *findings, const struct finding *finding)
{
	return findings_text(
		findings,
		"Let the producer close %s, in a defer, when all is sent; with several producers, after a WaitGroup for all of them. Then %s ends.",
		the_channel(finding), fix_where(findings, &finding->place));
}

/* P4, P1 */
const char *fix_send_without_receiver(struct findings *findings, const struct finding *finding)
{
	return findings_text(
		findings,
		"Make %s with room for the value, make(chan T, 1), so that %s can send though nobody waits any more; or select on ctx.Done() beside the send.",
		the_channel(finding), fix_where(findings, &finding->place));
}

/* P4 */
const char *fix_first_result_wins(struct findings *findings, const struct finding *finding)
{
	return findings_text(
		findings,
		"Make %s with room for every sender, make(chan T, n) for n times %s; or cancel a context that %s selects on beside the send.",
		the_channel(finding), fix_start(findings, finding),
		fix_where(findings, &finding->place));
}

/* P4, P5, P11 */
const char *fix_send_to_full_channel(struct findings *findings, const struct finding *finding)
{
	const struct wait *wait = finding->example ? &finding->example->wait : NULL;
	uint64_t capacity = wait && wait->channel_count ? wait->channels[0].capacity : 0;
	return findings_text(
		findings,
		"The channel has room for %llu: make it as large as the number of values sent, or receive all of them; where a value may be lost, send in a select with a default case in %s.",
		(unsigned long long)capacity, fix_where(findings, &finding->place));
}

/* P1, P10 */
const char *fix_select_never_ready(struct findings *findings, const struct finding *finding)
{
	return findings_text(
		findings,
		"Let whoever runs %s end what it started: close its channel in a defer, or add a case for ctx.Done() in %s and cancel the context.",
		fix_start(findings, finding), fix_where(findings, &finding->place));
}

/* P8 */
const char *fix_waitgroup_never_done(struct findings *findings, const struct finding *finding)
{
	return findings_text(
		findings,
		"Let every Add that %s waits for have its Done: call Add before the go statement, and `defer group.Done()` first in the goroutine.",
		fix_where(findings, &finding->place));
}

const char *fix_cond_never_signalled(struct findings *findings, const struct finding *finding)
{
	return findings_text(
		findings,
		"Where what %s waits for is given up, set the condition that ends its loop and call Broadcast.",
		fix_where(findings, &finding->place));
}

/* It stands beside other rules: those say what to change. */
const char *fix_leaked_goroutine_holds_memory(struct findings *findings,
					      const struct finding *finding)
{
	return findings_text(findings,
			     "Let %s end; until then, let it keep only what it still uses.",
			     fix_where(findings, &finding->place));
}

const char *fix_lock_never_released(struct findings *findings, const struct finding *finding)
{
	return findings_text(
		findings,
		"Unlock in a defer right behind the Lock, so that every way out releases what %s waits for; and hold it across no channel.",
		fix_where(findings, &finding->place));
}

/* P1 */
const char *fix_context_ignored(struct findings *findings, const struct finding *finding)
{
	const struct wait *wait = finding->example ? &finding->example->wait : NULL;
	const char *what = !wait || wait->kind == WAIT_SELECT ? "add a case for ctx.Done()"
			   : wait->channel_count && wait->channels[0].send
				   ? "select on ctx.Done() beside the send"
				   : "select on ctx.Done() beside the receive";
	return findings_text(findings, "In %s %s, and return when it is ready.",
			     fix_where(findings, &finding->place), what);
}
