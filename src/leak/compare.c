/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/compare.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/map.h"
#include "model/quantity.h"

/*
 * So many times it should have happened, had it come as before, and it never has: by chance alone that
 * is so once in 150 times (e to the minus five). Goroutines that began to wait within a moment of each
 * other may be of one request: that is one time.
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
 * goroutines, or allocate less, than what it mends did. Time alone is no work: who is up as long may
 * have been idle.
 */
static double share_done(const struct findings_moments *moments)
{
	const struct findings_work *before = &moments->before, *now = &moments->now;
	double time = share_of(now->uptime_ns, before->uptime_ns);
	double work = share_of(now->allocated, before->allocated);
	if (before->goroutines >= STARTED_ENOUGH)
		work = fmax(work, share_of(now->goroutines, before->goroutines));
	return time < 0 || work < 0 ? work : fmin(time, work);
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

static bool is_same(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

/* Of memory alone: what goroutines wait for is called "ch" or "done" in many functions. */
static const char *holder_of(const struct finding *finding)
{
	return finding->example ? NULL : finding->subject;
}

/*
 * Another finding of now that is of the same code, or of the same holder: it leaks in another way.
 * One that was there before as well says nothing of it, unless it is in the same function; nor does a
 * library's function that starts goroutines for all of a program, as a server does.
 */
static const struct finding *find_remainder(const struct finding *gone, const struct findings *now,
					    const struct findings_moments *moments)
{
	const struct place *creator = &gone->created_by;
	bool own = creator->function && place_is_users(&moments->places, creator->function);
	for (size_t i = 0; i < now->list.count; i++) {
		const struct finding *finding = &now->list.items[i];
		bool fresh = finding->change == CHANGE_NEW;
		if (is_same(gone->place.function, finding->place.function))
			return finding;
		if (fresh && ((own && is_same(creator->function, finding->created_by.function)) ||
			      is_same(holder_of(gone), holder_of(finding))))
			return finding;
	}
	return NULL;
}

/*
 * Where one goroutine is enough for a proof, many times that were expected and did not come say as
 * much as time does. Of what is found by its size or number nothing may be found at half of the time.
 */
static bool would_show(const struct finding *gone, double share)
{
	bool one_is_enough = gone->example && gone->certainty == CERTAINTY_PROVED;
	return share >= SHARE_ENOUGH ||
	       (one_is_enough && (double)gone->times * share >= EXPECTED_ENOUGH);
}

static void judge_gone(struct finding *gone, const struct findings *now,
		       const struct findings_moments *moments, struct findings *texts)
{
	const struct finding *remainder = find_remainder(gone, now, moments);
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
	} else if (moments->build_is != BUILD_ANOTHER) {
		gone->change_why = moments->build_is == BUILD_SAME
					   ? "gone, but it is the same build: what the process was "
					     "asked to do decides, and nothing was mended"
					   : "gone, but nothing shows that it is another build";
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
	if (!finding->place.function)
		return 0;
	uint64_t hash = hash_more_text(finding->rule, finding->place.function);
	return hash_more_text(hash, finding->created_by.function) & INT64_MAX;
}

static void note_stayed(struct finding *now, struct finding *before)
{
	now->change = before->change = CHANGE_STAYED;
	now->count_before = before->count;
	now->bytes_before = before->bytes;
}

typedef uint64_t finding_key(const struct finding *finding);

static uint64_t line_key_of(const struct finding *finding)
{
	return hash_more(key_of(finding), (uint32_t)finding->place.line) & INT64_MAX;
}

/* Those with one key, in the order in which they are: two lines of a function are two findings. */
struct waiting {
	struct map first; /* key → index of the next one that is left */
	size_t *next;     /* by finding; the number of findings ends it */
};

static void waiting_deinit(struct waiting *waiting)
{
	map_deinit(&waiting->first);
	free(waiting->next);
}

static struct error *waiting_fill(struct waiting *waiting, const struct findings *before,
				  finding_key *key)
{
	size_t count = before->list.count;
	waiting->next = calloc(count + 1, sizeof(*waiting->next));
	if (!waiting->next)
		return error_no_memory();
	for (size_t i = count; i-- > 0;) {
		const struct finding *finding = &before->list.items[i];
		struct map_slot *slot;
		if (finding->change != CHANGE_GONE || !key(finding))
			continue;
		TRY(map_insert(&waiting->first, key(finding), count, &slot));
		waiting->next[i] = slot->value;
		slot->value = i;
	}
	return NULL;
}

/* The n-th of a key is the n-th that had it. */
static struct error *match(struct findings *now, struct findings *before, finding_key *key)
{
	_cleanup_(waiting_deinit) struct waiting waiting = { 0 };
	TRY(waiting_fill(&waiting, before, key));
	for (size_t i = 0; i < now->list.count; i++) {
		struct finding *finding = &now->list.items[i];
		struct map_slot *slot = NULL;
		if (finding->change == CHANGE_NEW && key(finding))
			slot = map_find(&waiting.first, key(finding));
		if (!slot || slot->value == before->list.count)
			continue;
		size_t index = slot->value;
		slot->value = waiting.next[index];
		note_stayed(finding, &before->list.items[index]);
	}
	return NULL;
}

static void begin(struct findings *now, struct findings *before)
{
	for (size_t i = 0; i < before->list.count; i++)
		before->list.items[i].change = CHANGE_GONE;
	for (size_t i = 0; i < now->list.count; i++)
		now->list.items[i].change = CHANGE_NEW;
}

struct error *findings_compare(struct findings *now, struct findings *before,
			       const struct findings_moments *moments)
{
	size_t kept = 0;
	begin(now, before);
	TRY(match(now, before, line_key_of));
	TRY(match(now, before, key_of));
	TRY(match(now, before, place_key_of));
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
