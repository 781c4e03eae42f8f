/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/map.h"
#include "leak/live/contexts.h"
#include "leak/live/crowd.h"
#include "leak/live/given_up.h"
#include "leak/live/liveness.h"
#include "leak/live/waits_name.h"
#include "leak/live/waits_rule.h"
#include "model/quantity.h"

/*
 * Goroutines that nobody can wake, by what they wait for: L1 to L5, L7, L12, L39, L41. What they
 * hold, stacks and objects that nobody else reaches, is theirs to free: L18.
 */
static bool is_wanted(const struct live_evidence *evidence, const struct goroutine *goroutine)
{
	return goroutine->id != 1 && liveness_of(evidence->liveness, goroutine) == LIVENESS_NEVER;
}

/* By rule: what one does, what several do, why that never ends. */
static const struct words {
	enum rule_id rule;
	const char *one;
	const char *several;
	const char *why;
} all_words[] = {
	{ RULE_RECEIVE_WITHOUT_SENDER, "receives from a channel that nobody can send to",
	  "receive from channels that nobody can send to",
	  "Nobody who is still able to run can reach the channel: nothing is ever sent on it, and nobody closes it." },
	{ RULE_RANGE_WITHOUT_CLOSE, "receives until its channel is closed, which nobody can do",
	  "receive until their channels are closed, which nobody can do",
	  "Whoever sent has gone without closing the channel, and nobody who is still able to run can reach it." },
	{ RULE_SEND_WITHOUT_RECEIVER, "sends on a channel that nobody can receive from",
	  "send on channels that nobody can receive from",
	  "The channel has no room, and nobody who is still able to run can reach it: whoever was to receive has gone." },
	{ RULE_FIRST_RESULT_WINS, "sends on a channel that nobody receives from any more",
	  "send on channels that nobody receives from any more",
	  "Several send on one channel without room, and the receiver has gone, as one does who takes the first result alone. Nobody who is still able to run can reach the channel." },
	{ RULE_SEND_TO_FULL_CHANNEL, "sends on a full channel that nobody can empty",
	  "send on full channels that nobody can empty",
	  "The channel has room for fewer values than were sent, and nobody who is still able to run can reach it." },
	{ RULE_SELECT_NEVER_READY, "waits in a select none of whose cases can become ready",
	  "wait in selects none of whose cases can become ready",
	  "Nobody who is still able to run can reach any of its channels." },
	{ RULE_LOCK_NEVER_RELEASED, "waits for a lock that nobody can release",
	  "wait for locks that nobody can release",
	  "Whoever took the lock has gone or waits for ever as well: nobody who is still able to run can reach it." },
	{ RULE_WAITGROUP_NEVER_DONE, "waits for a WaitGroup that nobody can call Done on",
	  "wait for WaitGroups that nobody can call Done on",
	  "Its counter is not zero, and nobody who is still able to run can reach it: a Done is missing, or who was to call it waits for ever." },
	{ RULE_COND_NEVER_SIGNALLED, "waits for a sync.Cond that nobody can signal",
	  "wait for sync.Conds that nobody can signal",
	  "Nobody who is still able to run can reach the sync.Cond, to call Signal or Broadcast." },
	{ RULE_NIL_CHANNEL, "receives from a nil channel", "receive from a nil channel",
	  "A nil channel can be reached by nobody else: nothing ever sends, receives or closes." },
	{ RULE_SELECT_WITHOUT_CASES, "waits in a select that has no case",
	  "wait in selects that have no case",
	  "There is no channel in it that could become ready: nothing ever wakes it." },
};

static const struct words sends_to_nil = {
	RULE_NIL_CHANNEL, "sends to a nil channel", "send to a nil channel",
	"A nil channel can be reached by nobody else: nobody will ever receive."
};

static const struct words *words_of(const struct finding *finding)
{
	if (finding->rule == RULE_NIL_CHANNEL && finding->example->wait.send)
		return &sends_to_nil;
	for (size_t i = 0; i < ARRAY_SIZE(all_words); i++) {
		if (all_words[i].rule == finding->rule)
			return &all_words[i];
	}
	return &all_words[0];
}

static void describe(const struct live_evidence *evidence, struct finding *finding,
		     struct findings *findings)
{
	const struct words *words = words_of(finding);
	const char *doubt = liveness_doubt(evidence->liveness);
	char count[QUANTITY_SIZE];
	finding->title = finding->count == 1 ? findings_text(findings, "a goroutine %s", words->one)
					     : findings_text(findings, "%s goroutines %s",
							     quantity_count(finding->count, count),
							     words->several);
	finding->why = words->why;
	finding->certainty = doubt || evidence->guessed ? CERTAINTY_LIKELY : CERTAINTY_PROVED;
	if (doubt)
		finding->settle = doubt;
	else if (evidence->guessed)
		finding->settle =
			"This Go release is not known yet: see the warning. A dump by the program itself would tell.";
}

/* Other rules that the same goroutines answer to. */
static uint64_t also_of(const struct live_evidence *evidence, const struct contexts *contexts,
			const struct crowd *crowd, uint64_t held)
{
	uint64_t also = 0;
	/* Then it is not their stacks that matter most. */
	if (held > crowd->stack_bytes)
		also |= UINT64_C(1) << RULE_LEAKED_GOROUTINE_HOLDS_MEMORY;
	if (given_up(evidence, contexts, crowd->example))
		also |= UINT64_C(1) << RULE_CONTEXT_IGNORED;
	return also;
}

static struct error *find_crowds(const struct live_evidence *evidence,
				 const struct contexts *contexts, const struct crowds *crowds,
				 struct liveness_holding *holding, struct findings *ret)
{
	for (size_t i = 0; i < crowds->list.count; i++)
		TRY(liveness_hold(holding, crowds->next, crowds->list.items[i].first,
				  (uint32_t)i + 1));
	for (size_t i = 0; i < crowds->list.count; i++) {
		const struct crowd *crowd = &crowds->list.items[i];
		enum rule_id rule;
		TRY(waits_rule(evidence, crowds, crowd, &rule));
		struct finding finding = crowd_finding(crowd, rule);
		uint64_t held = liveness_held(holding, (uint32_t)i + 1);
		finding.bytes = (int64_t)(crowd->stack_bytes + held);
		finding.also = also_of(evidence, contexts, crowd, held);
		TRY(waits_name(evidence, crowd->example,
			       liveness_root(evidence->liveness, crowd->example), ret,
			       &finding.subject));
		describe(evidence, &finding, ret);
		TRY(crowd_report(evidence, crowds, crowd, &finding, ret));
	}
	return NULL;
}

static struct error *find_unreachable(const struct live_evidence *evidence,
				      const struct contexts *contexts, struct findings *ret)
{
	_cleanup_(crowds_deinit) struct crowds crowds = { 0 };
	_cleanup_(liveness_holding_cleanup) struct liveness_holding *holding = NULL;
	TRY(crowds_gather(evidence, is_wanted, &crowds));
	if (!crowds.list.count)
		return NULL;
	TRY(liveness_holding_create(evidence->liveness, &holding));
	return find_crowds(evidence, contexts, &crowds, holding, ret);
}

static struct error *unreachable_read(const struct live_evidence *evidence, void **ret_notes)
{
	struct contexts *contexts;
	TRY(contexts_read(evidence->heap, &contexts));
	*ret_notes = contexts;
	return NULL;
}

static struct error *unreachable_find(const struct live_evidence *evidence, void *notes,
				      struct findings *ret)
{
	if (!evidence->liveness || !notes)
		return NULL;
	TRY(find_unreachable(evidence, notes, ret));
	return given_up_find(evidence, notes, ret);
}

static void unreachable_forget(void *notes)
{
	contexts_destroy(notes);
}

const struct live_detector live_unreachable = {
	.read = unreachable_read,
	.find = unreachable_find,
	.forget = unreachable_forget,
};
