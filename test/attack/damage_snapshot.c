/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A snapshot taken apart into blocks and put together again, with right checksums over wrong
 * contents: what somebody would write who knows the format. The block that is changed is stored as
 * it is, which a writer may do.
 */
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "base/writer.h"
#include "damage.h"
#include "target/snapshot_format.h"

#define ENTRIES_MAX (SNAPSHOT_RAW_MAX / SNAPSHOT_ENTRY_SIZE)

struct rebuild {
	struct damage *damage;
	uint8_t *stored;
	uint8_t *raw;
	uint8_t *index;
	size_t entries;
	uint64_t written; /* offset in the copy */
};

static uint32_t get_u32(const uint8_t *bytes)
{
	uint32_t value;
	memcpy(&value, bytes, sizeof(value));
	return value;
}

static uint64_t get_u64(const uint8_t *bytes)
{
	uint64_t value;
	memcpy(&value, bytes, sizeof(value));
	return value;
}

static void flip_some(struct damage *damage, uint8_t *bytes, size_t size)
{
	for (size_t count = 1 + damage_random(damage) % DAMAGE_BITS_MAX; size && count-- > 0;)
		bytes[damage_random(damage) % size] ^= (uint8_t)(1 << damage_random(damage) % 8);
}

static void put(struct rebuild *rebuild, const void *bytes, size_t size)
{
	if (pwrite(rebuild->damage->file, bytes, size, (off_t)rebuild->written) != (ssize_t)size)
		abort();
	rebuild->written += size;
}

/* False when no block is there. */
static bool get(const struct rebuild *rebuild, uint64_t offset, struct snapshot_block *ret)
{
	uint8_t header[SNAPSHOT_BLOCK_SIZE];
	if (pread(rebuild->damage->original, header, sizeof(header), (off_t)offset) !=
		    (ssize_t)sizeof(header) ||
	    get_u32(header) != SNAPSHOT_BLOCK_MAGIC)
		return false;
	*ret = (struct snapshot_block){
		.kind = get_u32(header + 4),
		.raw = get_u32(header + 8),
		.stored = get_u32(header + 12),
		.first = get_u64(header + 16),
		.end = get_u64(header + 24),
	};
	return ret->kind != SNAPSHOT_INDEX &&
	       pread(rebuild->damage->original, rebuild->stored, ret->stored,
		     (off_t)offset + SNAPSHOT_BLOCK_SIZE) == (ssize_t)ret->stored;
}

/* In records anywhere; in memory mostly in the table at its end. */
static void change_contents(struct rebuild *rebuild, struct snapshot_block *block)
{
	size_t size = block->stored;
	if (block->stored == block->raw)
		memcpy(rebuild->raw, rebuild->stored, block->raw);
	else
		size = ZSTD_decompress(rebuild->raw, SNAPSHOT_RAW_MAX, rebuild->stored,
				       block->stored);
	if (ZSTD_isError(size) || size != block->raw)
		abort();
	bool table = block->kind == SNAPSHOT_MEMORY && damage_random(rebuild->damage) % 2;
	size_t end = table ? MIN(size, 8 + damage_random(rebuild->damage) % 256) : size;
	flip_some(rebuild->damage, rebuild->raw + size - end, end);
	memcpy(rebuild->stored, rebuild->raw, size);
	block->stored = block->raw;
}

/* Its lengths, kind or addresses: the header is right for its checksum alone. */
static void change_header(struct rebuild *rebuild, struct snapshot_block *block)
{
	uint64_t bit = damage_random(rebuild->damage);
	switch (damage_random(rebuild->damage) % 4) {
	case 0:
		block->kind ^= (uint32_t)1 << bit % 3;
		break;
	case 1:
		block->raw ^= (uint32_t)1 << bit % 32;
		break;
	case 2:
		block->first ^= (uint64_t)1 << bit % 64;
		break;
	default:
		block->end ^= (uint64_t)1 << bit % 64;
		break;
	}
}

static void put_block(struct rebuild *rebuild, struct snapshot_block *block)
{
	uint8_t header[SNAPSHOT_BLOCK_SIZE];
	uint8_t *entry = rebuild->index + rebuild->entries * SNAPSHOT_ENTRY_SIZE;
	if (rebuild->entries == ENTRIES_MAX)
		abort();
	snapshot_put_u64(entry, rebuild->written);
	snapshot_put_u64(entry + 8, block->first);
	snapshot_put_u64(entry + 16, block->end);
	snapshot_put_u32(entry + 24, block->raw);
	snapshot_put_u32(entry + 28, block->stored);
	snapshot_put_u32(entry + 32, block->kind);
	snapshot_put_u32(entry + 36, 0);
	rebuild->entries++;
	snapshot_block_encode(block, rebuild->stored, header);
	put(rebuild, header, sizeof(header));
	put(rebuild, rebuild->stored, block->stored);
}

static void put_end(struct rebuild *rebuild, bool wrong_index, bool wrong_trailer)
{
	uint8_t header[SNAPSHOT_BLOCK_SIZE], trailer[SNAPSHOT_TRAILER_SIZE] = SNAPSHOT_END_MAGIC;
	struct snapshot_block block = { .kind = SNAPSHOT_INDEX };
	uint64_t index = rebuild->written;
	block.raw = block.stored = (uint32_t)(rebuild->entries * SNAPSHOT_ENTRY_SIZE);
	if (wrong_index)
		flip_some(rebuild->damage, rebuild->index, block.raw);
	snapshot_block_encode(&block, rebuild->index, header);
	put(rebuild, header, sizeof(header));
	put(rebuild, rebuild->index, block.raw);
	snapshot_put_u64(trailer + 8, index);
	snapshot_put_u64(trailer + 16, rebuild->entries);
	snapshot_put_u64(trailer + 24, rebuild->written + sizeof(trailer));
	if (wrong_trailer)
		flip_some(rebuild->damage, trailer + 8, 24);
	snapshot_put_u64(trailer + 40, snapshot_checksum_plain(trailer, sizeof(trailer) - 8));
	put(rebuild, trailer, sizeof(trailer));
}

/* How many blocks there are, and how many of them are no memory (they come first, mostly). */
static size_t count_blocks(struct rebuild *rebuild, size_t *ret_records)
{
	struct snapshot_block block;
	size_t count = 0;
	*ret_records = 0;
	for (uint64_t at = SNAPSHOT_HEADER_SIZE; get(rebuild, at, &block); count++) {
		*ret_records += block.kind != SNAPSHOT_MEMORY;
		at += SNAPSHOT_BLOCK_SIZE + (uint64_t)block.stored;
	}
	return count;
}

static void rewrite(struct rebuild *rebuild)
{
	struct damage *damage = rebuild->damage;
	struct snapshot_block block;
	uint8_t header[SNAPSHOT_HEADER_SIZE];
	size_t records, count = count_blocks(rebuild, &records);
	/* 0-2: records, 3-5: memory, 6-7: headers of blocks, 8: the index, 9: the trailer */
	uint64_t what = damage_random(damage) % 10;
	bool wants_record = what < 3;
	size_t choice = damage_random(damage) % MAX(wants_record ? records : count, 1);
	size_t seen = 0;
	(void)!pread(damage->original, header, sizeof(header), 0);
	put(rebuild, header, sizeof(header));
	for (uint64_t at = SNAPSHOT_HEADER_SIZE; get(rebuild, at, &block);) {
		at += SNAPSHOT_BLOCK_SIZE + (uint64_t)block.stored;
		bool chosen = (!wants_record || block.kind != SNAPSHOT_MEMORY) && seen++ == choice;
		if (chosen && what < 6)
			change_contents(rebuild, &block);
		else if (chosen && what < 8)
			change_header(rebuild, &block);
		put_block(rebuild, &block);
	}
	put_end(rebuild, what == 8, what == 9);
}

void damage_repair(struct damage *damage)
{
	struct rebuild rebuild = { .damage = damage };
	rebuild.stored = malloc(SNAPSHOT_RAW_MAX);
	rebuild.raw = malloc(SNAPSHOT_RAW_MAX);
	rebuild.index = malloc(SNAPSHOT_RAW_MAX);
	if (!rebuild.stored || !rebuild.raw || !rebuild.index || ftruncate(damage->file, 0) < 0)
		abort();
	rewrite(&rebuild);
	damage->rewritten = true;
	free(rebuild.stored);
	free(rebuild.raw);
	free(rebuild.index);
}
