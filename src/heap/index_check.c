/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>

#include "heap/index_private.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

/*
 * Arrays of an index are used as they lie there, so nothing in them may lead astray: every number
 * that is the place of something is looked at once, piece by piece, while the piece is in the
 * processor's cache for its checksum anyway.
 */
#define PIECE   ((size_t)256 << 10)
#define THREADS 2

/* Those of `from` up to `to`. Loops without branches: most of the time goes for memory. */
static bool vertices_good(const uint32_t *items, size_t from, size_t to, uint64_t limit)
{
	uint32_t bad = !from && to && items[0] != VERTEX_NONE;
	for (size_t i = MAX(from, (size_t)1); i < to; i++)
		bad |= items[i] >= limit;
	return !bad;
}

static bool below_or_none(const uint32_t *items, size_t from, size_t to, uint64_t limit)
{
	uint32_t bad = 0;
	for (size_t i = from; i < to; i++)
		bad |= (uint32_t)(items[i] >= limit) & (uint32_t)(items[i] != VERTEX_NONE);
	return !bad;
}

static bool edges_good(const uint32_t *items, size_t from, size_t to, uint64_t limit)
{
	uint32_t bad = 0;
	for (size_t i = from; i < to; i++)
		bad |= (uint32_t)(edge_target(items[i]) >= limit) &
		       (uint32_t)(items[i] != EDGE_NONE);
	return !bad;
}

static bool rows_good(const uint32_t *items, size_t from, size_t to, struct index_check *check)
{
	uint32_t bad = 0, previous = (uint32_t)check->previous;
	for (size_t i = from; i < to; i++) {
		bad |= items[i] < previous;
		previous = items[i];
	}
	check->previous = previous;
	return !bad && previous < check->limit;
}

static bool marks_good(const uint32_t *items, size_t from, size_t to, uint64_t limit)
{
	uint32_t bad = 0;
	for (size_t i = from; i < to; i++)
		bad |= heap_type_number(items[i]) >= limit;
	return !bad;
}

static bool shapes_good(const uint16_t *items, size_t from, size_t to, uint64_t limit)
{
	uint32_t bad = 0;
	for (size_t i = from; i < to; i++)
		bad |= items[i] >= limit;
	return !bad;
}

/* Above a number stand smaller ones alone: so every way up ends. */
static bool parents_good(const uint32_t *items, size_t from, size_t to)
{
	uint32_t bad = 0;
	for (size_t i = from; i < to; i++)
		bad |= items[i] >= i && items[i];
	return !bad;
}

static bool items_good(struct index_check *check, size_t from, size_t to)
{
	switch (check->id) {
	case INDEX_ROWS:
		return rows_good(check->items, from, to, check);
	case INDEX_EDGES:
		return edges_good(check->items, from, to, check->limit);
	case INDEX_SHAPES:
		return shapes_good(check->items, from, to, check->limit);
	case INDEX_MARKS:
		return marks_good(check->items, from, to, check->limit);
	case INDEX_VERTICES:
		return vertices_good(check->items, from, to, check->limit);
	case INDEX_NUMBERS:
		return below_or_none(check->items, from, to, check->limit);
	case INDEX_PARENTS:
		return parents_good(check->items, from, to);
	default: /* no places of anything */
		return true;
	}
}

static bool check_one(struct index_check *check)
{
	const size_t size = (size_t)index_item_sizes[check->id], step = PIECE / size;
	const uint8_t *bytes = check->items;
	XXH3_state_t state;
	XXH3_64bits_reset(&state);
#ifdef MADV_POPULATE_READ
	/* A wish: all pages at once and not one by one. */
	if (check->count)
		madvise((void *)(uintptr_t)bytes, check->count * size, MADV_POPULATE_READ);
#endif
	for (size_t at = 0; at < check->count; at += step) {
		size_t end = MIN(check->count, at + step);
		XXH3_64bits_update(&state, bytes + at * size, (end - at) * size);
		if (!items_good(check, at, end))
			return false;
	}
	return XXH3_64bits_digest(&state) == check->checksum;
}

struct checking {
	struct index_check *checks;
	size_t count;
	atomic_size_t next;
	atomic_bool bad;
};

static void *work(void *argument)
{
	struct checking *checking = argument;
	for (;;) {
		size_t mine = atomic_fetch_add(&checking->next, 1);
		if (mine >= checking->count)
			return NULL;
		if (!check_one(&checking->checks[mine]))
			atomic_store(&checking->bad, true);
	}
}

bool index_check_all(struct index_check *checks, size_t count)
{
	struct checking checking = { .checks = checks, .count = count };
	pthread_t threads[THREADS];
	size_t started = 1;
	while (started < THREADS && !pthread_create(&threads[started], NULL, work, &checking))
		started++;
	work(&checking);
	for (size_t i = 1; i < started; i++)
		pthread_join(threads[i], NULL);
	return !atomic_load(&checking.bad);
}
