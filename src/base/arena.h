/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_BASE_ARENA_H
#define DOWSE_BASE_ARENA_H

#include "base/error.h"

/*
 * Memory that lives and dies together: one arena for one process, profile or request. Pieces are
 * never freed on their own. All zeroes is an empty arena.
 */
struct arena {
	struct arena_block *newest;
	size_t used;  /* bytes handed out of the newest block */
	size_t total; /* bytes taken from the system, in all */
};

/* `size` bytes of zeroes, aligned for any type; NULL when memory is out. */
void *arena_allocate(struct arena *arena, size_t size) must_use;

/* The same without the zeroes, aligned to 8 bytes. */
void *arena_allocate_raw(struct arena *arena, size_t size) must_use;

/* A NUL-terminated copy of `length` bytes; NULL when memory is out. */
char *arena_copy_string(struct arena *arena, const char *bytes, size_t length) must_use;

/*
 * Have `size` bytes ready and in physical memory, for work that must not wait for the kernel's
 * page faults. Failing to is no error: the memory is then had when it is asked for.
 */
void arena_prepare(struct arena *arena, size_t size);

void arena_deinit(struct arena *arena);

#endif
