/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <string.h>
#include <sys/mman.h>

#define ARENA_FIRST_BLOCK  ((size_t)64 << 10)
#define ARENA_LARGEST_STEP ((size_t)4 << 20)
#define ARENA_ALIGNMENT    _Alignof(max_align_t)

struct arena_block {
	struct arena_block *older;
	size_t size;
	_Alignas(max_align_t) unsigned char bytes[];
};

static bool arena_add_block(struct arena *arena, size_t at_least)
{
	size_t size = arena->newest ? MIN(arena->newest->size * 2, ARENA_LARGEST_STEP)
				    : ARENA_FIRST_BLOCK;
	size = MAX(size, at_least);
	struct arena_block *block;
	if (size > SIZE_MAX - sizeof(*block))
		return false;
	block = malloc(sizeof(*block) + size);
	if (!block)
		return false;
	block->older = arena->newest;
	block->size = size;
	arena->newest = block;
	arena->used = 0;
	arena->total += size;
	return true;
}

static void *arena_take(struct arena *arena, size_t size, size_t alignment)
{
	size_t start = (arena->used + alignment - 1) & ~(alignment - 1);
	if (!arena->newest || start > arena->newest->size || size > arena->newest->size - start) {
		if (!arena_add_block(arena, size))
			return NULL;
		start = 0;
	}
	arena->used = start + size;
	return arena->newest->bytes + start;
}

void *arena_allocate(struct arena *arena, size_t size)
{
	void *memory = arena_take(arena, size, ARENA_ALIGNMENT);
	if (memory)
		memset(memory, 0, size);
	return memory;
}

void *arena_allocate_raw(struct arena *arena, size_t size)
{
	return arena_take(arena, size, 8);
}

char *arena_copy_string(struct arena *arena, const char *bytes, size_t length)
{
	if (length == SIZE_MAX)
		return NULL;
	char *copy = arena_take(arena, length + 1, 1);
	if (copy) {
		memcpy(copy, bytes, length);
		copy[length] = '\0';
	}
	return copy;
}

void arena_prepare(struct arena *arena, size_t size)
{
	enum { PAGE = 4096, HUGE_PAGE = 2 << 20 };
	if (!arena_add_block(arena, size))
		return;
	/* Where the kernel has huge pages to give, one fault does the work of 512. */
	uintptr_t bytes = (uintptr_t)arena->newest->bytes;
	uintptr_t begin = (bytes + HUGE_PAGE - 1) & -(uintptr_t)HUGE_PAGE;
	uintptr_t end = (bytes + size) & -(uintptr_t)HUGE_PAGE;
	if (begin < end)
		(void)madvise((void *)begin, end - begin, MADV_HUGEPAGE);
	for (size_t i = 0; i < size; i += PAGE)
		((volatile unsigned char *)arena->newest->bytes)[i] = 0;
}

void arena_deinit(struct arena *arena)
{
	struct arena_block *block = arena->newest;
	while (block) {
		struct arena_block *older = block->older;
		free(block);
		block = older;
	}
	*arena = (struct arena){ 0 };
}
