/* SPDX-License-Identifier: Apache-2.0 */
#include "heap/arena_bits.h"

#include <stdlib.h>
#include <string.h>

#define ARENA_MASK ((UINT64_C(1) << HEAP_ARENA_BITS) - 1)

struct error *arena_bits_init(struct arena_bits *bits, struct runtime *runtime)
{
	const struct layout *layout = &runtime_binary(runtime)->layout;
	*bits = (struct arena_bits){ .runtime = runtime, .arena = UINT64_MAX };
	if (!layout_has(layout->heap_arena_bitmap) || layout->mheap_arenas < 0)
		return NULL;
	bits->two = layout->heap_arena_bitmap_stride == 1;
	bits->raw = malloc(ARENA_BITS_MAX / 32);
	if (!bits->raw)
		return error_no_memory();
	return target_read_u64(runtime_target(runtime),
			       runtime_global(runtime, GLOBAL_MHEAP) +
				       (uint64_t)layout->mheap_arenas,
			       &bits->table);
}

void arena_bits_deinit(struct arena_bits *bits)
{
	free(bits->raw);
	bits->raw = NULL;
}

/* How much of the table is for so much memory. */
static size_t raw_size(const struct arena_bits *bits, uint64_t bytes)
{
	return (size_t)(bytes / (bits->two ? 32 : 64));
}

static struct error *read_raw(struct arena_bits *bits, uint64_t address, size_t bytes, uint8_t *ret)
{
	const struct layout *layout = &runtime_binary(bits->runtime)->layout;
	struct target *target = runtime_target(bits->runtime);
	uint64_t arena = address & ~ARENA_MASK;
	if (arena != bits->arena) {
		uint64_t entry = bits->table + 8 * heap_arena_index(bits->runtime, arena);
		bits->arena = arena;
		if (!error_ignore(target_read_u64(target, entry, &bits->arena_at)))
			bits->arena_at = 0;
	}
	struct target_range range = {
		.address = bits->arena_at + (uint64_t)layout->heap_arena_bitmap +
			   raw_size(bits, address & ARENA_MASK),
		.length = raw_size(bits, bytes),
		.into = ret,
	};
	TRY(target_read_ranges(target, &range, 1));
	if (!range.done)
		memset(ret, 0, range.length);
	return NULL;
}

/* One object of 1.19, from word `from` on; what lies behind its last pointer is junk. */
static bool convert_object(const uint8_t *raw, size_t from, size_t count, bool dead, uint8_t *ret)
{
	for (size_t word = from; word < from + count; word++) {
		uint8_t byte = raw[word / 4];
		dead = dead || !(byte >> (4 + word % 4) & 1);
		if (dead)
			break;
		if (byte >> word % 4 & 1)
			ret[word / 8] |= (uint8_t)(1 << word % 8);
	}
	return dead;
}

/* A span may reach into the next arena, where another table begins. */
static struct error *read_across(struct arena_bits *bits, uint64_t address, size_t bytes,
				 uint8_t *ret)
{
	for (size_t done = 0, some; done < bytes; done += some) {
		uint64_t left = ARENA_MASK + 1 - ((address + done) & ARENA_MASK);
		some = (size_t)MIN(left, (uint64_t)(bytes - done));
		TRY(read_raw(bits, address + done, some, ret + raw_size(bits, done)));
	}
	return NULL;
}

struct error *arena_bits_span(struct arena_bits *bits, const struct heap_span *span, uint8_t *ret)
{
	size_t bytes = (size_t)(span->end - span->start), words = (size_t)span->slot_size / 8;
	TRY(read_across(bits, span->start, bytes, bits->two ? bits->raw : ret));
	if (!bits->two)
		return NULL;
	memset(ret, 0, arena_bits_size(bytes));
	for (uint32_t i = 0; i < span->count; i++)
		convert_object(bits->raw, i * words, words, false, ret);
	return NULL;
}

struct error *arena_bits_part(struct arena_bits *bits, uint64_t address, size_t bytes, bool *dead,
			      uint8_t *ret)
{
	TRY(read_raw(bits, address, bytes, bits->two ? bits->raw : ret));
	if (!bits->two)
		return NULL;
	memset(ret, 0, arena_bits_size(bytes));
	*dead = convert_object(bits->raw, 0, bytes / 8, *dead, ret);
	return NULL;
}
