/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/live/crowd.h"

#include "base/hash.h"
#include "base/map.h"
#include "base/text.h"
#include "leak/compare.h"
#include "leak/live/past.h"

/* Fewer that came since the first look say nothing of an hour. */
#define FRESH_TO_TELL 3

void crowds_deinit(struct crowds *crowds)
{
	crowd_vector_deinit(&crowds->list);
	free(crowds->next);
	*crowds = (struct crowds){ 0 };
}

static uint64_t hash_place(uint64_t hash, const struct place *place)
{
	hash = hash_more_text(hash, place->function);
	return hash_more(hash_more_text(hash, place->file), (uint32_t)place->line);
}

static bool same_place(const struct place *a, const struct place *b)
{
	return a->line == b->line && text_equal(a->function, b->function) &&
	       text_equal(a->file, b->file);
}

static void crowd_add(struct crowd *crowd, const struct goroutine *goroutine)
{
	crowd->count++;
	crowd->stack_bytes += goroutine->stack_bytes;
	/* -1: who has waited for less than any that is known, for nobody has noted it yet. */
	crowd->wait_min_ns = crowd->count == 1 ? goroutine->wait_ns
					       : MIN(crowd->wait_min_ns, goroutine->wait_ns);
	if (goroutine->wait_ns > crowd->wait_max_ns) {
		crowd->wait_max_ns = goroutine->wait_ns;
		crowd->example = goroutine;
	}
}

/*
 * The crowd of a group, begun when there is none. Two that share a hash by chance stay apart: the
 * second is told in several parts, which is no error.
 */
static struct error *crowds_find(struct crowds *crowds, struct map *by_hash,
				 const struct live_evidence *evidence,
				 const struct goroutine *example, struct crowd **ret)
{
	struct crowd crowd = {
		.example = example,
		.place = goroutine_place(example, &evidence->places),
		.creation = goroutine_creation(example),
		.wait_min_ns = -1,
		.wait_max_ns = -1,
		.first = CROWD_END,
	};
	uint64_t hash = hash_more_text(0, example->state_text);
	hash = hash_place(hash_place(hash, &crowd.place), &crowd.creation);
	hash = hash_more(hash, example->owner) & INT64_MAX;
	struct map_slot *slot;
	TRY(map_insert(by_hash, hash, crowds->list.count, &slot));
	if (slot->value < crowds->list.count) {
		struct crowd *found = &crowds->list.items[slot->value];
		if (text_equal(found->example->state_text, example->state_text) &&
		    found->example->owner == example->owner &&
		    same_place(&found->place, &crowd.place) &&
		    same_place(&found->creation, &crowd.creation)) {
			*ret = found;
			return NULL;
		}
	}
	TRY(crowd_vector_append(&crowds->list, &crowd));
	*ret = &crowds->list.items[crowds->list.count - 1];
	return NULL;
}

static int crowd_compare(const void *left, const void *right)
{
	const struct crowd *a = left, *b = right;
	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	return a->first < b->first ? -1 : 1;
}

static bool is_claimed(const struct live_evidence *evidence, uint32_t member)
{
	return evidence->claimed && evidence->claimed[member];
}

/* One of the two says who is wanted. */
struct crowd_choice {
	crowd_wanted *wanted;
	const bool *flags;
};

static bool is_wanted(const struct crowd_choice *choice, const struct live_evidence *evidence,
		      uint32_t member)
{
	return choice->flags ? choice->flags[member]
			     : choice->wanted(evidence, &evidence->goroutines->list.items[member]);
}

static struct error *crowds_add_group(struct crowds *crowds, struct map *by_hash,
				      const struct live_evidence *evidence,
				      const struct crowd_choice *choice,
				      const struct goroutine_group *group)
{
	struct crowd *crowd = NULL;
	/* From the last one on, so that the list has the first one first. */
	for (uint32_t i = group->count; i-- > 0;) {
		uint32_t member = group->members[i];
		const struct goroutine *goroutine = &evidence->goroutines->list.items[member];
		if (is_claimed(evidence, member) || !is_wanted(choice, evidence, member))
			continue;
		if (!crowd || crowd->example->owner != goroutine->owner)
			TRY(crowds_find(crowds, by_hash, evidence, goroutine, &crowd));
		crowd_add(crowd, goroutine);
		crowds->next[member] = crowd->first;
		crowd->first = member;
	}
	return NULL;
}

static struct error *crowds_fill(struct crowds *crowds, struct map *by_hash,
				 const struct live_evidence *evidence,
				 const struct crowd_choice *choice)
{
	const struct goroutine_group_vector *groups = evidence->groups;
	crowds->next = calloc(evidence->goroutines->list.count + 1, sizeof(*crowds->next));
	if (!crowds->next)
		return error_no_memory();
	for (size_t i = 0; i < groups->count; i++)
		TRY(crowds_add_group(crowds, by_hash, evidence, choice, &groups->items[i]));
	if (crowds->list.count)
		qsort(crowds->list.items, crowds->list.count, sizeof(struct crowd), crowd_compare);
	return NULL;
}

static struct error *gather(const struct live_evidence *evidence, const struct crowd_choice *choice,
			    struct crowds *ret)
{
	_cleanup_(crowds_deinit) struct crowds crowds = { 0 };
	_cleanup_(map_deinit) struct map by_hash = { 0 };
	TRY(crowds_fill(&crowds, &by_hash, evidence, choice));
	*ret = crowds;
	crowds = (struct crowds){ 0 };
	return NULL;
}

struct error *crowds_gather(const struct live_evidence *evidence, crowd_wanted *wanted,
			    struct crowds *ret)
{
	const struct crowd_choice choice = { .wanted = wanted };
	return gather(evidence, &choice, ret);
}

struct error *crowds_gather_flagged(const struct live_evidence *evidence, const bool *wanted,
				    struct crowds *ret)
{
	const struct crowd_choice choice = { .flags = wanted };
	return gather(evidence, &choice, ret);
}

struct finding crowd_finding(const struct crowd *crowd, enum rule_id rule)
{
	return (struct finding){
		.rule = rule,
		.count = crowd->count,
		.bytes = crowd->stack_bytes ? (int64_t)crowd->stack_bytes : -1,
		.growth_per_hour = INT64_MIN,
		.bytes_per_hour = INT64_MIN,
		.place = crowd->place,
		.created_by = crowd->creation,
		.state = crowd->example->state_text,
		.wait_min_ns = crowd->wait_min_ns,
		.wait_max_ns = crowd->wait_max_ns,
		.example = crowd->example,
	};
}

/* How many came since the first look, in an hour. One or two say nothing of an hour. */
static int64_t growth_of(const struct live_evidence *evidence, const struct crowds *crowds,
			 const struct crowd *crowd)
{
	int64_t fresh = 0;
	if (!evidence->past)
		return INT64_MIN;
	for (uint32_t i = crowd->first; i != CROWD_END; i = crowds->next[i])
		fresh += !live_past_has(evidence, &evidence->goroutines->list.items[i]);
	return fresh && fresh < FRESH_TO_TELL ? INT64_MIN : live_per_hour(evidence->past, fresh);
}

static int compare_waits(const void *left, const void *right)
{
	int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
	return a < b ? -1 : a > b;
}

/* Those that are not known have begun since the last collection: at one moment, for all we know. */
static struct error *count_times(const struct live_evidence *evidence, const struct crowds *crowds,
				 const struct crowd *crowd, uint64_t *ret)
{
	_cleanup_(free_pointer) int64_t *waits = calloc(crowd->count + 1, sizeof(*waits));
	size_t count = 0;
	if (!waits)
		return error_no_memory();
	for (uint32_t i = crowd->first; i != CROWD_END && count < crowd->count; i = crowds->next[i])
		waits[count++] = evidence->goroutines->list.items[i].wait_ns;
	qsort(waits, count, sizeof(*waits), compare_waits);
	int64_t begin = 0;
	*ret = 0;
	for (size_t i = 0; i < count; i++) {
		if (*ret && waits[i] - begin <= FINDINGS_MOMENT_NS)
			continue;
		begin = waits[i];
		++*ret;
	}
	return NULL;
}

struct error *crowd_report(const struct live_evidence *evidence, const struct crowds *crowds,
			   const struct crowd *crowd, const struct finding *finding,
			   struct findings *ret)
{
	struct finding told = *finding;
	if (told.growth_per_hour == INT64_MIN)
		told.growth_per_hour = growth_of(evidence, crowds, crowd);
	if (told.certainty == CERTAINTY_PROVED)
		TRY(count_times(evidence, crowds, crowd, &told.times));
	TRY(finding_vector_append(&ret->list, &told));
	for (uint32_t i = crowd->first; i != CROWD_END && evidence->claimed; i = crowds->next[i])
		evidence->claimed[i] = true;
	return NULL;
}
