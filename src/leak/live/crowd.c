/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/live/crowd.h"

#include "base/hash.h"
#include "base/map.h"
#include "base/text.h"

void crowds_deinit(struct crowds *crowds)
{
	crowd_vector_deinit(&crowds->list);
	free(crowds->next_group);
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

static void crowd_add(struct crowd *crowd, const struct goroutine_group *group)
{
	crowd->count += group->count;
	crowd->stack_bytes += group->stack_bytes;
	if (group->wait_max_ns < 0)
		return;
	if (crowd->wait_min_ns < 0 || group->wait_min_ns < crowd->wait_min_ns)
		crowd->wait_min_ns = group->wait_min_ns;
	if (group->wait_max_ns > crowd->wait_max_ns) {
		crowd->wait_max_ns = group->wait_max_ns;
		crowd->example = group->example;
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
		.first_group = CROWD_END,
	};
	uint64_t hash = hash_more_text(0, example->state_text);
	hash = hash_place(hash_place(hash, &crowd.place), &crowd.creation) & INT64_MAX;
	struct map_slot *slot;
	TRY(map_insert(by_hash, hash, crowds->list.count, &slot));
	if (slot->value < crowds->list.count) {
		struct crowd *found = &crowds->list.items[slot->value];
		if (text_equal(found->example->state_text, example->state_text) &&
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
	return a->first_group < b->first_group ? -1 : 1;
}

static struct error *
crowds_fill(struct crowds *crowds, struct map *by_hash, const struct live_evidence *evidence,
	    bool (*wanted)(const struct live_evidence *, const struct goroutine *))
{
	const struct goroutine_group_vector *groups = evidence->groups;
	crowds->next_group = calloc(groups->count + 1, sizeof(*crowds->next_group));
	if (!crowds->next_group)
		return error_no_memory();
	for (size_t i = 0; i < groups->count; i++) {
		struct crowd *crowd;
		if (!wanted(evidence, groups->items[i].example))
			continue;
		TRY(crowds_find(crowds, by_hash, evidence, groups->items[i].example, &crowd));
		crowd_add(crowd, &groups->items[i]);
		crowds->next_group[i] = crowd->first_group;
		crowd->first_group = (uint32_t)i;
	}
	if (crowds->list.count)
		qsort(crowds->list.items, crowds->list.count, sizeof(struct crowd), crowd_compare);
	return NULL;
}

struct error *crowds_gather(const struct live_evidence *evidence,
			    bool (*wanted)(const struct live_evidence *evidence,
					   const struct goroutine *goroutine),
			    struct crowds *ret)
{
	_cleanup_(crowds_deinit) struct crowds crowds = { 0 };
	_cleanup_(map_deinit) struct map by_hash = { 0 };
	TRY(crowds_fill(&crowds, &by_hash, evidence, wanted));
	*ret = crowds;
	crowds = (struct crowds){ 0 };
	return NULL;
}

struct finding crowd_finding(const struct crowd *crowd, enum rule_id rule)
{
	return (struct finding){
		.rule = rule,
		.count = crowd->count,
		.bytes = crowd->stack_bytes ? (int64_t)crowd->stack_bytes : -1,
		.growth_per_hour = INT64_MIN,
		.place = crowd->place,
		.created_by = crowd->creation,
		.state = crowd->example->state_text,
		.wait_min_ns = crowd->wait_min_ns,
		.wait_max_ns = crowd->wait_max_ns,
		.example = crowd->example,
	};
}
