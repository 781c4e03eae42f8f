/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <time.h>

#include "leak/live/crowd.h"
#include "leak/live/liveness.h"
#include "leak/live/locks_private.h"
#include "model/quantity.h"

/*
 * L12 of locks that can be reached: one is locked, others wait for it, and nobody is there to release
 * it. Either its holder is known, and never goes on; or no frame of any goroutine holds it, and none
 * of those that may go on can release it: none of the functions they stand in does, and their stacks
 * do not lead to it. A holder that is merely slow is no finding.
 *
 * A lock may well be taken in a function that has returned, and be released by somebody who comes
 * later. So it must have been waited for some time: two collections, or 10 s.
 */
#define AGED_NS       (INT64_C(10) * 1000000000)
#define COLLECTION_NS (INT64_C(10) * 1000000) /* longer than one takes, mostly */

enum fate {
	FATE_RELEASED, /* somebody may release it */
	FATE_UNCLEAR,
	FATE_STUCK, /* its holder never goes on */
	FATE_LOST,  /* nobody holds it */
};

struct unreleased {
	struct locks *locks;
	enum fate *fates;            /* by word */
	uint8_t *claimed;            /* by goroutine: not to be spoken of */
	uint8_t *awake;              /* by goroutine: it may go on */
	int64_t since_collection_ns; /* -1 unknown */
};

static void unreleased_deinit(struct unreleased *unreleased)
{
	free(unreleased->fates);
	free(unreleased->claimed);
	free(unreleased->awake);
}

static bool is_never(const struct live_evidence *evidence, const struct goroutine *goroutine)
{
	if (live_never_wakes(evidence->goroutines, goroutine))
		return true;
	return evidence->liveness && liveness_of(evidence->liveness, goroutine) == LIVENESS_NEVER;
}

static const struct held_lock *any_holder(const struct locks *locks, const struct lock_word *word)
{
	const struct held_lock_vector *list = &locks->notes->held.list;
	for (size_t i = 0; i < list->count; i++) {
		if (list->items[i].address == word->address)
			return &list->items[i];
	}
	return NULL;
}

/* Could one that goes on release it? */
static enum fate by_others(const struct unreleased *unreleased, const struct lock_word *word)
{
	const struct locks *locks = unreleased->locks;
	const struct lock_release_vector *releases = &locks->notes->held.releases;
	const struct goroutine_vector *goroutines = &locks->evidence->goroutines->list;
	enum fate fate = FATE_LOST;
	for (size_t i = 0; i < releases->count; i++) {
		const struct lock_release *release = &releases->items[i];
		const struct goroutine *goroutine = &goroutines->items[release->goroutine];
		if (!unreleased->awake[release->goroutine] ||
		    (lock_is_awaited(goroutine) && goroutine->wait.address == word->address))
			continue;
		if (release->address == word->address)
			return FATE_RELEASED;
		if (!release->address)
			fate = FATE_UNCLEAR;
	}
	for (size_t i = 0; i < goroutines->count; i++) {
		const struct goroutine *goroutine = &goroutines->items[i];
		if (!unreleased->awake[i] ||
		    (lock_is_awaited(goroutine) && goroutine->wait.address == word->address))
			continue;
		if (lock_reaches(locks, (uint32_t)i, word->address))
			return FATE_RELEASED;
		if (locks->notes->held.doubtful[i])
			fate = FATE_UNCLEAR;
	}
	return fate;
}

static enum fate fate_of(const struct unreleased *unreleased, const struct lock_word *word)
{
	const struct locks *locks = unreleased->locks;
	const struct goroutine_vector *goroutines = &locks->evidence->goroutines->list;
	const struct held_lock *holder = any_holder(locks, word);
	if (!word->read || (!(word->state & 1) && word->readers <= 0))
		return FATE_RELEASED;
	/* A writer that waits for readers is no reason that they hold it. */
	if (holder && goroutines->items[holder->goroutine].wait.kind == WAIT_RWMUTEX_WRITE &&
	    goroutines->items[holder->goroutine].wait.address == word->address)
		holder = NULL;
	if (!holder)
		return by_others(unreleased, word);
	return is_never(locks->evidence, &goroutines->items[holder->goroutine]) ? FATE_STUCK
										: FATE_RELEASED;
}

static bool is_aged(const struct unreleased *unreleased, const struct goroutine *goroutine)
{
	int64_t since = unreleased->since_collection_ns;
	return goroutine->wait_ns >= AGED_NS ||
	       (since >= 0 && goroutine->wait_ns > since + COLLECTION_NS);
}

static int64_t since_collection(const struct live_evidence *evidence)
{
	struct timespec now;
	if (!evidence->counters || evidence->counters->gc_count < 2 ||
	    !target_runs(runtime_target(evidence->heap->runtime)) ||
	    clock_gettime(CLOCK_REALTIME, &now) != 0)
		return -1;
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec - evidence->counters->last_gc_unix_ns;
}

static struct error *prepare(struct unreleased *unreleased)
{
	const struct live_evidence *evidence = unreleased->locks->evidence;
	const struct lock_notes *notes = unreleased->locks->notes;
	size_t count = evidence->goroutines->list.count;
	unreleased->fates = calloc(notes->words.count + 1, sizeof(*unreleased->fates));
	unreleased->claimed = calloc(count + 1, 1);
	unreleased->awake = calloc(count + 1, 1);
	if (!unreleased->fates || !unreleased->claimed || !unreleased->awake)
		return error_no_memory();
	for (size_t i = 0; i < count; i++) {
		const struct goroutine *goroutine = &evidence->goroutines->list.items[i];
		unreleased->awake[i] = !goroutine->system && !is_never(evidence, goroutine) &&
				       unreleased->locks->graph.leads_to[i] == WAIT_FOR_NONE;
	}
	unreleased->since_collection_ns = since_collection(evidence);
	return NULL;
}

/* Left to this detector: waits for a lock whose fate is that, and may be woken as far as is known. */
static void choose(struct unreleased *unreleased, enum fate fate)
{
	const struct live_evidence *evidence = unreleased->locks->evidence;
	const struct lock_notes *notes = unreleased->locks->notes;
	for (size_t i = 0; i < evidence->goroutines->list.count; i++) {
		const struct goroutine *goroutine = &evidence->goroutines->list.items[i];
		const struct lock_word *word =
			lock_is_awaited(goroutine) ? lock_word_find(notes, goroutine->wait.address)
						   : NULL;
		unreleased->claimed[i] = !word || goroutine->id == 1 || goroutine->bubble ||
					 goroutine->system ||
					 unreleased->fates[word - notes->words.items] != fate ||
					 (evidence->claimed && evidence->claimed[i]) ||
					 is_never(evidence, goroutine);
	}
}

static bool is_any(const struct live_evidence *evidence, const struct goroutine *goroutine)
{
	(void)evidence;
	(void)goroutine;
	return true;
}

static struct error *describe(struct unreleased *unreleased, const struct crowd *crowd,
			      enum fate fate, struct finding *finding)
{
	struct locks *locks = unreleased->locks;
	struct findings *findings = locks->findings;
	const struct wait *wait = &crowd->example->wait;
	const char *name = lock_name(locks, wait->address);
	char count[QUANTITY_SIZE];
	finding->title = crowd->count == 1
				 ? findings_text(findings,
						 "a goroutine waits for %s, which nobody releases",
						 name)
				 : findings_text(findings,
						 "%s goroutines wait for %s, which nobody releases",
						 quantity_count(crowd->count, count), name);
	if (fate == FATE_STUCK) {
		const struct lock_word *word = lock_word_find(locks->notes, wait->address);
		const struct held_lock *holder = any_holder(locks, word);
		const char **path = arena_allocate(&findings->arena, sizeof(*path));
		if (!path)
			return error_no_memory();
		path[0] = lock_member(locks, holder->goroutine, holder);
		finding->path = path;
		finding->path_count = 1;
		finding->why =
			"The goroutine that holds it can never be woken. Nothing but an Unlock from elsewhere would end this.";
		return NULL;
	}
	finding->why =
		"The lock is taken, and no goroutine stands in a function that holds it: one has returned, or ended, without Unlock. None of those that go on can release it, as far as their code and stacks tell.";
	if (finding->certainty == CERTAINTY_SUSPECT)
		finding->settle =
			"Look again after a while: if they still wait for it, find the way out of a function that leaves the lock taken.";
	return NULL;
}

static enum certainty certainty_of(const struct unreleased *unreleased, const struct crowd *crowd,
				   enum fate fate)
{
	bool sure = fate == FATE_STUCK ||
		    (fate == FATE_LOST && is_aged(unreleased, crowd->example));
	return sure && !unreleased->locks->evidence->guessed ? CERTAINTY_LIKELY : CERTAINTY_SUSPECT;
}

static struct error *report(struct unreleased *unreleased, enum fate fate)
{
	struct locks *locks = unreleased->locks;
	_cleanup_(crowds_deinit) struct crowds crowds = { 0 };
	struct live_evidence evidence = *locks->evidence;
	choose(unreleased, fate);
	evidence.claimed = unreleased->claimed;
	TRY(crowds_gather(&evidence, is_any, &crowds));
	for (size_t i = 0; i < crowds.list.count; i++) {
		const struct crowd *crowd = &crowds.list.items[i];
		struct finding finding = crowd_finding(crowd, RULE_LOCK_NEVER_RELEASED);
		finding.certainty = certainty_of(unreleased, crowd, fate);
		/* What is young is what a busy program looks like. */
		if (!is_aged(unreleased, crowd->example) &&
		    (fate == FATE_UNCLEAR || crowd->example->wait_ns < 0))
			continue;
		TRY(describe(unreleased, crowd, fate, &finding));
		TRY(crowd_report(locks->evidence, &crowds, crowd, &finding, locks->findings));
	}
	return NULL;
}

struct error *locks_find_unreleased(struct locks *locks)
{
	_cleanup_(unreleased_deinit) struct unreleased unreleased = { .locks = locks };
	const struct lock_word_vector *words = &locks->notes->words;
	TRY(prepare(&unreleased));
	for (size_t i = 0; i < words->count; i++)
		unreleased.fates[i] = fate_of(&unreleased, &words->items[i]);
	TRY(report(&unreleased, FATE_STUCK));
	TRY(report(&unreleased, FATE_LOST));
	return report(&unreleased, FATE_UNCLEAR);
}
