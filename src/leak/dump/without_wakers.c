/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/dump/gatherings.h"
#include "model/quantity.h"

/*
 * L6, and L7 without cases: the runtime's own words say that nothing can wake them. Of a dump that
 * breaks off, or of one goroutine alone, dowse does not know what else is missing.
 */
static bool is_wanted(const struct told_evidence *evidence, const struct goroutine *goroutine)
{
	(void)evidence;
	enum wait_kind kind = goroutine->wait.kind;
	return (kind == WAIT_NIL_CHANNEL || kind == WAIT_EMPTY_SELECT) && told_may_tell(goroutine);
}

static const char *title(const struct finding *finding, struct findings *findings)
{
	char count[QUANTITY_SIZE];
	bool one = finding->count == 1;
	const char *does = finding->rule == RULE_SELECT_WITHOUT_CASES ? "a select that has no case"
								      : "a nil channel";
	const char *verb = finding->rule == RULE_SELECT_WITHOUT_CASES ? one ? "waits in" : "wait in"
			   : finding->example->wait.send              ? one ? "sends to" : "send to"
			   : one                                      ? "receives from"
								      : "receive from";
	if (one)
		return findings_text(findings, "a goroutine %s %s", verb, does);
	return findings_text(findings, "%s goroutines %s %s", quantity_count(finding->count, count),
			     verb, does);
}

static struct error *report(const struct told_evidence *evidence, const struct gathering *gathering,
			    struct findings *ret)
{
	bool nil_channel = gathering->example->wait.kind == WAIT_NIL_CHANNEL;
	bool complete = evidence->dump->goroutines.complete;
	struct finding finding = gathering_finding(
		gathering, nil_channel ? RULE_NIL_CHANNEL : RULE_SELECT_WITHOUT_CASES);
	finding.certainty = complete ? CERTAINTY_PROVED : CERTAINTY_LIKELY;
	finding.title = title(&finding, ret);
	finding.why =
		nil_channel
			? "The dump says that the channel is nil: nobody else can reach it, and nothing ever sends, receives or closes."
			: "The dump says that the select has no cases: nothing ever wakes it.";
	if (!complete)
		finding.settle =
			"The dump is not whole: a whole one, or dowse on the process itself, would prove it.";
	return gathering_report(evidence, gathering, &finding, ret);
}

struct error *told_without_wakers(const struct told_evidence *evidence, struct findings *ret)
{
	_cleanup_(gatherings_deinit) struct gathering_vector list = { 0 };
	TRY(gatherings_collect(evidence, is_wanted, &list));
	for (size_t i = 0; i < list.count; i++)
		TRY(report(evidence, &list.items[i], ret));
	return NULL;
}
