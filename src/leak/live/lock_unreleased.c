/* SPDX-License-Identifier: Apache-2.0 */
#include <time.h>

#include "base/hash.h"
#include "base/map.h"
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
#define WORK_MAX      UINT64_C(4000000) /* a second's worth, or less */
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
	uint64_t work_left;          /* of locks times goroutines: beyond it nothing is said */
};

static void unreleased_deinit(struct unreleased *unreleased)
{
	free(unreleased->fates);
	free(unreleased->awake);
}

static bool is_never(const struct live_evidence *evidence, const struct goroutine *goroutine)
{
	if (live_never_wakes(evidence->goroutines, goroutine))
		return true;
	return evidence->liveness && liveness_of(evidence->liveness, goroutine) == LIVENESS_NEVER;
}

/* It keeps others out, but is a victim like them: readers have not let go. */
static bool is_pending_writer(const struct goroutine *goroutine, const struct lock_word *word)
{
	return goroutine->wait.kind == WAIT_RWMUTEX_WRITE &&
	       goroutine->wait.address == word->address;
}

/* One that holds it and never goes on. */
static const struct held_lock *stuck_holder(const struct unreleased *unreleased,
					    const struct lock_word *word)
{
	const struct lock_notes *notes = unreleased->locks->notes;
	const struct goroutine_vector *goroutines = &unreleased->locks->evidence->goroutines->list;
	size_t count;
	const uint32_t *holders = lock_holders(notes, word->address, &count);
	for (size_t i = 0; i < count; i++) {
		const struct held_lock *held = &notes->held.list.items[holders[i]];
		if (!unreleased->awake[held->goroutine] &&
		    !is_pending_writer(&goroutines->items[held->goroutine], word))
			return held;
	}
	return NULL;
}

/* Could one that goes on release it? */
static enum fate by_others(struct unreleased *unreleased, const struct lock_word *word)
{
	const struct locks *locks = unreleased->locks;
	const struct lock_release_vector *releases = &locks->notes->held.releases;
	const struct goroutine_vector *goroutines = &locks->evidence->goroutines->list;
	enum fate fate = FATE_LOST;
	uint64_t work = releases->count + goroutines->count;
	if (work > unreleased->work_left)
		return FATE_RELEASED;
	unreleased->work_left -= work;
	for (size_t i = 0; i < releases->count; i++) {
		const struct lock_release *release = &releases->items[i];
		const struct goroutine *goroutine = &goroutines->items[release->goroutine];
		if (!unreleased->awake[release->goroutine] ||
		    (lock_is_awaited(goroutine) && goroutine->wait.address == word->address))
			continue;
		if (release->unknown)
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

/* One that holds it, and goes on: by what its frame may come to, it may release it. */
static bool may_go_on(const struct unreleased *unreleased, const struct held_lock *holder)
{
	const struct lock_release_vector *releases = &unreleased->locks->notes->held.releases;
	for (size_t i = 0; i < releases->count; i++) {
		const struct lock_release *release = &releases->items[i];
		if (release->goroutine == holder->goroutine && release->frame >= holder->frame &&
		    (release->unknown || !release->address || release->address == holder->address))
			return true;
	}
	return false;
}

static enum fate fate_of(struct unreleased *unreleased, const struct lock_word *word)
{
	const struct locks *locks = unreleased->locks;
	const struct goroutine_vector *goroutines = &locks->evidence->goroutines->list;
	bool stuck = false;
	size_t count;
	if (!word->read || (!(word->state & 1) && word->readers <= 0))
		return FATE_RELEASED;
	const uint32_t *holders = lock_holders(locks->notes, word->address, &count);
	for (size_t i = 0; i < count; i++) {
		const struct held_lock *holder = &locks->notes->held.list.items[holders[i]];
		const struct goroutine *goroutine = &goroutines->items[holder->goroutine];
		/* A writer that waits for readers is no reason that they hold it. */
		if (is_pending_writer(goroutine, word))
			continue;
		if (!unreleased->awake[holder->goroutine])
			stuck = true;
		else if (may_go_on(unreleased, holder))
			return FATE_RELEASED;
	}
	return stuck ? FATE_STUCK : by_others(unreleased, word);
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
	unreleased->awake = calloc(count + 1, 1);
	if (!unreleased->fates || !unreleased->awake)
		return error_no_memory();
	for (size_t i = 0; i < count; i++) {
		const struct goroutine *goroutine = &evidence->goroutines->list.items[i];
		unreleased->awake[i] = !goroutine->system && !is_never(evidence, goroutine) &&
				       unreleased->locks->graph.leads_to[i] == WAIT_FOR_NONE;
	}
	unreleased->since_collection_ns = since_collection(evidence);
	unreleased->work_left = WORK_MAX;
	return NULL;
}

/*
 * Left to this detector: waits for a lock whose fate is that. Those that nobody can wake are told
 * apart: of them it is proved.
 */
static bool is_chosen(const struct unreleased *unreleased, uint32_t index, enum fate fate,
		      bool never)
{
	const struct live_evidence *evidence = unreleased->locks->evidence;
	const struct lock_notes *notes = unreleased->locks->notes;
	const struct goroutine *goroutine = &evidence->goroutines->list.items[index];
	if (!lock_is_awaited(goroutine) || goroutine->id == 1 || goroutine->bubble ||
	    goroutine->system || (evidence->claimed && evidence->claimed[index]) ||
	    is_never(evidence, goroutine) != never)
		return false;
	const struct lock_word *word = lock_word_find(notes, goroutine->wait.address);
	return word && (never || unreleased->fates[word - notes->words.items] == fate);
}

/* Those that wait at one line. */
struct queue {
	struct place place;
	const struct goroutine *example; /* the one that waits longest */
	uint64_t count;
	int64_t bytes, wait_min_ns, wait_max_ns;
	uint32_t chain;
};

DEFINE_VECTOR(queue_vector, struct queue);

struct queues {
	struct queue_vector list;
	uint32_t *next; /* by goroutine */
};

static void queues_deinit(struct queues *queues)
{
	queue_vector_deinit(&queues->list);
	free(queues->next);
}

static void queue_add(struct queue *queue, const struct goroutine *goroutine)
{
	queue->count++;
	queue->bytes += (int64_t)goroutine->stack_bytes;
	if (!queue->example || goroutine->wait_ns > queue->example->wait_ns)
		queue->example = goroutine;
	queue->wait_min_ns = queue->count == 1 ? goroutine->wait_ns
					       : MIN(queue->wait_min_ns, goroutine->wait_ns);
	queue->wait_max_ns = MAX(queue->wait_max_ns, goroutine->wait_ns);
}

static struct error *queues_find(struct queues *queues, struct map *by_place,
				 const struct place *place, uint32_t owner, struct queue **ret)
{
	uint64_t hash = hash_more_text(hash_more_text(0, place->function), place->file);
	struct map_slot *slot;
	hash = hash_more(hash_more(hash, (uint32_t)place->line), owner) & INT64_MAX;
	TRY(map_insert(by_place, hash, queues->list.count, &slot));
	if (slot->value == queues->list.count) {
		const struct queue queue = {
			.place = *place,
			.wait_min_ns = -1,
			.wait_max_ns = -1,
			.chain = LIVENESS_END,
		};
		TRY(queue_vector_append(&queues->list, &queue));
	}
	*ret = &queues->list.items[slot->value];
	return NULL;
}

static struct error *queues_gather(const struct unreleased *unreleased, enum fate fate, bool never,
				   struct queues *queues)
{
	const struct live_evidence *evidence = unreleased->locks->evidence;
	const struct goroutine_vector *goroutines = &evidence->goroutines->list;
	_cleanup_(map_deinit) struct map by_place = { 0 };
	queues->next = calloc(goroutines->count + 1, sizeof(*queues->next));
	if (!queues->next)
		return error_no_memory();
	for (size_t i = 0; i < goroutines->count; i++) {
		const struct goroutine *goroutine = &goroutines->items[i];
		struct queue *queue;
		if (!is_chosen(unreleased, (uint32_t)i, fate, never))
			continue;
		struct place place = goroutine_place(goroutine, &evidence->places);
		TRY(queues_find(queues, &by_place, &place, goroutine->owner, &queue));
		queue_add(queue, goroutine);
		queues->next[i] = queue->chain;
		queue->chain = (uint32_t)i;
	}
	return NULL;
}

static struct error *describe(struct unreleased *unreleased, const struct queue *queue,
			      enum fate fate, bool never, struct finding *finding)
{
	struct locks *locks = unreleased->locks;
	struct findings *findings = locks->findings;
	const struct lock_word *word = lock_word_find(locks->notes, queue->example->wait.address);
	const char *name = lock_name(locks, word->address);
	char count[QUANTITY_SIZE];
	finding->title = queue->count == 1
				 ? findings_text(findings,
						 "a goroutine waits for %s, which nobody releases",
						 name)
				 : findings_text(findings,
						 "%s goroutines wait for %s, which nobody releases",
						 quantity_count(queue->count, count), name);
	if (fate == FATE_STUCK) {
		const char **path = arena_allocate(&findings->arena, sizeof(*path));
		const struct held_lock *holder = stuck_holder(unreleased, word);
		if (!path)
			return error_no_memory();
		path[0] = lock_member(locks, holder->goroutine, holder);
		finding->path = path;
		finding->path_count = 1;
	}
	if (never)
		finding->why =
			fate == FATE_STUCK
				? "The goroutine that holds it can never be woken, and nobody who is still able to run can reach the lock."
			: word->writer && word->readers > 0
				? "Whoever took the lock for reading has returned, or ended, without RUnlock: nobody who is still able to run can reach it."
				: "Whoever took the lock has returned, or ended, without Unlock: nobody who is still able to run can reach it.";
	else if (fate == FATE_STUCK)
		finding->why =
			"The goroutine that holds it can never be woken. Nothing but an Unlock from elsewhere would end this.";
	else
		finding->why =
			word->writer && word->readers > 0
				? "The lock is taken for reading, and no goroutine that goes on can release it, as far as their code and stacks tell: a function has returned, or ended, without RUnlock."
				: "The lock is taken, and no goroutine that goes on can release it, as far as their code and stacks tell: a function has returned, or ended, without Unlock.";
	if (finding->certainty == CERTAINTY_SUSPECT)
		finding->settle =
			"Look again after a while: if they still wait for it, find the way out of a function that leaves the lock taken.";
	return NULL;
}

static enum certainty certainty_of(const struct unreleased *unreleased, const struct queue *queue,
				   enum fate fate, bool never)
{
	const struct live_evidence *evidence = unreleased->locks->evidence;
	if (evidence->guessed)
		return CERTAINTY_SUSPECT;
	if (never)
		return liveness_doubt(evidence->liveness) ? CERTAINTY_LIKELY : CERTAINTY_PROVED;
	bool sure = fate == FATE_STUCK ||
		    (fate == FATE_LOST && is_aged(unreleased, queue->example));
	return sure ? CERTAINTY_LIKELY : CERTAINTY_SUSPECT;
}

static struct error *tell(struct unreleased *unreleased, const struct queue *queue, enum fate fate,
			  bool never, uint64_t held)
{
	struct locks *locks = unreleased->locks;
	uint32_t index = (uint32_t)(queue->example - locks->evidence->goroutines->list.items);
	struct finding finding = lock_finding(locks, RULE_LOCK_NEVER_RELEASED, index);
	const struct lock_word *word = lock_word_find(locks->notes, queue->example->wait.address);
	if (never && stuck_holder(unreleased, word))
		fate = FATE_STUCK;
	finding.count = queue->count;
	finding.bytes = queue->bytes + (int64_t)held ? queue->bytes + (int64_t)held : -1;
	finding.wait_min_ns = queue->wait_min_ns;
	finding.wait_max_ns = queue->wait_max_ns;
	finding.certainty = certainty_of(unreleased, queue, fate, never);
	TRY(describe(unreleased, queue, fate, never, &finding));
	return finding_vector_append(&locks->findings->list, &finding);
}

static struct error *report(struct unreleased *unreleased, enum fate fate, bool never)
{
	struct locks *locks = unreleased->locks;
	_cleanup_(queues_deinit) struct queues queues = { 0 };
	_cleanup_(liveness_holding_cleanup) struct liveness_holding *holding = NULL;
	TRY(queues_gather(unreleased, fate, never, &queues));
	if (queues.list.count && locks->evidence->liveness)
		TRY(liveness_holding_create(locks->evidence->liveness, &holding));
	for (size_t i = 0; holding && i < queues.list.count; i++)
		TRY(liveness_hold(holding, queues.next, queues.list.items[i].chain,
				  (uint32_t)i + 1));
	for (size_t i = 0; i < queues.list.count; i++) {
		const struct queue *queue = &queues.list.items[i];
		/* What is young is what a busy program looks like. */
		if (!never && !is_aged(unreleased, queue->example) &&
		    (fate == FATE_UNCLEAR || queue->example->wait_ns < 0))
			continue;
		TRY(tell(unreleased, queue, fate, never,
			 holding ? liveness_held(holding, (uint32_t)i + 1) : 0));
		for (uint32_t j = queue->chain; j != LIVENESS_END; j = queues.next[j])
			lock_claim(locks, j);
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
	TRY(report(&unreleased, FATE_LOST, true));
	TRY(report(&unreleased, FATE_STUCK, false));
	TRY(report(&unreleased, FATE_LOST, false));
	return report(&unreleased, FATE_UNCLEAR, false);
}
