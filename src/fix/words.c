/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/text.h"
#include "fix/fix.h"

/*
 * What to change, in words. The names are those of the program: the function that waits, and the
 * go statement that started it. Each advice is one of the fixes that the documentation numbers:
 * P1 select on Done, P3 the producer closes, P4 room for every sender, P6 a timeout, P7 a bound on
 * workers, P8 Done in a defer, P10 an end for background work.
 */

/* "cart.go:57", or NULL when the position is unknown and none can be named. */
static const char *words_position(struct findings *findings, const struct place *place)
{
	if (!place->file || strcmp(place->file, "?") == 0 || place->line <= 0)
		return NULL;
	return findings_text(findings, "%s:%d", text_base_name(place->file), place->line);
}

/* " (cart.go:57)" or "". */
static const char *words_at(struct findings *findings, const struct place *place)
{
	const char *position = words_position(findings, place);
	return position ? findings_text(findings, " (%s)", position) : "";
}

static const char *words_where(struct findings *findings, const struct place *place)
{
	return findings_text(findings, "%s%s", place->function ? place->function : "the function",
			     words_at(findings, place));
}

static const char *words_start(struct findings *findings, const struct finding *finding)
{
	if (!finding->created_by.function)
		return "its go statement";
	return findings_text(findings, "the go statement in %s",
			     words_where(findings, &finding->created_by));
}

static const char *words_nil_channel(struct findings *findings, const struct finding *finding)
{
	return findings_text(
		findings,
		"Make the channel before %s runs, or do not start it without one: look for the field, variable or parameter that %s uses and nobody assigned.",
		words_start(findings, finding), words_where(findings, &finding->place));
}

static const char *words_empty_select(struct findings *findings, const struct finding *finding)
{
	return findings_text(
		findings,
		"Wait for what ends the work instead: <-ctx.Done() or a WaitGroup in %s. Where the select has channels, one of them must be made before it.",
		words_where(findings, &finding->place));
}

/* P7 goes with every crowd; what lets its members end depends on what they wait for. */
static const char *words_release(struct findings *findings, const struct finding *finding)
{
	const char *where = words_where(findings, &finding->place);
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

static const char *words_unbounded(struct findings *findings, const struct finding *finding)
{
	return findings_text(
		findings,
		"%s If they are to be so many, bound %s: errgroup's SetLimit, or a semaphore.",
		words_release(findings, finding), words_start(findings, finding));
}

static const char *words_of(struct findings *findings, const struct finding *finding)
{
	switch (finding->rule) {
	case RULE_NIL_CHANNEL:
		return words_nil_channel(findings, finding);
	case RULE_SELECT_WITHOUT_CASES:
		return words_empty_select(findings, finding);
	case RULE_UNBOUNDED_GOROUTINES:
		return words_unbounded(findings, finding);
	case RULE_COUNT:
		break;
	}
	return NULL;
}

struct error *fix_findings(struct findings *findings)
{
	for (size_t i = 0; i < findings->list.count; i++) {
		struct finding *finding = &findings->list.items[i];
		finding->fix = words_of(findings, finding);
	}
	return findings_check(findings);
}
