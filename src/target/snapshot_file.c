/* SPDX-License-Identifier: Apache-2.0 */
#include "target/snapshot_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <zstd.h>

#include "base/cursor.h"
#include "target/snapshot_filter.h"

/* What zstd may make of a block at most: a writer that gains nothing stores the bytes. */
#define STORED_MAX SNAPSHOT_RAW_MAX

static struct error *corrupt(const struct snapshot_file *file, const char *what, uint64_t offset)
{
	return error_new(ERROR_CORRUPT, "%s: %s at offset 0x%" PRIx64, file->name, what, offset);
}

static struct error *read_at(const struct snapshot_file *file, uint64_t offset, void *into,
			     size_t size)
{
	for (size_t done = 0; done < size;) {
		ssize_t n = pread(file->descriptor, (uint8_t *)into + done, size - done,
				  (off_t)(offset + done));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_os(errno, "%s: cannot read at offset 0x%" PRIx64, file->name,
					offset + done);
		if (n == 0)
			return corrupt(file, "the file ends", offset + done);
		done += (size_t)n;
	}
	return NULL;
}

static struct error *read_header(struct snapshot_file *file)
{
	uint8_t bytes[SNAPSHOT_HEADER_SIZE];
	if (file->size < sizeof(bytes))
		return corrupt(file, "the snapshot ends within its header", file->size);
	TRY(read_at(file, 0, bytes, sizeof(bytes)));
	struct cursor cursor = cursor_make(bytes, sizeof(bytes), file->name, 0);
	const uint8_t *magic = cursor_bytes(&cursor, SNAPSHOT_MAGIC_SIZE);
	uint32_t version = cursor_u32(&cursor);
	file->flags = cursor_u32(&cursor);
	cursor_skip(&cursor, 8);
	uint64_t checksum = cursor_u64(&cursor);
	TRY(cursor_check(&cursor));
	if (memcmp(magic, SNAPSHOT_MAGIC, SNAPSHOT_MAGIC_SIZE))
		return corrupt(file, "this is no snapshot: wrong first bytes", 0);
	if (version != SNAPSHOT_VERSION)
		return error_new(ERROR_UNSUPPORTED,
				 "%s: a snapshot of version %" PRIu32
				 " (at offset 0x8); this dowse reads version %d",
				 file->name, version, SNAPSHOT_VERSION);
	if (checksum != snapshot_checksum_plain(bytes, sizeof(bytes) - 8))
		return corrupt(file, "the header's checksum is wrong", sizeof(bytes) - 8);
	return NULL;
}

/* The header of the block at an offset. `end` is where the blocks must end. */
static struct error *read_block_header(const struct snapshot_file *file, uint64_t offset,
				       uint64_t end, uint8_t bytes[SNAPSHOT_BLOCK_SIZE],
				       struct snapshot_block *ret)
{
	if (offset > end || end - offset < SNAPSHOT_BLOCK_SIZE)
		return corrupt(file, "a block's header is cut", offset);
	TRY(read_at(file, offset, bytes, SNAPSHOT_BLOCK_SIZE));
	struct cursor cursor = cursor_make(bytes, SNAPSHOT_BLOCK_SIZE, file->name, offset);
	uint32_t magic = cursor_u32(&cursor);
	struct snapshot_block block = {
		.kind = cursor_u32(&cursor),
		.raw = cursor_u32(&cursor),
		.stored = cursor_u32(&cursor),
		.first = cursor_u64(&cursor),
		.end = cursor_u64(&cursor),
		.checksum = cursor_u64(&cursor),
	};
	TRY(cursor_check(&cursor));
	if (magic != SNAPSHOT_BLOCK_MAGIC)
		return corrupt(file, "no block begins", offset);
	if (block.raw > SNAPSHOT_RAW_MAX || block.stored > STORED_MAX || block.stored > block.raw)
		return corrupt(file, "a block of an impossible size", offset);
	if (block.stored > end - offset - SNAPSHOT_BLOCK_SIZE)
		return corrupt(file, "a block is cut", offset);
	if (block.first > block.end)
		return corrupt(file, "a block of impossible addresses", offset);
	*ret = block;
	return NULL;
}

/* The stored bytes, with their checksum; they lie in file->stored. */
static struct error *read_stored(struct snapshot_file *file, uint64_t offset, uint64_t end,
				 struct snapshot_block *ret)
{
	uint8_t header[SNAPSHOT_BLOCK_SIZE];
	TRY(read_block_header(file, offset, end, header, ret));
	TRY(read_at(file, offset + SNAPSHOT_BLOCK_SIZE, file->stored, ret->stored));
	if (ret->checksum != snapshot_checksum(header, file->stored, ret->stored))
		return corrupt(file, "the checksum is wrong of the block", offset);
	return NULL;
}

/* How many bytes of a MEMORY block are contents; false when the block cannot be one. */
static bool contents_of(const uint8_t *bytes, size_t raw, size_t *ret)
{
	uint64_t count = 0;
	if (raw < 8)
		return false;
	memcpy(&count, bytes + raw - 8, sizeof(count));
	if (count > (raw - 8) / SNAPSHOT_EXTENT_SIZE)
		return false;
	size_t left = raw - 8 - (size_t)count * SNAPSHOT_EXTENT_SIZE;
	*ret = left - (left + SNAPSHOT_CHUNK) / (SNAPSHOT_CHUNK + 1);
	return true;
}

static struct error *unpack(struct snapshot_file *file, const struct snapshot_block *block,
			    uint64_t offset, uint8_t *into)
{
	if (block->stored == block->raw) {
		memcpy(into, file->stored, block->raw);
		return NULL;
	}
	size_t size = ZSTD_decompressDCtx(file->context, into, block->raw, file->stored,
					  block->stored);
	if (ZSTD_isError(size) || size != block->raw)
		return corrupt(file, "damaged compressed bytes in the block", offset);
	return NULL;
}

/* Take note of a block, which must fit to those before it. */
static struct error *add_entry(struct snapshot_file *file, const struct snapshot_entry *entry)
{
	bool memory = entry->kind == SNAPSHOT_MEMORY;
	size_t count = file->entries.count;
	if (entry->kind == SNAPSHOT_INDEX)
		return NULL;
	if (memory && file->memory_begin == file->memory_end)
		file->memory_begin = file->memory_end = count;
	if (memory && count > file->memory_begin &&
	    (file->memory_end != count || file->entries.items[count - 1].end > entry->first))
		return corrupt(file, "memory that is not in order, in the block", entry->offset);
	TRY(snapshot_entry_vector_append(&file->entries, entry));
	if (memory)
		file->memory_end = count + 1;
	return NULL;
}

static struct snapshot_entry entry_of(uint64_t offset, const struct snapshot_block *block)
{
	return (struct snapshot_entry){
		.offset = offset,
		.first = block->first,
		.end = block->end,
		.raw = block->raw,
		.stored = block->stored,
		.kind = block->kind,
		.slot = -1,
	};
}

/* Without an end: every whole block from the beginning on. */
static struct error *walk(struct snapshot_file *file)
{
	uint64_t offset = SNAPSHOT_HEADER_SIZE;
	uint8_t header[SNAPSHOT_BLOCK_SIZE];
	struct snapshot_block block;
	file->partial = true;
	file->entries.count = file->memory_begin = file->memory_end = 0;
	while (error_ignore(read_block_header(file, offset, file->size, header, &block))) {
		struct snapshot_entry entry = entry_of(offset, &block);
		if (!error_ignore(add_entry(file, &entry)))
			break;
		offset += SNAPSHOT_BLOCK_SIZE + (uint64_t)block.stored;
	}
	file->walked = offset;
	if (!file->entries.count)
		return corrupt(file, "the snapshot has no whole block", offset);
	return NULL;
}

struct trailer {
	uint64_t index;
	uint64_t count;
};

/* False when the file has no end that was written for it. */
static bool read_trailer(const struct snapshot_file *file, struct trailer *ret)
{
	uint8_t bytes[SNAPSHOT_TRAILER_SIZE];
	if (file->size < SNAPSHOT_HEADER_SIZE + SNAPSHOT_TRAILER_SIZE ||
	    !error_ignore(read_at(file, file->size - sizeof(bytes), bytes, sizeof(bytes))))
		return false;
	struct cursor cursor = cursor_make(bytes, sizeof(bytes), file->name, 0);
	const uint8_t *magic = cursor_bytes(&cursor, SNAPSHOT_MAGIC_SIZE);
	ret->index = cursor_u64(&cursor);
	ret->count = cursor_u64(&cursor);
	uint64_t size = cursor_u64(&cursor);
	cursor_skip(&cursor, 8);
	return !memcmp(magic, SNAPSHOT_END_MAGIC, SNAPSHOT_MAGIC_SIZE) && size == file->size &&
	       cursor_u64(&cursor) == snapshot_checksum_plain(bytes, sizeof(bytes) - 8);
}

static struct error *read_entry(struct snapshot_file *file, struct cursor *cursor, uint64_t end,
				uint64_t *reached)
{
	struct snapshot_entry entry = {
		.offset = cursor_u64(cursor),
		.first = cursor_u64(cursor),
		.end = cursor_u64(cursor),
		.raw = cursor_u32(cursor),
		.stored = cursor_u32(cursor),
		.kind = cursor_u32(cursor),
		.slot = -1,
	};
	cursor_skip(cursor, 4);
	TRY(cursor_check(cursor));
	if (entry.offset < *reached || entry.offset >= end || entry.first > entry.end ||
	    entry.raw > SNAPSHOT_RAW_MAX || entry.stored > STORED_MAX)
		return corrupt(file, "the index leads astray, before", end);
	*reached = entry.offset + SNAPSHOT_BLOCK_SIZE + entry.stored;
	return add_entry(file, &entry);
}

static struct error *read_index(struct snapshot_file *file, const struct trailer *trailer)
{
	uint64_t offset = trailer->index, end = file->size - SNAPSHOT_TRAILER_SIZE;
	uint64_t reached = SNAPSHOT_HEADER_SIZE, left = trailer->count;
	_cleanup_(free_pointer) uint8_t *bytes = malloc(SNAPSHOT_RAW_MAX);
	if (!bytes)
		return error_no_memory();
	/* Each entry stands for a block of 40 bytes at least. */
	if (trailer->index > end || trailer->count > file->size / SNAPSHOT_BLOCK_SIZE)
		return corrupt(file, "the end is damaged", end);
	while (left) {
		struct snapshot_block block;
		TRY(read_stored(file, offset, end, &block));
		if (block.kind != SNAPSHOT_INDEX || block.raw % SNAPSHOT_ENTRY_SIZE ||
		    block.raw / SNAPSHOT_ENTRY_SIZE > left || !block.raw)
			return corrupt(file, "the index is damaged", offset);
		TRY(unpack(file, &block, offset, bytes));
		struct cursor cursor = cursor_make(bytes, block.raw, file->name, offset);
		for (; cursor_left(&cursor); left--)
			TRY(read_entry(file, &cursor, trailer->index, &reached));
		offset += SNAPSHOT_BLOCK_SIZE + (uint64_t)block.stored;
	}
	return NULL;
}

static struct error *file_fill(int descriptor, const char *name, struct snapshot_file *file)
{
	struct stat status;
	struct trailer trailer;
	file->name = strdup(name);
	file->context = ZSTD_createDCtx();
	file->stored = malloc(STORED_MAX);
	if (!file->name || !file->context || !file->stored)
		return error_no_memory();
	file->descriptor = fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
	if (file->descriptor < 0 || fstat(file->descriptor, &status) < 0)
		return error_os(errno, "cannot read %s", name);
	file->size = (uint64_t)status.st_size;
	TRY(read_header(file));
	if (!read_trailer(file, &trailer) || !error_ignore(read_index(file, &trailer)))
		return walk(file);
	return NULL;
}

struct error *snapshot_file_open(int descriptor, const char *name, struct snapshot_file *ret)
{
	struct snapshot_file file = { .descriptor = -1 };
	struct error *error = file_fill(descriptor, name, &file);
	if (error) {
		snapshot_file_close(&file);
		return error;
	}
	*ret = file;
	return NULL;
}

void snapshot_file_close(struct snapshot_file *file)
{
	for (size_t i = 0; i < SNAPSHOT_CACHE; i++)
		free(file->slots[i].bytes);
	snapshot_entry_vector_deinit(&file->entries);
	ZSTD_freeDCtx(file->context);
	free(file->stored);
	free(file->name);
	close_descriptor(&file->descriptor);
	*file = (struct snapshot_file){ .descriptor = -1 };
}

static struct snapshot_slot *oldest_slot(struct snapshot_file *file)
{
	struct snapshot_slot *oldest = &file->slots[0];
	for (size_t i = 1; i < SNAPSHOT_CACHE && oldest->bytes; i++) {
		if (!file->slots[i].bytes || file->slots[i].used < oldest->used)
			oldest = &file->slots[i];
	}
	return oldest;
}

/* What is not in the cache takes the place of what has not been used for longest. */
static struct error *load(struct snapshot_file *file, size_t index, struct snapshot_slot *slot)
{
	struct snapshot_entry *entry = &file->entries.items[index];
	struct snapshot_block block;
	TRY(read_stored(file, entry->offset, file->size, &block));
	if (block.kind != entry->kind || block.raw != entry->raw || block.stored != entry->stored ||
	    block.first != entry->first || block.end != entry->end)
		return corrupt(file, "the index does not agree with the block", entry->offset);
	if (slot->bytes)
		file->entries.items[slot->entry].slot = -1;
	else
		slot->bytes = malloc(SNAPSHOT_RAW_MAX);
	if (!slot->bytes)
		return error_no_memory();
	struct error *error = unpack(file, &block, entry->offset, slot->bytes);
	slot->contents = 0;
	if (error) {
		free(TAKE_PTR(slot->bytes));
		return error;
	}
	if (entry->kind == SNAPSHOT_MEMORY && contents_of(slot->bytes, entry->raw, &slot->contents))
		snapshot_filter_undo(slot->bytes, slot->contents, slot->bytes + slot->contents);
	slot->entry = index;
	entry->slot = (int32_t)(slot - file->slots);
	return NULL;
}

struct error *snapshot_file_block(struct snapshot_file *file, size_t index, const uint8_t **ret,
				  size_t *ret_contents)
{
	const struct snapshot_entry *entry = &file->entries.items[index];
	if (entry->slot < 0)
		TRY(load(file, index, oldest_slot(file)));
	struct snapshot_slot *slot = &file->slots[entry->slot];
	slot->used = ++file->clock;
	*ret = slot->bytes;
	*ret_contents = slot->contents;
	return NULL;
}

size_t snapshot_file_find(const struct snapshot_file *file, uint64_t address)
{
	size_t low = file->memory_begin, high = file->memory_end;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (file->entries.items[middle].end <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}
