/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/map.h"
#include "leak/live/age.h"
#include "leak/live/crowd.h"
#include "leak/live/past.h"
#include "leak/load.h"
#include "model/quantity.h"

/*
 * L17: a crowd of goroutines that one go statement started and that wait at one place. Two looks
 * tell whether it grows: more have come, and those of the first look are all still there. One look
 * cannot, so that this stays a suspicion, and the thresholds are set to be silent about what well
 * programs do:
 *
 *   - 1,000 that wait, or 100 of which one has waited for 10 s or two collections: servers have
 *     dozens of parked helpers, one or a few a connection pool, informer or queue;
 *   - all receiving from one channel is what an idle pool of workers does: 1,000 and no less;
 *   - waiting for a descriptor is waiting for somebody outside: that is load, and descriptors are
 *     bounded; goroutines that come in pairs with those (a writer beside each reader of a
 *     connection) are load too;
 *   - who serves a client that is still there, or a stream of one, is not called a leak for being
 *     one of many that come: clients may well wait for long.
 */
#define CROWD_LARGE   1000
#define CROWD_NOTABLE 100
#define FINDINGS_MAX  5
#define TOLD_LEAST    10 /* by two looks: as many must have come at least */

static bool is_wanted(const struct live_evidence *evidence, const struct goroutine *goroutine)
{
	enum wait_kind kind = goroutine->wait.kind;
	if (goroutine->id == 1 || goroutine->system || goroutine->state != GOROUTINE_WAITING)
		return false;
	/* Where waits were not decoded, the state still tells. */
	if (kind == WAIT_DESCRIPTOR || kind == WAIT_RUNTIME ||
	    strstr(goroutine->state_text, "IO wait"))
		return false;
	return !live_never_wakes(evidence->goroutines, goroutine);
}

struct awaited {
	size_t different; /* things that they wait for; 0 when unknown */
	uint32_t senders;
	uint32_t receivers;
};

static void awaited_add(const struct goroutine *goroutine, struct map *seen, bool *known,
			struct awaited *ret)
{
	const struct wait *wait = &goroutine->wait;
	uint64_t address = wait->address;
	if (wait->kind == WAIT_CHANNEL && wait->channel_count == 1) {
		address = wait->channels[0].address;
		ret->senders += wait->channels[0].send;
		ret->receivers += !wait->channels[0].send;
	}
	struct map_slot *slot;
	if (!address || address == UINT64_MAX || !error_ignore(map_insert(seen, address, 0, &slot)))
		*known = false;
}

static struct awaited awaited_of(const struct live_evidence *evidence, const struct crowds *crowds,
				 const struct crowd *crowd)
{
	_cleanup_(map_deinit) struct map seen = { 0 };
	struct awaited awaited = { 0 };
	bool known = true;
	for (uint32_t i = crowd->first; i != CROWD_END; i = crowds->next[i])
		awaited_add(&evidence->goroutines->list.items[i], &seen, &known, &awaited);
	awaited.different = known ? seen.count : 0;
	return awaited;
}

static bool is_load(const struct live_evidence *evidence, const struct crowd *crowd)
{
	return load_is_paired(evidence->groups, &crowd->creation, crowd->count);
}

static bool is_notable(const struct live_evidence *evidence, const struct crowd *crowd,
		       const struct awaited *awaited)
{
	const struct live_age age = live_age_of(evidence);
	bool pool = awaited->different == 1 && awaited->receivers == crowd->count;
	if (crowd->count >= CROWD_LARGE)
		return true;
	return !pool && crowd->count >= CROWD_NOTABLE && live_age_is_high(&age, crowd->example);
}

static const char *crowd_why(const struct crowd *crowd, const struct awaited *awaited)
{
	if (awaited->different == 1 && awaited->receivers == crowd->count)
		return "All of them receive from one channel: an idle pool of workers, or workers whose channel is never closed.";
	if (awaited->different == 1 && awaited->senders == crowd->count)
		return "All of them send to one channel, which nobody empties fast enough, or at all.";
	if (awaited->different == 1)
		return "All of them wait for one thing, that nobody lets go of for long, or at all.";
	if (awaited->different == crowd->count)
		return "Each waits for something of its own, which a pool of workers does not do.";
	return "One statement started them all, and they wait at one place.";
}

/* Since the first look. */
static struct load_change change_of(const struct live_evidence *evidence,
				    const struct crowds *crowds, const struct crowd *crowd)
{
	struct load_change change = { 0 };
	for (uint32_t i = crowd->first; i != CROWD_END; i = crowds->next[i]) {
		bool kept = live_past_has(evidence, &evidence->goroutines->list.items[i]);
		change.kept += kept;
		change.fresh += !kept;
	}
	uint64_t before = live_past_count(evidence->past, &crowd->creation);
	change.gone = before > change.kept ? before - change.kept : 0;
	return change;
}

/*
 * What they may be as well: who can still be woken waits for somebody who could, and perhaps never
 * will. A set of rules.
 */
static uint64_t also_of(const struct crowd *crowd, const struct awaited *awaited)
{
	const struct wait *wait = &crowd->example->wait;
	if (awaited->receivers == crowd->count && awaited->different == crowd->count)
		return UINT64_C(1) << RULE_RECEIVE_WITHOUT_SENDER;
	if (awaited->senders != crowd->count || !wait->channel_count)
		return 0;
	return UINT64_C(1) << (wait->channels[0].capacity ? RULE_SEND_TO_FULL_CHANNEL
							  : RULE_SEND_WITHOUT_RECEIVER);
}

static struct error *report(const struct live_evidence *evidence, const struct crowds *crowds,
			    const struct crowd *crowd, const struct awaited *awaited,
			    struct findings *ret)
{
	char count[QUANTITY_SIZE];
	struct finding finding = crowd_finding(crowd, RULE_UNBOUNDED_GOROUTINES);
	finding.certainty = CERTAINTY_SUSPECT;
	finding.title = findings_text(ret, "%s goroutines wait at one place: %s",
				      quantity_count(crowd->count, count),
				      crowd->example->state_text);
	finding.why = crowd_why(crowd, awaited);
	finding.also = also_of(crowd, awaited);
	finding.settle =
		"Count them again after a while at like load (--over 30s): a pool keeps its size, a leak grows.";
	return crowd_report(evidence, crowds, crowd, &finding, ret);
}

static struct error *report_growing(const struct live_evidence *evidence,
				    const struct crowds *crowds, const struct crowd *crowd,
				    const struct awaited *awaited, const struct load_change *change,
				    struct findings *ret)
{
	char count[QUANTITY_SIZE], fresh[QUANTITY_SIZE];
	const char *since = live_past_since(evidence->past, ret);
	struct finding finding = crowd_finding(crowd, RULE_UNBOUNDED_GOROUTINES);
	finding.certainty = CERTAINTY_LIKELY;
	finding.growth_per_hour = live_per_hour(evidence->past,
						(int64_t)(change->fresh - change->gone));
	finding.title = findings_text(
		ret, "%s goroutines wait at one place, and %s of them came %s",
		quantity_count(crowd->count, count), quantity_count(change->fresh, fresh), since);
	finding.why = findings_text(ret, "%s %s of those that were there before %s.",
				    crowd_why(crowd, awaited),
				    change->gone ? quantity_count(change->gone, count) : "None",
				    change->gone == 1 ? "has ended"
				    : change->gone    ? "have ended"
						      : "has ended");
	return crowd_report(evidence, crowds, crowd, &finding, ret);
}

/* True when there is something to say of it. */
static struct error *judge(const struct live_evidence *evidence, const struct crowds *crowds,
			   const struct crowd *crowd, struct findings *ret, bool *ret_found)
{
	struct awaited awaited = awaited_of(evidence, crowds, crowd);
	*ret_found = true;
	if (evidence->past) {
		struct load_change change = change_of(evidence, crowds, crowd);
		if (load_change_grows(&change) && !is_load(evidence, crowd) &&
		    !load_is_served(evidence->groups, crowd->example, crowd->count))
			return report_growing(evidence, crowds, crowd, &awaited, &change, ret);
	}
	*ret_found = crowd->count >= CROWD_NOTABLE && is_notable(evidence, crowd, &awaited) &&
		     !is_load(evidence, crowd);
	return *ret_found ? report(evidence, crowds, crowd, &awaited, ret) : NULL;
}

static struct error *many_goroutines_find(const struct live_evidence *evidence, void *notes,
					  struct findings *ret)
{
	(void)notes;
	_cleanup_(crowds_deinit) struct crowds crowds = { 0 };
	TRY(crowds_gather(evidence, is_wanted, &crowds));
	unsigned found = 0;
	/* Largest first: the rest are smaller still. */
	for (size_t i = 0; i < crowds.list.count && found < FINDINGS_MAX; i++) {
		bool is_finding;
		if (crowds.list.items[i].count < (evidence->past ? TOLD_LEAST : CROWD_NOTABLE))
			break;
		TRY(judge(evidence, &crowds, &crowds.list.items[i], ret, &is_finding));
		found += is_finding;
	}
	return NULL;
}

const struct live_detector live_many_goroutines = { .find = many_goroutines_find };
