/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/dump/told.h"

#include "base/hash.h"

/*
 * Of one process are two dumps that have so many goroutines in common, in a hundred of the shorter one:
 * those that are started first have the same numbers in every process of a program.
 */
#define COMMON_PERCENT 10

#define MINUTE_NS INT64_C(60000000000)

static told_detector *const detectors[] = {
#define DETECTOR(name) told_##name,
	TOLD_DETECTORS(DETECTOR)
#undef DETECTOR
};

static uint64_t hash_of(uint64_t hash, const struct place *place)
{
	hash = hash_more_foreign_text(hash, place->function);
	hash = hash_more_foreign_text(hash, place->file);
	return hash_more(hash, (uint32_t)place->line) & INT64_MAX;
}

/* Not its line: a loop is seen at one of its lines and then at another. */
static uint64_t whereabouts(const struct told_evidence *evidence, const struct goroutine *goroutine)
{
	struct place place = goroutine_place(goroutine, &evidence->places);
	struct place creation = goroutine_creation(goroutine);
	place.line = 0;
	return hash_of(hash_of(1, &place), &creation);
}

bool told_may_tell(const struct goroutine *goroutine)
{
	return goroutine->id != 1 && !goroutine->system && !goroutine->bubble;
}

bool told_was_there(const struct told_evidence *evidence, const struct goroutine *goroutine)
{
	const struct map_slot *slot = map_find(&evidence->earlier_ids,
					       hash_foreign_word(goroutine->id));
	return slot && slot->value == whereabouts(evidence, goroutine);
}

uint64_t told_count_before(const struct told_evidence *evidence, const struct place *creation)
{
	const struct map_slot *slot = map_find(&evidence->earlier_creations, hash_of(2, creation));
	return slot ? slot->value : 0;
}

static struct error *note_earlier(struct told_evidence *evidence)
{
	const struct goroutine_vector *list = &evidence->earlier->goroutines.list;
	struct map_slot *slot;
	for (size_t i = 0; i < list->count; i++) {
		const struct goroutine *goroutine = &list->items[i];
		struct place creation = goroutine_creation(goroutine);
		if (goroutine->system)
			continue;
		TRY(map_insert(&evidence->earlier_ids, hash_foreign_word(goroutine->id),
			       whereabouts(evidence, goroutine), &slot));
		if (!creation.function)
			continue;
		TRY(map_insert(&evidence->earlier_creations, hash_of(2, &creation), 0, &slot));
		slot->value += goroutine_count(goroutine);
	}
	return NULL;
}

static int compare_times(const void *left, const void *right)
{
	const int64_t *a = left, *b = right;
	return *a < *b ? -1 : *a > *b;
}

/*
 * The time between two dumps: what goroutines that have waited in both have waited longer. Minutes
 * are cut, so that the middle of many is right to a minute.
 */
static struct error *find_elapsed(struct told_evidence *evidence, size_t *ret_common)
{
	const struct goroutine_vector *now = &evidence->dump->goroutines.list;
	const struct goroutine_vector *then = &evidence->earlier->goroutines.list;
	_cleanup_(map_deinit) struct map by_id = { 0 };
	_cleanup_(free_pointer) int64_t *times = calloc(now->count + 1, sizeof(*times));
	size_t count = 0;
	struct map_slot *slot;
	if (!times)
		return error_no_memory();
	for (size_t i = 0; i < then->count; i++)
		TRY(map_insert(&by_id, hash_foreign_word(then->items[i].id), i, &slot));
	*ret_common = 0;
	for (size_t i = 0; i < now->count; i++) {
		const struct goroutine *goroutine = &now->items[i];
		if (goroutine->id <= 1 || !told_was_there(evidence, goroutine) ||
		    !(slot = map_find(&by_id, hash_foreign_word(goroutine->id))))
			continue;
		++*ret_common;
		int64_t before = then->items[slot->value].wait_ns;
		/* Less than a minute is not told, and minutes are cut. */
		if (goroutine->wait_ns - MAX(before, INT64_C(0)) >= 2 * MINUTE_NS)
			evidence->minutes_apart = true;
		if (goroutine->wait_ns >= 0 && before >= 0 && goroutine->wait_ns >= before)
			times[count++] = goroutine->wait_ns - before;
	}
	if (!count)
		return NULL;
	qsort(times, count, sizeof(*times), compare_times);
	/* Less than the minutes tell is no time to divide by. */
	evidence->elapsed_ns = times[count / 2] > 0 ? times[count / 2] : -1;
	return NULL;
}

static struct error *take_earlier(struct told_evidence *evidence, const struct dump *earlier,
				  bool *ret_same)
{
	size_t common = 0;
	evidence->earlier = earlier;
	if (evidence->dump->form == DUMP_STACKS && earlier->form == DUMP_STACKS) {
		TRY(note_earlier(evidence));
		TRY(find_elapsed(evidence, &common));
	}
	size_t least = MIN(evidence->dump->goroutines.list.count, earlier->goroutines.list.count);
	*ret_same = common && common * 100 >= least * COMMON_PERCENT;
	if (!*ret_same)
		evidence->earlier = NULL;
	return NULL;
}

struct error *told_judge(struct dump *dump, const struct dump *earlier,
			 const struct place_rule *places, struct told *ret, bool *ret_same)
{
	const struct goroutine_filter users = { .min_wait_ns = -1 };
	struct told_evidence *evidence = &ret->evidence;
	*ret = (struct told){ 0 };
	TRY(goroutines_group(&dump->goroutines, &users, &ret->groups));
	*evidence = (struct told_evidence){
		.dump = dump,
		.groups = &ret->groups,
		.places = *places,
		.elapsed_ns = -1,
		.claimed = calloc(dump->goroutines.list.count + 1, 1),
	};
	if (!evidence->claimed)
		return error_no_memory();
	*ret_same = false;
	if (earlier)
		TRY(take_earlier(evidence, earlier, ret_same));
	/* Who races does not wait. */
	for (size_t i = 0; dump->form != DUMP_RACE && i < ARRAY_SIZE(detectors); i++)
		TRY(detectors[i](evidence, &ret->findings));
	findings_sort(&ret->findings);
	return findings_check(&ret->findings);
}

void told_deinit(struct told *told)
{
	findings_deinit(&told->findings);
	goroutine_group_vector_deinit(&told->groups);
	map_deinit(&told->evidence.earlier_ids);
	map_deinit(&told->evidence.earlier_creations);
	free(told->evidence.claimed);
	*told = (struct told){ 0 };
}
