/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "base/map.h"
#include "leak/dump/told.h"
#include "model/quantity.h"

/*
 * L15 from addresses alone: goroutine a waits for a lock that lies in an object whose method b is
 * in, further out on its stack, and b waits for one in an object whose method a is in. Each may
 * hold what the other waits for. That a method holds its object's lock is a guess: locks lie in
 * their objects, mostly, near the beginning.
 */
#define OBJECT_SIZE 512 /* bytes from an object's beginning in which its lock may lie */
#define LOCKS_MAX   20000
#define CYCLES_MAX  8

/* Is the lock in one of the objects that the goroutine's outer frames are methods of? */
static bool may_hold(const struct dump_lock *holder, uint64_t lock)
{
	if (holder->lock == lock)
		return false;
	for (uint32_t i = 0; i < holder->owner_count; i++) {
		if (lock >= holder->owners[i] && lock - holder->owners[i] < OBJECT_SIZE)
			return true;
	}
	return false;
}

static struct place place_of(const struct told_evidence *evidence, const struct dump_lock *lock)
{
	return goroutine_place(&evidence->dump->goroutines.list.items[lock->goroutine],
			       &evidence->places);
}

static struct error *report(const struct told_evidence *evidence, const struct dump_lock *a,
			    const struct dump_lock *b, struct findings *ret)
{
	const struct goroutine *list = evidence->dump->goroutines.list.items;
	const struct goroutine *first = &list[a->goroutine], *second = &list[b->goroutine];
	uint64_t *members = arena_allocate(&ret->arena, 2 * sizeof(*members));
	if (!members)
		return error_no_memory();
	members[0] = first->id;
	members[1] = second->id;
	struct finding finding = {
		.rule = RULE_LOCK_ORDER,
		.certainty = CERTAINTY_SUSPECT,
		.count = 2,
		.bytes = -1,
		.growth_per_hour = INT64_MIN,
		.bytes_per_hour = INT64_MIN,
		.place = place_of(evidence, a),
		.created_by = goroutine_creation(first),
		.state = first->state_text,
		.wait_min_ns = MIN(first->wait_ns, second->wait_ns),
		.wait_max_ns = MAX(first->wait_ns, second->wait_ns),
		.example = first,
		.members = members,
		.member_count = 2,
	};
	struct place other = place_of(evidence, b);
	finding.title = findings_text(ret,
				      "goroutines %" PRIu64 " and %" PRIu64
				      " may each hold the lock that the other waits for",
				      first->id, second->id);
	finding.why = findings_text(
		ret,
		"%s waits for the lock at 0x%" PRIx64
		", in an object whose method goroutine %" PRIu64
		" is in; that one waits in %s for the lock at 0x%" PRIx64
		", in an object whose method goroutine %" PRIu64 " is in.",
		finding.place.function ? finding.place.function : "one", a->lock, second->id,
		other.function ? other.function : "its place", b->lock, first->id);
	finding.settle =
		"A dump does not say who holds a lock: dowse on the process (dowse PID), a core or a snapshot of it does.";
	evidence->claimed[a->goroutine] = evidence->claimed[b->goroutine] = true;
	return finding_vector_append(&ret->list, &finding);
}

static int compare_locks(const void *left, const void *right)
{
	const struct dump_lock *const *a = left, *const *b = right;
	return (*a)->lock < (*b)->lock ? -1 : (*a)->lock > (*b)->lock;
}

/* The first of those whose lock lies at an address or behind it. */
static size_t first_at(const struct dump_lock *const *sorted, size_t count, uint64_t address)
{
	size_t low = 0, high = count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (sorted[middle]->lock < address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Somebody who waits for what `one` may hold, and may hold what it waits for. */
static const struct dump_lock *find_other(const struct told_evidence *evidence,
					  const struct dump_lock *const *sorted, size_t count,
					  const struct dump_lock *one)
{
	unsigned tries = 64; /* thousands that wait for one lock are alike */
	for (uint32_t i = 0; i < one->owner_count; i++) {
		size_t at = first_at(sorted, count, one->owners[i]);
		for (; at < count && tries && sorted[at]->lock - one->owners[i] < OBJECT_SIZE;
		     at++, tries--) {
			const struct dump_lock *other = sorted[at];
			if (other != one && !evidence->claimed[other->goroutine] &&
			    may_hold(one, other->lock) && may_hold(other, one->lock))
				return other;
		}
	}
	return NULL;
}

struct error *told_lock_cycles(const struct told_evidence *evidence, struct findings *ret)
{
	const struct dump_lock_vector *locks = &evidence->dump->locks;
	const struct goroutine *list = evidence->dump->goroutines.list.items;
	size_t most = MIN(locks->count, (size_t)LOCKS_MAX), count = 0;
	unsigned found = 0;
	_cleanup_(free_pointer) const struct dump_lock **sorted = calloc(most + 1, sizeof(*sorted));
	if (!sorted)
		return error_no_memory();
	for (size_t i = 0; i < most; i++) {
		const struct goroutine *waiter = &list[locks->items[i].goroutine];
		/* Goroutine 1 may well be one of the two. */
		if (!waiter->system && !waiter->bubble)
			sorted[count++] = &locks->items[i];
	}
	if (count)
		qsort(sorted, count, sizeof(*sorted), compare_locks);
	for (size_t i = 0; i < most && found < CYCLES_MAX; i++) {
		const struct dump_lock *one = &locks->items[i];
		if (evidence->claimed[one->goroutine] || !told_may_tell(&list[one->goroutine]))
			continue;
		const struct dump_lock *other = find_other(evidence, sorted, count, one);
		if (!other)
			continue;
		TRY(report(evidence, one, other, ret));
		found++;
	}
	return NULL;
}
