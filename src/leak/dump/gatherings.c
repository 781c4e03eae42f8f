/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/dump/gatherings.h"

#include "base/hash.h"
#include "base/map.h"
#include "base/text.h"

static uint64_t hash_place(uint64_t hash, const struct place *place)
{
	hash = hash_more_foreign_text(hash, place->function);
	return hash_more(hash_more_foreign_text(hash, place->file), (uint32_t)place->line);
}

static bool same_place(const struct place *a, const struct place *b)
{
	return a->line == b->line && text_equal(a->function, b->function) &&
	       text_equal(a->file, b->file);
}

/* Two that share a hash by chance stay apart: the second is told in several parts. */
static struct error *find(struct gathering_vector *list, struct map *by_hash,
			  const struct told_evidence *evidence, const struct goroutine *example,
			  struct gathering **ret)
{
	struct gathering one = {
		.example = example,
		.place = goroutine_place(example, &evidence->places),
		.creation = goroutine_creation(example),
		.wait_min_ns = -1,
		.wait_max_ns = -1,
	};
	uint64_t hash = hash_more_foreign_text(0, example->state_text);
	hash = hash_place(hash_place(hash, &one.place), &one.creation) & INT64_MAX;
	struct map_slot *slot;
	TRY(map_insert(by_hash, hash, list->count, &slot));
	if (slot->value < list->count) {
		struct gathering *found = &list->items[slot->value];
		if (text_equal(found->example->state_text, example->state_text) &&
		    same_place(&found->place, &one.place) &&
		    same_place(&found->creation, &one.creation)) {
			*ret = found;
			return NULL;
		}
	}
	TRY(gathering_vector_append(list, &one));
	*ret = &list->items[list->count - 1];
	return NULL;
}

static void add_wait(struct gathering *gathering, const struct goroutine *goroutine)
{
	gathering->count += goroutine_count(goroutine);
	if (goroutine->wait_ns < 0)
		return;
	if (gathering->wait_min_ns < 0 || goroutine->wait_ns < gathering->wait_min_ns)
		gathering->wait_min_ns = goroutine->wait_ns;
	if (goroutine->wait_ns > gathering->wait_max_ns) {
		gathering->wait_max_ns = goroutine->wait_ns;
		gathering->example = goroutine;
	}
}

static struct error *add_group(struct gathering_vector *list, struct map *by_hash,
			       const struct told_evidence *evidence, gathering_wanted *wanted,
			       const struct goroutine_group *group)
{
	struct gathering *gathering = NULL;
	for (uint32_t i = 0; i < group->count; i++) {
		uint64_t member = group->members[i];
		const struct goroutine *goroutine = &evidence->dump->goroutines.list.items[member];
		if (evidence->claimed[member] || !wanted(evidence, goroutine))
			continue;
		if (!gathering)
			TRY(find(list, by_hash, evidence, goroutine, &gathering));
		add_wait(gathering, goroutine);
		TRY(u64_vector_append(&gathering->members, &member));
	}
	return NULL;
}

static int compare(const void *left, const void *right)
{
	const struct gathering *a = left, *b = right;
	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	return a->members.items[0] < b->members.items[0] ? -1 : 1;
}

struct error *gatherings_collect(const struct told_evidence *evidence, gathering_wanted *wanted,
				 struct gathering_vector *ret)
{
	_cleanup_(gatherings_deinit) struct gathering_vector list = { 0 };
	_cleanup_(map_deinit) struct map by_hash = { 0 };
	for (size_t i = 0; i < evidence->groups->count; i++)
		TRY(add_group(&list, &by_hash, evidence, wanted, &evidence->groups->items[i]));
	if (list.count)
		qsort(list.items, list.count, sizeof(*list.items), compare);
	*ret = list;
	list = (struct gathering_vector){ 0 };
	return NULL;
}

void gatherings_deinit(struct gathering_vector *gatherings)
{
	for (size_t i = 0; i < gatherings->count; i++)
		u64_vector_deinit(&gatherings->items[i].members);
	gathering_vector_deinit(gatherings);
}

struct finding gathering_finding(const struct gathering *gathering, enum rule_id rule)
{
	return (struct finding){
		.rule = rule,
		.count = gathering->count,
		.bytes = -1,
		.growth_per_hour = INT64_MIN,
		.bytes_per_hour = INT64_MIN,
		.place = gathering->place,
		.created_by = gathering->creation,
		.state = *gathering->example->state_text ? gathering->example->state_text : NULL,
		.wait_min_ns = gathering->wait_min_ns,
		.wait_max_ns = gathering->wait_max_ns,
		.example = gathering->example,
	};
}

struct error *gathering_report(const struct told_evidence *evidence,
			       const struct gathering *gathering, const struct finding *finding,
			       struct findings *ret)
{
	TRY(finding_vector_append(&ret->list, finding));
	for (size_t i = 0; i < gathering->members.count; i++)
		evidence->claimed[gathering->members.items[i]] = true;
	return NULL;
}
