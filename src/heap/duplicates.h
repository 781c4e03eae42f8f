/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_HEAP_DUPLICATES_H
#define DOWSE_HEAP_DUPLICATES_H

#include "base/arena.h"
#include "heap/heap.h"

/*
 * Strings and slices without pointers that contain the same: one of each would do, if nobody writes
 * to them. Compared is what is used of them, as far as any string or slice reaches that is kept
 * somewhere else than on a stack. Short strings share blocks of the allocator; of these each counts
 * as its bytes, of all others as its slot.
 */
struct heap_duplicate_keeper {
	const char *name; /* "main.User.status" */
	uint64_t count;   /* strings and slices there that lead to one of the copies */
};

struct heap_duplicate {
	uint32_t type;
	uint64_t length;  /* bytes of each */
	uint64_t copies;  /* at least 2 */
	uint64_t bytes;   /* of all of them */
	uint64_t saved;   /* if one was left */
	uint64_t address; /* of the first */
	const char *data; /* how they begin */
	size_t data_length;
	const struct heap_duplicate_keeper *keepers; /* those with most */
	size_t keeper_count;
	uint64_t kept; /* at all places */
};

DEFINE_VECTOR(heap_duplicate_vector, struct heap_duplicate);

struct heap_duplicates {
	struct arena arena;
	struct heap_duplicate_vector list; /* those that would save most first */
	uint64_t contents;                 /* different ones there are in all with copies */
	uint64_t copies;                   /* of all of these, this and what follows */
	uint64_t bytes;
	uint64_t saved;
	uint64_t compared;   /* strings and slices whose contents were there */
	uint64_t unreadable; /* objects whose contents are not there */
};

/*
 * All but the first `limit` are dropped. Nothing is told to be equal that has not been compared byte
 * by byte. After heap_search(); memory is read: the target must stand still.
 */
struct error *heap_duplicates_find(struct heap *heap, size_t limit, struct heap_duplicates *ret)
	must_use;
void heap_duplicates_deinit(struct heap_duplicates *duplicates);

#endif
