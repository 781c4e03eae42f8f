/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "leak/live/crowd.h"
#include "leak/live/past.h"
#include "model/quantity.h"

/*
 * L8 and L9, from two looks: goroutines that run or sleep in the same function at both. One by itself
 * may have much to do; that there are more of them now, and that none has ended, is what no
 * worker does. A select that runs at both looks spins: it should be waiting.
 */
#define FRESH_LEAST  2
#define FINDINGS_MAX 5

static bool sleeps(const struct goroutine *goroutine)
{
	return goroutine->wait.kind == WAIT_SLEEP || strcmp(goroutine->state_text, "sleep") == 0;
}

static bool runs(const struct goroutine *goroutine)
{
	return goroutine->state == GOROUTINE_RUNNING || goroutine->state == GOROUTINE_RUNNABLE ||
	       goroutine->state == GOROUTINE_PREEMPTED;
}

static bool is_wanted(const struct live_evidence *evidence, const struct goroutine *goroutine)
{
	(void)evidence;
	return goroutine->id != 1 && !goroutine->system && (sleeps(goroutine) || runs(goroutine));
}

static bool is_in_select(const struct goroutine *goroutine)
{
	static const char *const calls[] = { "runtime.selectgo", "runtime.selectnbrecv",
					     "runtime.selectnbsend" };
	for (uint32_t i = 0; i < goroutine->stack->count; i++) {
		for (size_t k = 0; k < ARRAY_SIZE(calls); k++) {
			if (strcmp(goroutine->stack->frames[i].function, calls[k]) == 0)
				return true;
		}
	}
	return false;
}

struct standing {
	uint64_t kept;    /* were there at the first look, in the same function */
	uint64_t fresh;   /* were not */
	uint64_t selects; /* run in a select now */
	uint64_t before;  /* that the same statement had started */
	uint64_t sleeping;
};

static struct standing standing_of(const struct live_evidence *evidence,
				   const struct crowds *crowds, const struct crowd *crowd)
{
	struct standing standing = {
		.before = live_past_count(evidence->past, &crowd->creation),
	};
	for (uint32_t i = crowd->first; i != CROWD_END; i = crowds->next[i]) {
		const struct goroutine *goroutine = &evidence->goroutines->list.items[i];
		bool kept = live_past_has(evidence, goroutine);
		standing.kept += kept;
		standing.fresh += !kept;
		standing.selects += kept && is_in_select(goroutine);
		standing.sleeping += sleeps(goroutine);
	}
	return standing;
}

static const char *does_words(bool select, const struct standing *standing, bool one)
{
	if (select)
		return one ? "runs in a select that should wait"
			   : "run in a select that should wait";
	if (standing->sleeping)
		return one ? "sleeps in a loop that has no end" : "sleep in a loop that has no end";
	return one ? "runs in a loop that has no end" : "run in a loop that has no end";
}

static struct error *report(const struct live_evidence *evidence, const struct crowds *crowds,
			    const struct crowd *crowd, const struct standing *standing,
			    struct findings *ret)
{
	char count[QUANTITY_SIZE], fresh[QUANTITY_SIZE];
	bool select = standing->selects > 0;
	bool grows = standing->fresh >= FRESH_LEAST && standing->kept >= standing->before;
	struct finding finding = crowd_finding(crowd, select ? RULE_EXIT_STAYS_IN_LOOP
							     : RULE_ENDLESS_LOOP);
	finding.certainty = grows ? CERTAINTY_LIKELY : CERTAINTY_SUSPECT;
	finding.growth_per_hour = live_per_hour(evidence->past, (int64_t)standing->fresh);
	finding.title = findings_text(ret, "%s goroutine%s %s", quantity_count(crowd->count, count),
				      crowd->count == 1 ? "" : "s",
				      does_words(select, standing, crowd->count == 1));
	finding.why = findings_text(
		ret, "%s of them stood there at the first look as well, and %s more came %s.",
		quantity_count(standing->kept, count), quantity_count(standing->fresh, fresh),
		live_past_since(evidence->past, ret));
	if (!grows)
		finding.settle = "Look again over a longer time: what works ends some day.";
	return crowd_report(evidence, crowds, crowd, &finding, ret);
}

static struct error *endless_find(const struct live_evidence *evidence, void *notes,
				  struct findings *ret)
{
	(void)notes;
	_cleanup_(crowds_deinit) struct crowds crowds = { 0 };
	unsigned found = 0;
	if (!evidence->past)
		return NULL;
	TRY(crowds_gather(evidence, is_wanted, &crowds));
	for (size_t i = 0; i < crowds.list.count && found < FINDINGS_MAX; i++) {
		const struct crowd *crowd = &crowds.list.items[i];
		struct standing standing = standing_of(evidence, &crowds, crowd);
		bool grows = standing.fresh >= FRESH_LEAST && standing.kept >= standing.before;
		/* One that sleeps is a job that comes back; several that began at once are workers. */
		if (!standing.kept || (!grows && !standing.selects))
			continue;
		TRY(report(evidence, &crowds, crowd, &standing, ret));
		found++;
	}
	return NULL;
}

const struct live_detector live_endless = { .find = endless_find };
