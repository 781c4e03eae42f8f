/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "leak/dump/gatherings.h"
#include "leak/load.h"
#include "model/quantity.h"

/*
 * Many goroutines that one statement has started and that wait at one place. A dump does not say
 * for what they wait, so that it takes one of these to be more than a suspicion:
 *
 *   - a dump of the process from some minutes before: more have come, and those of then are all still there;
 *   - their minutes: the older one is, the longer it has waited, over a span of time in which the
 *     program started much besides. So each has stopped there once it was started, and none
 *     has gone on since. Of a pool's workers all are started together, and whoever has worked last
 *     has waited least, whatever its age.
 *
 * Goroutines that come in pairs with those that wait for a connection are load.
 */
#define CROWD_LARGE   1000
#define CROWD_NOTABLE 100
#define FINDINGS_MAX  5
#define LOOKED_MAX    100 /* crowds that would be findings if they were no load */
#define TOLD_LEAST    10

/* For the minutes to tell something. */
#define AGES_LEAST     20
#define AGE_SPAN_NS    (INT64_C(5) * 60 * 1000000000)
#define AGES_DIFFERENT 4
#define OTHERS_BETWEEN 2  /* goroutines that the program has started meanwhile, for each of them */
#define IN_ORDER       95 /* of a hundred neighbours by age */

static bool is_wanted(const struct told_evidence *evidence, const struct goroutine *goroutine)
{
	(void)evidence;
	if (!told_may_tell(goroutine))
		return false;
	if (goroutine->state == GOROUTINE_UNKNOWN)
		return true; /* counted stacks tell none */
	return goroutine->state == GOROUTINE_WAITING && goroutine->wait.kind != WAIT_DESCRIPTOR;
}

struct age {
	uint64_t id;
	int64_t wait_ns; /* 0: less than a minute */
};

static int compare_ages(const void *left, const void *right)
{
	const struct age *a = left, *b = right;
	return a->id < b->id ? -1 : a->id > b->id;
}

/* Does each one wait since it was started? See above. */
static struct error *waits_by_age(const struct told_evidence *evidence,
				  const struct gathering *crowd, bool *ret)
{
	size_t count = crowd->members.count, in_order = 0, different = 1;
	_cleanup_(free_pointer) struct age *ages = calloc(count + 1, sizeof(*ages));
	*ret = false;
	if (!ages)
		return error_no_memory();
	if (count < AGES_LEAST || crowd->wait_max_ns < AGE_SPAN_NS)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		const struct goroutine *goroutine =
			&evidence->dump->goroutines.list.items[crowd->members.items[i]];
		ages[i] = (struct age){ goroutine->id, MAX(goroutine->wait_ns, INT64_C(0)) };
	}
	qsort(ages, count, sizeof(*ages), compare_ages);
	for (size_t i = 1; i < count; i++) {
		in_order += ages[i].wait_ns <= ages[i - 1].wait_ns;
		different += ages[i].wait_ns < ages[i - 1].wait_ns;
	}
	uint64_t started = ages[count - 1].id - ages[0].id;
	*ret = in_order * 100 >= (count - 1) * IN_ORDER && different >= AGES_DIFFERENT &&
	       ages[0].wait_ns - ages[count - 1].wait_ns >= AGE_SPAN_NS &&
	       started >= count * OTHERS_BETWEEN;
	return NULL;
}

/* Since the earlier dump. */
static struct load_change change_of(const struct told_evidence *evidence,
				    const struct gathering *crowd)
{
	struct load_change change = { 0 };
	for (size_t i = 0; evidence->earlier && i < crowd->members.count; i++) {
		bool kept = told_was_there(
			evidence, &evidence->dump->goroutines.list.items[crowd->members.items[i]]);
		change.kept += kept;
		change.fresh += !kept;
	}
	uint64_t before = evidence->earlier ? told_count_before(evidence, &crowd->creation) : 0;
	change.gone = before > change.kept ? before - change.kept : 0;
	return change;
}

/* By its state alone. */
static enum rule_id rule_of(const struct goroutine *goroutine)
{
	if (goroutine->wait.kind == WAIT_CHANNEL)
		return goroutine->wait.send ? RULE_SEND_WITHOUT_RECEIVER
					    : RULE_RECEIVE_WITHOUT_SENDER;
	return goroutine->wait.kind == WAIT_SELECT ? RULE_SELECT_NEVER_READY
						   : RULE_UNBOUNDED_GOROUTINES;
}

#define RULE_BIT(rule) (UINT64_C(1) << (rule))

static uint64_t also_of(enum rule_id rule)
{
	uint64_t also = rule == RULE_UNBOUNDED_GOROUTINES ? 0 : RULE_BIT(RULE_UNBOUNDED_GOROUTINES);
	if (rule == RULE_SEND_WITHOUT_RECEIVER)
		also |= RULE_BIT(RULE_SEND_TO_FULL_CHANNEL);
	return also;
}

static const char *state_of(const struct gathering *crowd)
{
	const char *state = crowd->example->state_text;
	return *state ? state : "what they do is not told";
}

static struct finding begin(const struct gathering *crowd, enum certainty certainty)
{
	enum rule_id rule = rule_of(crowd->example);
	/* What they wait for is seen by its growth alone as long as that is a suspicion. */
	if (certainty == CERTAINTY_SUSPECT)
		rule = RULE_UNBOUNDED_GOROUTINES;
	struct finding finding = gathering_finding(crowd, rule);
	finding.certainty = certainty;
	finding.also = certainty == CERTAINTY_SUSPECT
			       ? RULE_BIT(rule_of(crowd->example)) & ~RULE_BIT(rule)
			       : also_of(rule);
	return finding;
}

static const char settle_by_process[] =
	"A dump does not say who could wake them: dowse on the process (dowse PID), a core or a snapshot of it would prove it.";

static struct error *report_growing(const struct told_evidence *evidence,
				    const struct gathering *crowd, const struct load_change *change,
				    struct findings *ret)
{
	char count[QUANTITY_SIZE], fresh[QUANTITY_SIZE], gone[QUANTITY_SIZE];
	/* What an earlier dump does not have it may have lost; and in a moment clients may come and stay. */
	bool sure = evidence->earlier->goroutines.complete && evidence->minutes_apart;
	struct finding finding = begin(crowd, sure ? CERTAINTY_LIKELY : CERTAINTY_SUSPECT);
	if (evidence->elapsed_ns > 0)
		finding.growth_per_hour = (int64_t)((double)(change->fresh - change->gone) *
						    3600e9 / (double)evidence->elapsed_ns);
	finding.title = findings_text(
		ret, "%s goroutines wait at one place, and %s of them came since the earlier dump",
		quantity_count(crowd->count, count), quantity_count(change->fresh, fresh));
	finding.why = findings_text(
		ret, "One statement started them all; %s of those that were there before %s ended.",
		change->gone ? quantity_count(change->gone, gone) : "none",
		change->gone > 1 ? "have" : "has");
	finding.settle =
		evidence->minutes_apart
			? settle_by_process
			: "Nothing shows that the dumps are minutes apart: two that are tell more (dowse EARLIER LATER), and so does dowse on the process (dowse PID).";
	return gathering_report(evidence, crowd, &finding, ret);
}

static struct error *report_by_age(const struct told_evidence *evidence,
				   const struct gathering *crowd, bool served, struct findings *ret)
{
	char count[QUANTITY_SIZE];
	bool selects = crowd->example->wait.kind == WAIT_SELECT;
	/*
	 * Who selects can be woken by more than one; and a subscriber, or who serves a client, may
	 * well wait for hours.
	 */
	/* Who sleeps, or waits for what the dump does not tell, may be about its work. */
	bool suspected = selects || served || rule_of(crowd->example) == RULE_UNBOUNDED_GOROUTINES;
	struct finding finding = begin(crowd, suspected ? CERTAINTY_SUSPECT : CERTAINTY_LIKELY);
	finding.title = findings_text(ret,
				      "%s goroutines wait at one place, each since it came: %s",
				      quantity_count(crowd->count, count), state_of(crowd));
	finding.why =
		"The older one is, the longer it has waited: each stopped here at another time, and none has gone on since. Workers of a pool would have taken turns.";
	finding.settle = settle_by_process;
	return gathering_report(evidence, crowd, &finding, ret);
}

static struct error *report_size(const struct told_evidence *evidence,
				 const struct gathering *crowd, struct findings *ret)
{
	char count[QUANTITY_SIZE];
	struct finding finding = begin(crowd, CERTAINTY_SUSPECT);
	finding.title = findings_text(ret, "%s goroutines wait at one place: %s",
				      quantity_count(crowd->count, count), state_of(crowd));
	finding.why = "One statement started them all, and they wait at one place.";
	if (evidence->dump->form == DUMP_COUNTS)
		finding.why = "They stand at one place.";
	finding.settle =
		"A second dump after a while at like load tells whether they grow (dowse EARLIER LATER); dowse on the process (dowse PID) tells who could wake them.";
	return gathering_report(evidence, crowd, &finding, ret);
}

/* Is it load? Asked of what would be a finding else: each time all groups are looked through. */
static bool is_load(const struct told_evidence *evidence, const struct gathering *crowd)
{
	return load_waits_for_descriptor(crowd->example) ||
	       load_is_paired(evidence->groups, &crowd->creation, crowd->count);
}

static struct error *judge(const struct told_evidence *evidence, const struct gathering *crowd,
			   struct findings *ret, unsigned *looked, bool *ret_found)
{
	struct load_change change = change_of(evidence, crowd);
	bool grows = load_change_grows(&change), by_age = false;
	bool large = crowd->count >= CROWD_LARGE ||
		     (crowd->count >= CROWD_NOTABLE && crowd->wait_max_ns > 0);
	if (evidence->dump->form == DUMP_STACKS)
		TRY(waits_by_age(evidence, crowd, &by_age));
	*ret_found = false;
	if (!grows && !by_age && !large)
		return NULL;
	++*looked;
	bool served = load_is_served(evidence->groups, crowd->example, crowd->count);
	*ret_found = !is_load(evidence, crowd) && ((grows && !served) || by_age || large);
	if (!*ret_found)
		return NULL;
	if (grows && !served)
		return report_growing(evidence, crowd, &change, ret);
	return by_age ? report_by_age(evidence, crowd, served, ret)
		      : report_size(evidence, crowd, ret);
}

struct error *told_crowds(const struct told_evidence *evidence, struct findings *ret)
{
	_cleanup_(gatherings_deinit) struct gathering_vector list = { 0 };
	TRY(gatherings_collect(evidence, is_wanted, &list));
	unsigned found = 0, looked = 0;
	/* Largest first: the rest are smaller still. */
	for (size_t i = 0; i < list.count && found < FINDINGS_MAX && looked < LOOKED_MAX; i++) {
		bool is_finding = false;
		if (list.items[i].count < (evidence->earlier ? TOLD_LEAST : AGES_LEAST))
			break;
		TRY(judge(evidence, &list.items[i], ret, &looked, &is_finding));
		found += is_finding;
	}
	return NULL;
}
