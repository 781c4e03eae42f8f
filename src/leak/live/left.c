/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/live/left.h"

#include <string.h>

#include "base/map.h"

/*
 * What the library keeps for the whole process, begun when it was first needed. What
 * signal.NotifyContext starts ends with its context.
 */
static bool is_librarys(const struct goroutine *goroutine)
{
	static const char *const packages[] = { "os/signal.Notify.", "runtime.", "runtime/",
						"testing." };
	const char *creator = goroutine->creator.function;
	for (size_t i = 0; creator && i < ARRAY_SIZE(packages); i++) {
		if (strncmp(creator, packages[i], strlen(packages[i])) == 0)
			return true;
	}
	return !creator;
}

/* The thread that ends the program keeps its processor; and its neighbours may be many. */
static bool had_no_chance(const struct goroutine *goroutine)
{
	return goroutine->state == GOROUTINE_RUNNABLE ||
	       (goroutine->wait.kind == WAIT_SLEEP && goroutine->wait.wakes_in_ns <= 0 &&
		goroutine->wait.wakes_in_ns != INT64_MIN);
}

/* By time.AfterFunc: a timer has nobody's labels, and which test it was is not known. */
static bool by_timer(const struct goroutine *goroutine)
{
	const char *creator = goroutine->creator.function;
	return !goroutine->owner && creator && strcmp(creator, "time.goFunc") == 0;
}

static bool is_left(const struct goroutine *goroutine)
{
	return ((goroutine->owner && goroutine->owner_ended) || by_timer(goroutine)) &&
	       !goroutine->system && goroutine->id != 1 && !is_librarys(goroutine) &&
	       !had_no_chance(goroutine);
}

/* A finding whose members stand at several places tells each of them. */
static struct error *leave_out_members(const struct live_evidence *evidence,
				       const struct finding *told, size_t told_count, bool *left)
{
	_cleanup_(map_deinit) struct map members = { 0 };
	struct map_slot *slot;
	for (size_t i = 0; i < told_count; i++) {
		for (size_t k = 0; k < told[i].member_count; k++)
			TRY(map_insert(&members, told[i].members[k] & INT64_MAX, i, &slot));
	}
	for (size_t i = 0; members.count && i < evidence->goroutines->list.count; i++) {
		if (map_find(&members, evidence->goroutines->list.items[i].id & INT64_MAX))
			left[i] = false;
	}
	return NULL;
}

/* Others speak of a crowd, or of a part of it: of so many of those whose example it has. */
static struct error *leave_out_told(const struct live_evidence *evidence,
				    const struct finding *told, size_t told_count,
				    struct crowds *crowds)
{
	const struct goroutine_vector *list = &evidence->goroutines->list;
	_cleanup_(free_pointer) uint64_t *spoken = calloc(list->count + 1, sizeof(*spoken));
	size_t kept = 0;
	if (!spoken)
		return error_no_memory();
	for (size_t i = 0; i < told_count; i++) {
		if (told[i].example && !told[i].members)
			spoken[told[i].example - list->items] += told[i].count;
	}
	for (size_t i = 0; i < crowds->list.count; i++) {
		struct crowd crowd = crowds->list.items[i];
		uint64_t count = 0;
		for (uint32_t at = crowd.first; at != CROWD_END; at = crowds->next[at])
			count += spoken[at];
		if (count >= crowd.count)
			continue;
		crowd.count -= count;
		crowds->list.items[kept++] = crowd;
	}
	crowds->list.count = kept;
	return NULL;
}

struct error *live_left_find(const struct live_evidence *evidence, const struct finding *told,
			     size_t told_count, struct crowds *ret)
{
	const struct goroutine_vector *list = &evidence->goroutines->list;
	/* What was claimed by findings that nobody is told is left all the same. */
	struct live_evidence all = *evidence;
	_cleanup_(crowds_deinit) struct crowds crowds = { 0 };
	_cleanup_(free_pointer) bool *left = calloc(list->count + 1, sizeof(*left));
	if (!left)
		return error_no_memory();
	all.claimed = NULL;
	for (size_t i = 0; i < list->count; i++)
		left[i] = is_left(&list->items[i]);
	TRY(leave_out_members(evidence, told, told_count, left));
	TRY(crowds_gather_flagged(&all, left, &crowds));
	TRY(leave_out_told(evidence, told, told_count, &crowds));
	*ret = crowds;
	crowds = (struct crowds){ 0 };
	return NULL;
}
