/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/profile/look.h"
#include "model/quantity.h"

/*
 * L17: goroutines that stand at one place, in very large numbers, or in more than before. A profile
 * has neither who started them, nor for how long they wait, nor for what: one cannot tell a leak
 * from load. From two it is likely when they wait for something that is no descriptor, and half as
 * many more have come. What waits for a descriptor is load; and so are those, as a rule, that are
 * as many as these are (a writer beside each reader of a connection).
 */
#define CROWD_LARGE    1000
#define FRESH_LEAST    100
#define FRESH_FEW      10
#define PAIRED_PERCENT 80
#define FINDINGS_MAX   10

static bool is_load(enum profile_wait wait)
{
	return wait == PROFILE_WAIT_IO || wait == PROFILE_WAIT_SYSCALL || wait == PROFILE_WAIT_NONE;
}

/* Those that wait for descriptors. */
static int64_t count_load(const struct profile_sites *sites)
{
	int64_t count = 0;
	for (uint32_t i = 0; i < sites->count; i++) {
		int64_t value = profile_sites_value(sites, i, 0);
		if (sites->list[i].wait == PROFILE_WAIT_IO && value > 0 && value < INT32_MAX)
			count += value;
	}
	return count;
}

static const char settle[] =
	"A profile does not say who started them, how long they have waited, or for what. A dump does (kill -QUIT, /debug/pprof/goroutine?debug=2), and a look at the process (dowse PID) proves who can never wake.";

static struct error *report(const struct profile_evidence *evidence, uint32_t site, int64_t count,
			    int64_t before, struct findings *ret)
{
	const struct profile_site *at = &evidence->sites.list[site];
	char text[QUANTITY_SIZE], more[QUANTITY_SIZE];
	int64_t fresh = evidence->before ? count - before : 0;
	bool grows = fresh >= FRESH_FEW && before > 0 && fresh >= before / 10;
	bool likely = fresh >= FRESH_LEAST && before > 0 && fresh >= before / 2 &&
		      at->wait != PROFILE_WAIT_SLEEP;
	struct finding finding = profile_finding(at, RULE_UNBOUNDED_GOROUTINES);
	finding.certainty = likely ? CERTAINTY_LIKELY : CERTAINTY_SUSPECT;
	finding.also = profile_also(at->wait);
	finding.count = (uint64_t)count;
	finding.state = profile_wait_text(at->wait);
	if (evidence->before && fresh > 0)
		finding.growth_per_hour = profile_evidence_pace(evidence, fresh);
	finding.title = findings_text(ret, "%s goroutines stand at one place: %s%s%s",
				      quantity_count((uint64_t)count, text), finding.state,
				      fresh > 0 ? ", more than before by " : "",
				      fresh > 0 ? quantity_count((uint64_t)fresh, more) : "");
	finding.why = grows ? findings_text(ret, "There were %s in the earlier profile.",
					    quantity_count((uint64_t)before, more))
			    : "That many are rarely meant.";
	finding.settle = settle;
	return finding_vector_append(&ret->list, &finding);
}

static bool is_notable(const struct profile_evidence *evidence, int64_t count, int64_t before,
		       int64_t load)
{
	if (load * 100 >= count * PAIRED_PERCENT)
		return false;
	if (evidence->before && before > 0 && count - before >= FRESH_LEAST &&
	    count - before >= before / 2)
		return true;
	return count >= CROWD_LARGE;
}

static struct error *crowds_find(const struct profile_evidence *evidence, struct findings *ret)
{
	unsigned found = 0;
	if (evidence->subject != PROFILE_OF_GOROUTINE)
		return NULL;
	int64_t load = count_load(&evidence->sites);
	for (uint32_t i = 0; i < evidence->sites.count && found < FINDINGS_MAX; i++) {
		int64_t count = profile_sites_value(&evidence->sites, i, 0);
		int64_t before = profile_evidence_before(evidence, i, 0);
		/* More than any process has had would be no number to reckon with. */
		if (count <= 0 || count > INT32_MAX || before < 0 || before > INT32_MAX ||
		    is_load(evidence->sites.list[i].wait) ||
		    !is_notable(evidence, count, before, load))
			continue;
		TRY(report(evidence, i, count, before, ret));
		found++;
	}
	return NULL;
}

const struct profile_detector profile_crowds = { .find = crowds_find };
