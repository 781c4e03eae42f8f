/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/live/pinned.h"

/*
 * How much there must be. Every program wastes some: what is below 1 MiB, or 2 % of what is alive,
 * nobody would change a line for. Strong evidence is a tenth of the heap, or 64 MiB.
 */
#define WASTE_MIN      (UINT64_C(1) << 20)
#define WASTE_MIN_PART 50
#define WASTE_PART     10
#define WASTE_MUCH     (UINT64_C(64) << 20)

/*
 * Room behind a slice's length is there to be used, and reusing a buffer is good advice. It counts
 * where it was used before, and only a small part is now; for a few slices it must be a quarter of
 * the heap.
 */
#define ROOM_USED_PART 8
#define ROOM_PART      4
#define ROOM_ARRAYS    16

/* Views of one array, on average, from which on it is a buffer that was cut to pieces. */
#define VIEWS_MANY 2

static enum rule_id rule_of_slices(const struct pinned_group *group)
{
	return group->views >= VIEWS_MANY * group->arrays ? RULE_VIEWS_PIN_BUFFER
							  : RULE_SUBSLICE_PINS_ARRAY;
}

/* Mostly slices that end before their arrays do, and could be made longer again. */
static bool is_room(const struct pinned_group *group)
{
	return group->room > group->lost;
}

/*
 * A short slice of a long array, from the beginning: somebody cut off what was not needed, or a
 * buffer was emptied for its next use. Of bytes that are left some are a part of what was read; of
 * many arrays each has its own, and there it need not have been written to: what is read may be
 * zeroes. Both are held for as long, and both are named.
 */
static void judge_room(const struct pinned_group *group, const struct heap_view_field *field,
		       uint64_t reachable, struct pinned_verdict *verdict)
{
	bool cut = group->empty * 2 < group->arrays && field->element_size == 1;
	bool many = group->arrays >= ROOM_ARRAYS;
	verdict->rule = cut ? rule_of_slices(group) : RULE_SPARE_CAPACITY;
	if (verdict->rule != RULE_VIEWS_PIN_BUFFER)
		verdict->also = UINT64_C(1)
				<< (cut ? RULE_SPARE_CAPACITY : RULE_SUBSLICE_PINS_ARRAY);
	bool was_longer = group->written && group->written >= group->blank;
	/* One batch that was just sent looks the same, and is full again in a moment. */
	if (verdict->rule == RULE_SPARE_CAPACITY && !many)
		verdict->certainty = CERTAINTY_SUSPECT;
	if (group->used > group->bytes / ROOM_USED_PART || (!was_longer && !(cut && many)) ||
	    (!many && group->room < reachable / ROOM_PART))
		verdict->certainty = CERTAINTY_SUSPECT;
}

bool pinned_judge(const struct pinned_group *group, const struct heap_view_field *field,
		  uint64_t reachable, bool old, struct pinned_verdict *ret)
{
	uint64_t waste = MAX(group->room + group->lost, group->dropped);
	struct pinned_verdict verdict = { .certainty = CERTAINTY_LIKELY };
	if (waste < WASTE_MIN || waste < reachable / WASTE_MIN_PART)
		return false;
	if (group->dropped > group->room + group->lost)
		verdict.rule = RULE_DROPPED_ELEMENTS_KEPT;
	else if (field->kind == HEAP_VIEW_POINTER)
		verdict.rule = RULE_ELEMENT_PINS_ARRAY;
	else if (field->kind == HEAP_VIEW_STRING)
		verdict.rule = RULE_SUBSTRING_PINS_STRING;
	else if (is_room(group))
		judge_room(group, field, reachable, &verdict);
	else
		verdict.rule = rule_of_slices(group);
	if (!old || (waste < reachable / WASTE_PART && waste < WASTE_MUCH))
		verdict.certainty = CERTAINTY_SUSPECT;
	/* Room that nobody ever used was asked for in advance: that is a plan, and no leak. */
	if (verdict.rule == RULE_SPARE_CAPACITY && group->blank > group->written)
		return false;
	*ret = verdict;
	return true;
}
