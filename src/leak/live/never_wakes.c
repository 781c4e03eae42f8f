/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "leak/live/crowd.h"
#include "model/quantity.h"

/*
 * L6, and L7 without cases: goroutines that the runtime parked with nothing to wake them. No
 * other goroutine takes part, so that this needs neither the heap nor a second look. It holds even
 * for a process that was not stopped: such a wait, once begun, is the goroutine's last state.
 */

static bool is_reported_at_all(const struct goroutine *goroutine)
{
	return goroutine->id != 1 && !goroutine->system && !goroutine->bubble &&
	       goroutine->state == GOROUTINE_WAITING;
}

/* The runtime says so itself; not concluded from a select whose channels were not seen. */
static bool is_said_by_runtime(const struct goroutine *goroutine)
{
	return strstr(goroutine->state_text, "(no cases)") ||
	       strstr(goroutine->state_text, "(nil chan)");
}

bool live_never_wakes(const struct goroutines *goroutines, const struct goroutine *goroutine)
{
	enum wait_kind kind = goroutine->wait.kind;
	if (kind != WAIT_NIL_CHANNEL && kind != WAIT_EMPTY_SELECT)
		return false;
	/* A text that breaks off may have lost more than its end. */
	if (goroutines->told && !goroutines->complete)
		return false;
	return is_reported_at_all(goroutine) &&
	       (!goroutines->torn || is_said_by_runtime(goroutine));
}

static bool is_wanted(const struct live_evidence *evidence, const struct goroutine *goroutine)
{
	return live_never_wakes(evidence->goroutines, goroutine);
}

static const char *never_wakes_title(const struct finding *finding, struct findings *findings)
{
	const char *does;
	bool one = finding->count == 1;
	if (finding->rule == RULE_SELECT_WITHOUT_CASES)
		does = one ? "waits in a select that has no case"
			   : "wait in a select that has no case";
	else if (finding->example->wait.send)
		does = one ? "sends to a nil channel" : "send to a nil channel";
	else
		does = one ? "receives from a nil channel" : "receive from a nil channel";
	char count[QUANTITY_SIZE];
	return one ? findings_text(findings, "a goroutine %s", does)
		   : findings_text(findings, "%s goroutines %s",
				   quantity_count(finding->count, count), does);
}

static struct error *never_wakes_find(const struct live_evidence *evidence, void *notes,
				      struct findings *ret)
{
	(void)notes;
	_cleanup_(crowds_deinit) struct crowds crowds = { 0 };
	/* With a heap these are among those that nobody can wake, with what they hold. */
	if (evidence->liveness)
		return NULL;
	TRY(crowds_gather(evidence, is_wanted, &crowds));
	for (size_t i = 0; i < crowds.list.count; i++) {
		const struct crowd *crowd = &crowds.list.items[i];
		bool nil_channel = crowd->example->wait.kind == WAIT_NIL_CHANNEL;
		struct finding finding = crowd_finding(
			crowd, nil_channel ? RULE_NIL_CHANNEL : RULE_SELECT_WITHOUT_CASES);
		finding.certainty = evidence->guessed ? CERTAINTY_LIKELY : CERTAINTY_PROVED;
		finding.title = never_wakes_title(&finding, ret);
		finding.why =
			nil_channel
				? "A nil channel can be reached by nobody else: nothing ever sends, receives or closes."
				: "There is no channel in it that could become ready: nothing ever wakes it.";
		if (evidence->guessed)
			finding.settle =
				"This Go release is not known yet: see the warning. A dump by the program itself would tell.";
		TRY(crowd_report(evidence, &crowds, crowd, &finding, ret));
	}
	return NULL;
}

const struct live_detector live_without_wakers = { .find = never_wakes_find };
