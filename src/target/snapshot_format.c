/* SPDX-License-Identifier: Apache-2.0 */
#include "target/snapshot_format.h"

#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

void snapshot_put_u32(uint8_t *into, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		into[i] = (uint8_t)(value >> (8 * i));
}

void snapshot_put_u64(uint8_t *into, uint64_t value)
{
	for (int i = 0; i < 8; i++)
		into[i] = (uint8_t)(value >> (8 * i));
}

uint64_t snapshot_checksum_plain(const void *bytes, size_t size)
{
	return XXH64(bytes, size, 0);
}

/* The header's hash seeds that of the rest, so that neither can be exchanged alone. */
uint64_t snapshot_checksum(const uint8_t header[SNAPSHOT_BLOCK_SIZE - 8], const void *stored,
			   size_t size)
{
	return XXH64(stored, size, XXH64(header, SNAPSHOT_BLOCK_SIZE - 8, 0));
}

void snapshot_block_encode(struct snapshot_block *block, const void *stored,
			   uint8_t ret[SNAPSHOT_BLOCK_SIZE])
{
	snapshot_put_u32(ret, SNAPSHOT_BLOCK_MAGIC);
	snapshot_put_u32(ret + 4, block->kind);
	snapshot_put_u32(ret + 8, block->raw);
	snapshot_put_u32(ret + 12, block->stored);
	snapshot_put_u64(ret + 16, block->first);
	snapshot_put_u64(ret + 24, block->end);
	block->checksum = snapshot_checksum(ret, stored, block->stored);
	snapshot_put_u64(ret + 32, block->checksum);
}
