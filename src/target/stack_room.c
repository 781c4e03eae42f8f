/* SPDX-License-Identifier: Apache-2.0 */
#include "target/stack_room.h"

#include <string.h>

/*
 * The head of runtime.g and runtime.m, to which Go's own assembly code is bound: the same in every
 * release from 1.4 to 1.27.
 */
enum {
	G_STACK_LOW = 0,
	G_STACK_HIGH = 1,
	G_M = 6,
	G_WORDS = 7,
	STACK_MAX = 1 << 30,
};

static bool read_words(struct memory *memory, uint64_t address, uint64_t *ret, size_t count)
{
	struct target_range range = { address, count * sizeof(*ret), ret, false };
	return error_ignore(memory_read_ranges(memory, "", &range, 1)) && range.done;
}

static bool bounds_are_sane(const uint64_t g[G_WORDS])
{
	return g[G_STACK_LOW] && g[G_STACK_LOW] < g[G_STACK_HIGH] &&
	       g[G_STACK_HIGH] - g[G_STACK_LOW] <= STACK_MAX;
}

/* A `g` whose stack the thread is on, and whose `m` and that one's g0 lead back to each other. */
static bool low_end_by_g(struct memory *memory, uint64_t address, uint64_t sp, uint64_t *ret)
{
	uint64_t g[G_WORDS], g0[G_WORDS], g0_address;

	if (!address || address & 7 || !read_words(memory, address, g, G_WORDS) ||
	    !bounds_are_sane(g) || sp <= g[G_STACK_LOW] || sp > g[G_STACK_HIGH])
		return false;
	if (!g[G_M] || g[G_M] & 7 || !read_words(memory, g[G_M], &g0_address, 1) || !g0_address ||
	    !read_words(memory, g0_address, g0, G_WORDS) || g0[G_M] != g[G_M] ||
	    !bounds_are_sane(g0))
		return false;
	*ret = g[G_STACK_LOW];
	return true;
}

/*
 * A C library's thread: its descriptor, which begins with (musl) or has as its third word (glibc)
 * its own address, lies above the stack in the same mapping, and a guard that nobody can touch
 * lies below it.
 */
static bool low_end_by_descriptor(struct memory *memory, const struct maps *maps,
				  const struct target_mapping *mapping,
				  const struct registers *registers, uint64_t *ret)
{
	uint64_t words[3], descriptor = registers->thread_pointer;

	if (mapping == maps->mappings.items || mapping->inode || mapping->path[0] == '[' ||
	    mapping->shared || descriptor <= registers->sp || descriptor >= mapping->end ||
	    !read_words(memory, descriptor, words, 3) ||
	    (words[0] != descriptor && words[2] != descriptor))
		return false;
	const struct target_mapping *below = mapping - 1;
	if (below->end != mapping->start || below->readable || below->writable)
		return false;
	*ret = mapping->start;
	return true;
}

bool stack_low_end(struct memory *memory, const struct maps *maps,
		   const struct registers *registers, uint64_t *ret)
{
	uint64_t sp = registers->sp, g = 0;

	if (low_end_by_g(memory, registers->g, sp, ret))
		return true;
	/* Where Go keeps it in a program without cgo; in others the register has to do. */
	if (registers->thread_pointer && read_words(memory, registers->thread_pointer - 8, &g, 1) &&
	    low_end_by_g(memory, g, sp, ret))
		return true;

	const struct target_mapping *mapping = maps_find(maps, sp);
	if (!mapping || !mapping->writable)
		return false;
	if (strcmp(mapping->path, "[stack]") == 0) {
		*ret = mapping->start;
		return true;
	}
	return low_end_by_descriptor(memory, maps, mapping, registers, ret);
}
