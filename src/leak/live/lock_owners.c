/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/live/locks_private.h"

/*
 * From a goroutine that waits for a lock to those that hold it. What frames say is believed where the
 * lock's words agree: one holder for one that is locked, no more readers than are counted. Two that
 * seem to hold what one alone can hold are both doubted.
 */
static bool is_claim(const struct held_lock *held, uint64_t address, bool shared)
{
	return held->address == address && held->shared == shared && held->certain;
}

/* The one holder for writing, of a Mutex the only kind; WAIT_FOR_NONE. */
static uint32_t find_owner(const struct locks *locks, const struct lock_word *word)
{
	const struct held_lock_vector *list = &locks->notes->held.list;
	uint32_t found = WAIT_FOR_NONE;
	if (!word->read || !(word->state & 1))
		return WAIT_FOR_NONE;
	for (size_t i = 0; i < list->count; i++) {
		if (!is_claim(&list->items[i], word->address, false))
			continue;
		if (found != WAIT_FOR_NONE &&
		    list->items[found].goroutine != list->items[i].goroutine)
			return WAIT_FOR_NONE;
		found = (uint32_t)i;
	}
	return found;
}

static struct error *add_owner(struct locks *locks, uint32_t from, const struct lock_word *word)
{
	uint32_t owner = find_owner(locks, word);
	if (owner == WAIT_FOR_NONE)
		return NULL;
	return wait_for_add(&locks->graph, from, locks->notes->held.list.items[owner].goroutine,
			    owner);
}

/* A writer that has kept others from writing waits until all have read. */
static struct error *add_readers(struct locks *locks, uint32_t from, const struct lock_word *word)
{
	const struct held_lock_vector *list = &locks->notes->held.list;
	int64_t claims = 0;
	for (size_t i = 0; i < list->count; i++)
		claims += is_claim(&list->items[i], word->address, true);
	if (!word->read || claims > word->readers)
		return NULL;
	for (size_t i = 0; i < list->count; i++) {
		if (is_claim(&list->items[i], word->address, true))
			TRY(wait_for_add(&locks->graph, from, list->items[i].goroutine,
					 (uint32_t)i));
	}
	return NULL;
}

struct error *locks_add_owners(struct locks *locks)
{
	const struct goroutine_vector *goroutines = &locks->evidence->goroutines->list;
	for (size_t i = 0; i < goroutines->count; i++) {
		const struct goroutine *goroutine = &goroutines->items[i];
		if (!lock_is_awaited(goroutine))
			continue;
		const struct lock_word *word = lock_word_find(locks->notes,
							      goroutine->wait.address);
		if (!word)
			continue;
		if (goroutine->wait.kind == WAIT_RWMUTEX_WRITE)
			TRY(add_readers(locks, (uint32_t)i, word));
		else
			TRY(add_owner(locks, (uint32_t)i, word));
	}
	return NULL;
}
