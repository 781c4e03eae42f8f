/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/live/past.h"

#include "base/hash.h"
#include "model/quantity.h"

#define HOUR_NS (INT64_C(3600) * 1000000000)

static uint64_t hash_of(uint64_t hash, const struct place *place)
{
	hash = hash_more_text(hash, place->function);
	hash = hash_more_text(hash, place->file);
	return hash_more(hash, (uint32_t)place->line) & INT64_MAX;
}

/*
 * Where it stands in the program's own code, and what it was made by. Not the line: a loop that
 * never ends is seen at one of its lines and then at another.
 */
static uint64_t whereabouts(const struct live_evidence *evidence, const struct goroutine *goroutine)
{
	struct place place = goroutine_place(goroutine, &evidence->places);
	struct place creation = goroutine_creation(goroutine);
	place.line = 0;
	return hash_of(hash_of(1, &place), &creation);
}

#define RAN UINT64_C(1)

static bool runs(const struct goroutine *goroutine)
{
	return goroutine->state == GOROUTINE_RUNNING || goroutine->state == GOROUTINE_RUNNABLE ||
	       goroutine->state == GOROUTINE_PREEMPTED;
}

static struct error *note_goroutine(const struct live_evidence *evidence,
				    const struct goroutine *goroutine, struct live_past *past)
{
	struct place creation = goroutine_creation(goroutine);
	struct map_slot *slot;
	TRY(map_insert(&past->goroutines, goroutine->id & INT64_MAX,
		       (whereabouts(evidence, goroutine) & ~RAN) | (runs(goroutine) ? RAN : 0),
		       &slot));
	if (!creation.function)
		return NULL;
	TRY(map_insert(&past->creations, hash_of(2, &creation), 0, &slot));
	slot->value++;
	return NULL;
}

static struct error *fill(struct live_evidence *evidence, struct live_past *past)
{
	const struct goroutine_vector *list = &evidence->goroutines->list;
	for (size_t i = 0; i < list->count; i++) {
		if (!list->items[i].system)
			TRY(note_goroutine(evidence, &list->items[i], past));
	}
	if (!evidence->holdings)
		return NULL;
	past->has_heap = evidence->heap != NULL;
	past->holdings = *evidence->holdings;
	*evidence->holdings = (struct live_holdings){ 0 };
	return NULL;
}

struct error *live_past_make(struct live_evidence *evidence, struct live_past **ret)
{
	struct live_past *past = calloc(1, sizeof(*past));
	if (!past)
		return error_no_memory();
	past->elapsed_ns = -1;
	struct error *error = fill(evidence, past);
	if (error)
		live_past_destroy(past);
	else
		*ret = past;
	return error;
}

void live_past_destroy(struct live_past *past)
{
	if (!past)
		return;
	map_deinit(&past->goroutines);
	map_deinit(&past->creations);
	live_holdings_deinit(&past->holdings);
	free(past);
}

static const struct map_slot *find_slot(const struct live_evidence *evidence,
					const struct goroutine *goroutine)
{
	const struct live_past *past = evidence->past;
	const struct map_slot *slot = past ? map_find(&past->goroutines, goroutine->id & INT64_MAX)
					   : NULL;
	bool same = slot && (slot->value | RAN) == (whereabouts(evidence, goroutine) | RAN);
	return same ? slot : NULL;
}

bool live_past_has(const struct live_evidence *evidence, const struct goroutine *goroutine)
{
	return find_slot(evidence, goroutine);
}

bool live_past_ran(const struct live_evidence *evidence, const struct goroutine *goroutine)
{
	const struct map_slot *slot = find_slot(evidence, goroutine);
	return slot && (slot->value & RAN);
}

uint64_t live_past_count(const struct live_past *past, const struct place *creation)
{
	const struct map_slot *slot = map_find(&past->creations, hash_of(2, creation));
	return slot ? slot->value : 0;
}

int64_t live_per_hour(const struct live_past *past, int64_t growth)
{
	if (!past || past->elapsed_ns <= 0)
		return INT64_MIN;
	return (int64_t)((double)growth * (double)HOUR_NS / (double)past->elapsed_ns);
}

const char *live_past_since(const struct live_past *past, struct findings *findings)
{
	char text[QUANTITY_SIZE];
	if (past->rounds)
		return findings_text(findings, "in %u more runs of the tests",
				     past->rounds->first + past->rounds->second);
	if (past->elapsed_ns <= 0)
		return "since that moment";
	return findings_text(findings, "in %s", quantity_duration(past->elapsed_ns, text));
}
