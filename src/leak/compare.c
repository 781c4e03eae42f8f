/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/compare.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/map.h"
#include "model/quantity.h"

/*
 * So many should have been there, had they come as before, and none is: by chance alone that
 * happens once in 150 times (e to the minus five).
 */
#define EXPECTED_ENOUGH 5.0

/* Two runs of the same work are never quite the same. */
#define SHARE_ENOUGH 0.9

/* Fewer goroutines than that are those of a start, and tell nothing of work. */
#define STARTED_ENOUGH 100

/* What was done now, as a share of what was done before; -1 unknown. */
static double share_of(int64_t now, int64_t before)
{
	return now < 0 || before <= 0 ? -1 : (double)now / (double)before;
}

/*
 * The lesser of time and work. Of the two that tell of work the greater: a fix may start fewer
 * goroutines, or allocate less, than what it mends did.
 */
static double share_done(const struct findings_moments *moments)
{
	const struct findings_work *before = &moments->before, *now = &moments->now;
	double time = share_of(now->uptime_ns, before->uptime_ns);
	double work = share_of(now->allocated, before->allocated);
	if (before->goroutines >= STARTED_ENOUGH)
		work = fmax(work, share_of(now->goroutines, before->goroutines));
	if (time < 0 || work < 0)
		return fmax(time, work);
	return fmin(time, work);
}

/* "up 3 min against 2 min, 5,120 goroutines started against 4,100" */
static const char *write_work(const struct findings_moments *moments, struct findings *findings)
{
	const struct findings_work *before = &moments->before, *now = &moments->now;
	char one[QUANTITY_SIZE], other[QUANTITY_SIZE];
	const char *text = "";
	if (now->uptime_ns >= 0 && before->uptime_ns >= 0)
		text = findings_text(findings, "up %s against %s",
				     quantity_duration(now->uptime_ns, one),
				     quantity_duration(before->uptime_ns, other));
	if (now->goroutines >= 0 && before->goroutines >= STARTED_ENOUGH)
		text = findings_text(findings, "%s%s%s goroutines started against %s", text,
				     *text ? ", " : "",
				     quantity_count((uint64_t)now->goroutines, one),
				     quantity_count((uint64_t)before->goroutines, other));
	if (now->allocated >= 0 && before->allocated > 0)
		text = findings_text(findings, "%s%s%s allocated against %s", text,
				     *text ? ", " : "", quantity_bytes(now->allocated, one),
				     quantity_bytes(before->allocated, other));
	return text;
}

/* Another finding of now that is of the same code, or of the same holder: it leaks in another way. */
static const struct finding *find_remainder(const struct finding *gone, const struct findings *now)
{
	for (size_t i = 0; i < now->list.count; i++) {
		const struct finding *finding = &now->list.items[i];
		const char *place = gone->place.function, *creator = gone->created_by.function;
		bool placed = place && finding->place.function &&
			      strcmp(place, finding->place.function) == 0;
		bool created = creator && finding->created_by.function &&
			       strcmp(creator, finding->created_by.function) == 0;
		bool held = gone->subject && finding->subject &&
			    strcmp(gone->subject, finding->subject) == 0;
		if (placed || created || held)
			return finding;
	}
	return NULL;
}

/*
 * Where one goroutine is enough for a proof, many that were expected and did not come say as much
 * as time does. Of what is found by its size or number nothing may be found at half of the time.
 */
static bool would_show(const struct finding *gone, double share)
{
	bool one_is_enough = gone->example && gone->certainty == CERTAINTY_PROVED;
	return share >= SHARE_ENOUGH ||
	       (one_is_enough && (double)gone->count * share >= EXPECTED_ENOUGH);
}

static void judge_gone(struct finding *gone, const struct findings *now,
		       const struct findings_moments *moments, struct findings *texts)
{
	const struct finding *remainder = find_remainder(gone, now);
	double share = share_done(moments);
	const char *work = write_work(moments, texts);
	const char *function = gone->place.function;
	gone->change = CHANGE_GONE;
	gone->mended = false;
	if (remainder) {
		const char *code = rules_get(remainder->rule)->code;
		gone->change_why = findings_text(
			texts, "the same code leaks in another way now: see %s", code);
	} else if (moments->now_is_blind) {
		gone->change_why = findings_text(texts, "gone, but it may have been missed: %s",
						 moments->now_is_blind);
	} else if (moments->same_build) {
		gone->change_why = "gone, but it is the same build: what the process was asked to "
				   "do decides, and nothing was mended";
	} else if (!would_show(gone, share)) {
		gone->change_why = findings_text(
			texts, "gone, but nothing shows that the same work was done%s%s",
			*work ? ": " : "", work);
	} else {
		gone->mended = true;
		bool removed = function && moments->has_function &&
			       !moments->has_function(moments->build, function);
		gone->change_why = findings_text(
			texts, "mended: %s%s%s. As much would have shown it%s%s%s",
			removed ? "this build has no function " : "none is left",
			removed ? function : "", removed ? ", and nothing of its kind is left" : "",
			*work ? " (" : "", work, *work ? ")" : "");
	}
}

static uint64_t key_of(const struct finding *finding)
{
	char text[FINGERPRINT_SIZE];
	finding_fingerprint(finding, text);
	return hash_bytes(text, sizeof(text) - 1) & INT64_MAX;
}

/* What holds it may have no name at one of the two: then by where it comes from. */
static uint64_t place_key_of(const struct finding *finding)
{
	uint64_t hash = hash_more_text(finding->rule, finding->place.function);
	return hash_more_text(hash, finding->created_by.function) & INT64_MAX;
}

static void note_stayed(struct finding *now, struct finding *before)
{
	now->change = before->change = CHANGE_STAYED;
	now->count_before = before->count;
	now->bytes_before = before->bytes;
}

static struct error *match_fingerprints(struct findings *now, struct findings *before)
{
	_cleanup_(map_deinit) struct map old = { 0 };
	struct map_slot *slot;
	for (size_t i = 0; i < before->list.count; i++) {
		before->list.items[i].change = CHANGE_GONE;
		TRY(map_insert(&old, key_of(&before->list.items[i]), i, &slot));
	}
	for (size_t i = 0; i < now->list.count; i++) {
		struct finding *finding = &now->list.items[i];
		finding->change = CHANGE_NEW;
		if ((slot = map_find(&old, key_of(finding))))
			note_stayed(finding, &before->list.items[slot->value]);
	}
	return NULL;
}

static struct error *match_places(struct findings *now, struct findings *before)
{
	_cleanup_(map_deinit) struct map old = { 0 };
	struct map_slot *slot;
	for (size_t i = 0; i < before->list.count; i++) {
		const struct finding *finding = &before->list.items[i];
		if (finding->change == CHANGE_GONE && finding->place.function)
			TRY(map_insert(&old, place_key_of(finding), i, &slot));
	}
	for (size_t i = 0; i < now->list.count; i++) {
		struct finding *finding = &now->list.items[i];
		if (finding->change != CHANGE_NEW ||
		    !(slot = map_find(&old, place_key_of(finding))))
			continue;
		if (before->list.items[slot->value].change == CHANGE_GONE)
			note_stayed(finding, &before->list.items[slot->value]);
	}
	return NULL;
}

struct error *findings_compare(struct findings *now, struct findings *before,
			       const struct findings_moments *moments)
{
	size_t kept = 0;
	TRY(match_fingerprints(now, before));
	TRY(match_places(now, before));
	for (size_t i = 0; i < before->list.count; i++) {
		struct finding finding = before->list.items[i];
		if (finding.change == CHANGE_STAYED)
			continue;
		judge_gone(&finding, now, moments, before);
		before->list.items[kept++] = finding;
	}
	before->list.count = kept;
	return findings_check(before);
}
