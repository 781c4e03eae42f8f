/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/live/locks_private.h"

/*
 * From a goroutine that waits for a lock to those that hold it. What frames say is believed where the
 * lock's words agree: one holder for one that is locked, no more readers than are counted. Two that
 * seem to hold what one alone can hold are both doubted.
 */
static bool is_claim(const struct held_lock *held, bool shared)
{
	return held->shared == shared && held->certain;
}

/* The one holder for writing, of a Mutex the only kind; WAIT_FOR_NONE. */
static uint32_t find_owner(const struct locks *locks, const struct lock_word *word)
{
	const struct held_lock *list = locks->notes->held.list.items;
	uint32_t found = WAIT_FOR_NONE;
	size_t count;
	if (!word->read || !(word->state & 1))
		return WAIT_FOR_NONE;
	const uint32_t *holders = lock_holders(locks->notes, word->address, &count);
	for (size_t i = 0; i < count; i++) {
		const struct held_lock *held = &list[holders[i]];
		if (!is_claim(held, false))
			continue;
		if (found != WAIT_FOR_NONE && list[found].goroutine != held->goroutine)
			return WAIT_FOR_NONE;
		found = holders[i];
	}
	return found;
}

/* By word: many wait for one, and it is the same for all of them. */
struct owners {
	uint32_t *of;
	uint8_t *known;
};

static void owners_deinit(struct owners *owners)
{
	free(owners->of);
	free(owners->known);
}

static uint32_t owner_of(const struct locks *locks, struct owners *owners,
			 const struct lock_word *word)
{
	size_t index = (size_t)(word - locks->notes->words.items);
	if (!owners->known[index])
		owners->of[index] = find_owner(locks, word);
	owners->known[index] = 1;
	return owners->of[index];
}

static struct error *add_owner(struct locks *locks, struct owners *owners, uint32_t from,
			       const struct lock_word *word)
{
	uint32_t owner = owner_of(locks, owners, word);
	if (owner == WAIT_FOR_NONE)
		return NULL;
	return wait_for_add(&locks->graph, from, locks->notes->held.list.items[owner].goroutine,
			    owner);
}

/* A writer that has kept others from writing waits until all have read. */
static struct error *add_readers(struct locks *locks, uint32_t from, const struct lock_word *word)
{
	const struct held_lock *list = locks->notes->held.list.items;
	size_t count;
	const uint32_t *holders = lock_holders(locks->notes, word->address, &count);
	int64_t claims = 0;
	for (size_t i = 0; i < count; i++)
		claims += is_claim(&list[holders[i]], true);
	if (!word->read || claims > word->readers)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		const struct held_lock *held = &list[holders[i]];
		if (is_claim(held, true))
			TRY(wait_for_add(&locks->graph, from, held->goroutine, holders[i]));
	}
	return NULL;
}

struct error *locks_add_owners(struct locks *locks)
{
	const struct goroutine_vector *goroutines = &locks->evidence->goroutines->list;
	_cleanup_(owners_deinit) struct owners owners = {
		.of = calloc(locks->notes->words.count + 1, sizeof(*owners.of)),
		.known = calloc(locks->notes->words.count + 1, 1),
	};
	if (!owners.of || !owners.known)
		return error_no_memory();
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
			TRY(add_owner(locks, &owners, (uint32_t)i, word));
	}
	return NULL;
}
