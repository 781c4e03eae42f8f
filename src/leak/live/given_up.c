/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/live/given_up.h"

#include "heap/names.h"
#include "leak/live/age.h"
#include "leak/live/crowd.h"
#include "leak/live/liveness.h"
#include "model/quantity.h"

bool given_up(const struct live_evidence *evidence, const struct contexts *contexts,
	      const struct goroutine *goroutine)
{
	enum wait_kind kind = goroutine->wait.kind;
	uint32_t root = liveness_root(evidence->liveness, goroutine);
	return (kind == WAIT_CHANNEL || kind == WAIT_SELECT) && root != VERTEX_NONE &&
	       contexts_given_up(contexts, &evidence->places, root, goroutine->owner != 0);
}

/*
 * Who has just been given up may be about to notice, in a wait that ends soon: such a wait tells
 * nothing before it has lasted.
 */
static void flag(const struct live_evidence *evidence, const struct contexts *contexts,
		 bool *wanted)
{
	const struct live_age age = live_age_of(evidence);
	for (size_t i = 0; i < evidence->goroutines->list.count; i++) {
		const struct goroutine *goroutine = &evidence->goroutines->list.items[i];
		wanted[i] = goroutine->id != 1 && !goroutine->system && !goroutine->bubble &&
			    goroutine->state == GOROUTINE_WAITING &&
			    live_age_is_high(&age, goroutine) &&
			    given_up(evidence, contexts, goroutine);
	}
}

static int64_t held_bytes(const struct live_evidence *evidence, const struct crowds *crowds,
			  const struct crowd *crowd)
{
	uint64_t bytes = crowd->stack_bytes;
	for (uint32_t i = crowd->first; i != CROWD_END; i = crowds->next[i]) {
		uint32_t root = liveness_root(evidence->liveness,
					      &evidence->goroutines->list.items[i]);
		if (root != VERTEX_NONE)
			bytes += heap_retained(evidence->heap, root);
	}
	return (int64_t)bytes;
}

static struct error *report(const struct live_evidence *evidence, const struct crowds *crowds,
			    const struct crowd *crowd, bool driven, struct findings *ret)
{
	char count[QUANTITY_SIZE];
	struct finding finding = crowd_finding(crowd, RULE_CONTEXT_IGNORED);
	finding.certainty = driven ? CERTAINTY_SUSPECT : CERTAINTY_LIKELY;
	finding.bytes = held_bytes(evidence, crowds, crowd);
	finding.title =
		crowd->count == 1
			? "a goroutine waits on, though its context is cancelled"
			: findings_text(
				  ret, "%s goroutines wait on, though their contexts are cancelled",
				  quantity_count(crowd->count, count));
	finding.why =
		"All contexts that it holds are cancelled: whoever asked for the work has given it up. It waits at a channel without ctx.Done() beside it, so that it has not noticed.";
	if (driven)
		finding.settle =
			"A goroutine that is still at work, or a timer, has that channel, and may be what is waited for on purpose: look again after a while (--over 30s).";
	return crowd_report(evidence, crowds, crowd, &finding, ret);
}

static struct error *find_flagged(const struct live_evidence *evidence, const bool *wanted,
				  bool driven, struct findings *ret)
{
	_cleanup_(crowds_deinit) struct crowds crowds = { 0 };
	TRY(crowds_gather_flagged(evidence, wanted, &crowds));
	for (size_t i = 0; i < crowds.list.count; i++)
		TRY(report(evidence, &crowds, &crowds.list.items[i], driven, ret));
	return NULL;
}

/* Whom do those wake who go on by themselves? They may be at what was asked for before it was given up. */
static struct error *tell_apart(const struct live_evidence *evidence, const bool *wanted,
				bool *ret_left)
{
	_cleanup_(liveness_cleanup) struct liveness *driven = NULL;
	TRY(liveness_find_driven(evidence->heap, &driven));
	for (size_t i = 0; i < evidence->goroutines->list.count; i++)
		ret_left[i] = wanted[i] &&
			      liveness_of(driven, &evidence->goroutines->list.items[i]) ==
				      LIVENESS_NEVER;
	return NULL;
}

struct error *given_up_find(const struct live_evidence *evidence, const struct contexts *contexts,
			    struct findings *ret)
{
	size_t count = evidence->goroutines->list.count;
	_cleanup_(free_pointer) bool *wanted = calloc(count + 1, sizeof(*wanted));
	_cleanup_(free_pointer) bool *left = calloc(count + 1, sizeof(*left));
	bool any = false;
	if (!wanted || !left)
		return error_no_memory();
	flag(evidence, contexts, wanted);
	for (size_t i = 0; i < count && !any; i++)
		any = wanted[i] && !evidence->claimed[i];
	if (!any)
		return NULL;
	TRY(tell_apart(evidence, wanted, left));
	TRY(find_flagged(evidence, left, false, ret));
	return find_flagged(evidence, wanted, true, ret);
}
