/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "leak/live/liveness_private.h"

/*
 * Pointers that Go does not see: a ring that is shared with the kernel or another process, what C has
 * been handed. Go's rules forbid most of these, but they work as long as the one who waits keeps the
 * object. So where there is something to prove, shared memory and C's heap are looked through for the
 * addresses of what they alone hold; a word that may be one costs them the proof. Other memory
 * without a name is not: it may be the runtime's, which notes down objects that mean nothing to it.
 */
#define PIECE    ((uint64_t)1 << 20)
#define PAGE     ((uint64_t)4096)
#define C_ARENA  ((uint64_t)64 << 20)
#define LOOK_MAX ((uint64_t)1 << 30) /* bytes: more is not looked through, and proves nothing */

struct beside {
	struct liveness *liveness;
	struct target *target;
	uint8_t *bytes; /* PIECE */
	uint64_t left;
	bool unread; /* something could not be */
};

/* Is it held at all, and by nobody but those who never go on? */
static bool is_held_by_waiters(const struct liveness *liveness, uint32_t vertex)
{
	return heap_bit(liveness->heap->spans.used, vertex) &&
	       !heap_bit(liveness->reached, vertex) && heap_is_reached(liveness->heap, vertex);
}

static struct error *look_at(const struct beside *beside, uint64_t word)
{
	uint32_t edge = heap_spans_edge(&beside->liveness->heap->spans, word);
	if (edge == EDGE_NONE || !is_held_by_waiters(beside->liveness, edge_target(edge)))
		return NULL;
	return liveness_reach(beside->liveness, edge_target(edge));
}

static struct error *look_through_piece(struct beside *beside, uint64_t address, uint64_t size)
{
	const struct heap_spans *spans = &beside->liveness->heap->spans;
	struct target_range range = { .address = address, .length = size, .into = beside->bytes };
	TRY(target_read_ranges(beside->target, &range, 1));
	beside->unread |= !range.done;
	for (uint64_t i = 0; range.done && i < size; i += sizeof(uint64_t)) {
		uint64_t word;
		memcpy(&word, beside->bytes + i, sizeof(word));
		if (word - spans->low < spans->size)
			TRY(look_at(beside, word));
	}
	return NULL;
}

/* Pages that were never touched hold nothing. */
static struct error *look_through(struct beside *beside, uint64_t start, uint64_t end)
{
	bool present[PIECE / PAGE];
	while (start < end && beside->left) {
		uint64_t size = MIN(end - start, PIECE);
		size_t count = size / PAGE, from = 0;
		if (!error_ignore(target_present(beside->target, start / PAGE, count, present)))
			memset(present, 1, sizeof(present));
		while (from < count) {
			size_t to = from;
			while (to < count && present[to])
				to++;
			if (to > from)
				TRY(look_through_piece(beside, start + from * PAGE,
						       (to - from) * PAGE));
			beside->left -= MIN(beside->left, (to - from) * PAGE);
			from = to + 1;
		}
		start += size;
	}
	return NULL;
}

/* Of no file on a disk. A core does not say what was shared, but what it was. */
static bool is_shared_memory(const struct target_mapping *mapping)
{
	static const char *const kinds[] = { "/dev/zero", "/dev/shm/", "/memfd:", "/SYSV",
					     "anon_inode:" };
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (strncmp(mapping->path, kinds[i], strlen(kinds[i])) == 0)
			return true;
	}
	return mapping->shared && !*mapping->path;
}

/*
 * glibc has the first of its heaps by itself, and others for threads, which begin at multiples; so do
 * Go's arenas, but these are known.
 */
static bool is_c_heap(const struct heap_spans *spans, const struct target_mapping *mapping,
		      bool has_c)
{
	bool threads = !mapping->inode && !*mapping->path && mapping->start % C_ARENA == 0 &&
		       (mapping->end <= spans->low || mapping->start >= spans->low + spans->size);
	return has_c && (threads || strcmp(mapping->path, "[heap]") == 0);
}

static bool is_c_library(const struct target_mapping *mapping)
{
	return strstr(mapping->path, "/libc.") || strstr(mapping->path, "/libc-") ||
	       strstr(mapping->path, "/ld-");
}

static struct error *look_everywhere(struct beside *beside)
{
	const struct target_mapping *mappings;
	size_t count, kept = 0;
	bool has_c = false;
	TRY(target_mappings(beside->target, &mappings, &count));
	/* The target's own list does not outlast the reading. */
	_cleanup_(free_pointer) struct target_extent *wanted = calloc(count + 1, sizeof(*wanted));
	if (!wanted)
		return error_no_memory();
	/* A snapshot has nothing of C's. */
	for (size_t i = 0; i < count && target_runs(beside->target); i++)
		has_c |= is_c_library(&mappings[i]);
	for (size_t i = 0; i < count; i++) {
		if (mappings[i].readable && mappings[i].writable &&
		    (is_shared_memory(&mappings[i]) ||
		     is_c_heap(&beside->liveness->heap->spans, &mappings[i], has_c)))
			wanted[kept++] =
				(struct target_extent){ mappings[i].start, mappings[i].end };
	}
	for (size_t i = 0; i < kept; i++)
		TRY(look_through(beside, wanted[i].start, wanted[i].end));
	return NULL;
}

static bool has_proofs(const struct liveness *liveness)
{
	const struct goroutine_vector *list = &liveness->heap->roots.goroutines->list;
	for (size_t i = 0; i < list->count; i++) {
		const struct wait *wait = &list->items[i].wait;
		if (liveness->verdicts[i] == LIVENESS_NEVER && (wait->channel_count || wait->address))
			return true;
	}
	return false;
}

struct error *liveness_look_beside(struct liveness *liveness)
{
	struct runtime *runtime = liveness->heap->runtime;
	if (liveness->doubt || !has_proofs(liveness))
		return NULL;
	_cleanup_(free_pointer) uint8_t *bytes = malloc(PIECE);
	if (!bytes)
		return error_no_memory();
	struct beside beside = {
		.liveness = liveness,
		.target = runtime_target(runtime),
		.bytes = bytes,
		.left = LOOK_MAX,
	};
	struct error *error = look_everywhere(&beside);
	vertex_vector_deinit(&liveness->stack);
	if (error && error->code == ERROR_NO_MEMORY)
		return error;
	if (!error_ignore(error) || !beside.left || beside.unread)
		liveness->doubt = "Not all memory beside Go's heap could be looked through for pointers.";
	return NULL;
}
