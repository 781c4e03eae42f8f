/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Any bytes as a snapshot, and any blocks in a file whose checksums are right: nobody would get
 * past those by chance. The first byte says which:
 *
 *	1	the rest is the file
 *	2	blocks, with an index and an end
 *	else	blocks, without
 *
 * A block is its kind (u8), its size (u16), the addresses that it covers (two u64), and its bytes.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/cursor.h"
#include "base/writer.h"
#include "target/descriptor_table.h"
#include "target/snapshot.h"
#include "target/snapshot_format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define BLOCKS_MAX 64
#define READ_MAX   ((size_t)64 << 10)

struct made {
	struct writer file;
	struct writer index;
	uint64_t addresses[2 * BLOCKS_MAX];
	size_t count;
};

static void put_header(struct made *made)
{
	uint8_t header[SNAPSHOT_HEADER_SIZE] = { 0 };
	memcpy(header, SNAPSHOT_MAGIC, SNAPSHOT_MAGIC_SIZE);
	snapshot_put_u32(header + 8, SNAPSHOT_VERSION);
	snapshot_put_u64(header + 24, snapshot_checksum_plain(header, sizeof(header) - 8));
	writer_bytes(&made->file, header, sizeof(header));
}

static void put_block(struct made *made, struct snapshot_block *block, const uint8_t *bytes)
{
	uint8_t header[SNAPSHOT_BLOCK_SIZE], entry[SNAPSHOT_ENTRY_SIZE] = { 0 };
	snapshot_put_u64(entry, made->file.length);
	snapshot_put_u64(entry + 8, block->first);
	snapshot_put_u64(entry + 16, block->end);
	snapshot_put_u32(entry + 24, block->raw);
	snapshot_put_u32(entry + 28, block->stored);
	snapshot_put_u32(entry + 32, block->kind);
	if (block->kind != SNAPSHOT_INDEX)
		writer_bytes(&made->index, entry, sizeof(entry));
	snapshot_block_encode(block, bytes, header);
	writer_bytes(&made->file, header, sizeof(header));
	writer_bytes(&made->file, bytes, block->stored);
}

static void put_blocks(struct made *made, struct cursor *cursor)
{
	while (cursor_left(cursor) && made->count < 2 * BLOCKS_MAX) {
		struct snapshot_block block = { .kind = cursor_u8(cursor) };
		uint16_t size = cursor_u16(cursor);
		block.first = cursor_u64(cursor);
		block.end = cursor_u64(cursor);
		const uint8_t *bytes = cursor_bytes(cursor, size);
		if (cursor->failure)
			return;
		block.raw = block.stored = size;
		made->addresses[made->count++] = block.first;
		made->addresses[made->count++] = block.end - 8;
		put_block(made, &block, bytes);
	}
}

static void put_end(struct made *made)
{
	uint8_t trailer[SNAPSHOT_TRAILER_SIZE] = { 0 };
	uint64_t offset = made->file.length, count = made->index.length / SNAPSHOT_ENTRY_SIZE;
	struct snapshot_block index = {
		.kind = SNAPSHOT_INDEX,
		.raw = (uint32_t)made->index.length,
		.stored = (uint32_t)made->index.length,
	};
	if (count)
		put_block(made, &index, (const uint8_t *)made->index.bytes);
	memcpy(trailer, SNAPSHOT_END_MAGIC, SNAPSHOT_MAGIC_SIZE);
	snapshot_put_u64(trailer + 8, offset);
	snapshot_put_u64(trailer + 16, count);
	snapshot_put_u64(trailer + 24, made->file.length + sizeof(trailer));
	snapshot_put_u64(trailer + 40, snapshot_checksum_plain(trailer, sizeof(trailer) - 8));
	writer_bytes(&made->file, trailer, sizeof(trailer));
}

/* What is read twice is the same, and what is read in two halves too. */
static void read_at(struct target *target, uint64_t address)
{
	static uint8_t whole[READ_MAX], halves[READ_MAX];
	for (size_t size = 1; size <= READ_MAX; size *= 16) {
		struct target_range one = { .address = address, .length = size, .into = whole };
		struct target_range two[] = {
			{ .address = address + size / 2,
			  .length = size - size / 2,
			  .into = halves + size / 2 },
			{ .address = address, .length = size / 2, .into = halves },
		};
		if (!error_ignore(target_read_ranges(target, &one, 1)) ||
		    !error_ignore(target_read_ranges(target, two, ARRAY_SIZE(two))))
			return;
		if (!one.done)
			return;
		assert(two[0].done && two[1].done);
		assert(!memcmp(whole, halves, size));
	}
}

static void read_records(struct target *target)
{
	const struct target_mapping *mappings;
	struct descriptor descriptor;
	size_t count;
	if (error_ignore(target_mappings(target, &mappings, &count))) {
		for (size_t i = 1; i < count; i++)
			assert(mappings[i - 1].end <= mappings[i].start);
	}
	target_threads(target, &count);
	(void)target_now(target);
	assert(strlen(target_name(target)));
	assert(!target_pid(target));
	for (int i = -1; i < 8; i++)
		error_ignore(target_descriptor(target, i, &descriptor));
	snapshot_number(target, "process.pid", 0);
	snapshot_gap(target);
}

static void try_file(const void *bytes, size_t size, const struct made *made)
{
	_cleanup_(close_descriptor) int file = memfd_create("fuzz", MFD_CLOEXEC);
	struct target *target;
	if (file < 0 || write(file, bytes, size) != (ssize_t)size ||
	    !error_ignore(snapshot_open(file, "fuzz", &target)))
		return;
	read_records(target);
	for (size_t i = 0; i < made->count; i++)
		read_at(target, made->addresses[i]);
	read_at(target, 0);
	read_at(target, 0x1000);
	read_at(target, UINT64_MAX - 16);
	target_destroy(target);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct made made = { .file = WRITER_TO_MEMORY, .index = WRITER_TO_MEMORY };
	if (!size)
		return 0;
	if (data[0] == 1) {
		try_file(data + 1, size - 1, &made);
		return 0;
	}
	struct cursor cursor = cursor_make(data + 1, size - 1, "blocks", 0);
	put_header(&made);
	put_blocks(&made, &cursor);
	if (data[0] == 2)
		put_end(&made);
	if (error_ignore(writer_finish(&made.file)))
		try_file(made.file.bytes, made.file.length, &made);
	writer_deinit(&made.file);
	writer_deinit(&made.index);
	return 0;
}
