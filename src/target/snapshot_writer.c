/* SPDX-License-Identifier: Apache-2.0 */
#include "target/snapshot_writer.h"

#include <string.h>

#include "target/snapshot_filter.h"
#include "target/snapshot_pipeline.h"
#include "target/traced.h"

#define PAGE           ((uint64_t)4096)
#define RANGES_MAX     4096u /* of one block: the more, the less room for their bytes */
#define TABLE_MAX      ((size_t)(RANGES_MAX * 4) * SNAPSHOT_EXTENT_SIZE)
#define DATA_MAX       (SNAPSHOT_RAW_MAX - TABLE_MAX - SNAPSHOT_RAW_MAX / SNAPSHOT_CHUNK - 8)
#define CHECK_EVERY_NS 5000000u

/*
 * A block of memory is filled in two steps: ranges are gathered until they fill it, then read at
 * once. Pages of nothing but zeroes are taken out of what was read; what is left is moved up.
 */
struct snapshot_writer {
	struct snapshot_writer_options options;
	struct pipeline *pipeline;
	struct pipeline_job *job; /* whose memory is gathered; NULL: none */
	struct target_range ranges[RANGES_MAX];
	size_t range_count;
	size_t gathered; /* bytes */
	uint8_t table[TABLE_MAX];
	size_t extent_count;
	size_t used;      /* bytes of the job's raw ones that are settled */
	uint64_t reached; /* the end of the last extent */
	uint64_t checked_ns;
	struct snapshot_memory memory;
};

static struct error *write_header(struct snapshot_writer *writer)
{
	uint8_t header[SNAPSHOT_HEADER_SIZE] = { 0 };
	memcpy(header, SNAPSHOT_MAGIC, SNAPSHOT_MAGIC_SIZE);
	snapshot_put_u32(header + 8, SNAPSHOT_VERSION);
	snapshot_put_u32(header + 12, writer->options.flags);
	snapshot_put_u64(header + 24, snapshot_checksum_plain(header, SNAPSHOT_HEADER_SIZE - 8));
	return writer->options.write(writer->options.argument, header, sizeof(header));
}

struct error *snapshot_writer_create(const struct snapshot_writer_options *options,
				     struct snapshot_writer **ret)
{
	_cleanup_(snapshot_writer_cleanup) struct snapshot_writer *writer = calloc(1,
										   sizeof(*writer));
	if (!writer)
		return error_no_memory();
	writer->options = *options;
	TRY(write_header(writer));
	TRY(pipeline_create(options, SNAPSHOT_HEADER_SIZE, &writer->pipeline));
	*ret = TAKE_PTR(writer);
	return NULL;
}

struct error *snapshot_writer_section(struct snapshot_writer *writer, enum snapshot_kind kind,
				      const void *bytes, size_t size)
{
	struct pipeline_job *job;
	if (size > SNAPSHOT_RAW_MAX)
		return error_new(ERROR_LIMIT, "a block of a snapshot holds 1 MiB, not %zu bytes",
				 size);
	TRY(pipeline_begin(writer->pipeline, &job));
	if (size)
		memcpy(job->raw, bytes, size);
	job->block.kind = kind;
	job->block.raw = (uint32_t)size;
	pipeline_submit(writer->pipeline, job);
	return NULL;
}

static bool is_zero(const uint8_t *bytes, size_t size)
{
	return !bytes[0] && !memcmp(bytes, bytes + 1, size - 1);
}

/* The last extent of the table, taken apart; false when there is none. */
static bool last_extent(const struct snapshot_writer *writer, uint64_t *ret_address,
			uint64_t *ret_length)
{
	if (!writer->extent_count)
		return false;
	const uint8_t *entry = writer->table + (writer->extent_count - 1) * SNAPSHOT_EXTENT_SIZE;
	memcpy(ret_address, entry, 8);
	memcpy(ret_length, entry + 8, 8);
	return true;
}

/* The table always has room: see flush() and settle(). */
static void add_extent(struct snapshot_writer *writer, uint64_t address, uint64_t length,
		       bool zeroes)
{
	uint64_t last, last_length, flag = zeroes ? SNAPSHOT_EXTENT_ZEROS : 0;
	size_t at = writer->extent_count * SNAPSHOT_EXTENT_SIZE;
	if (!writer->extent_count)
		writer->job->block.first = address;
	if (last_extent(writer, &last, &last_length) &&
	    (last_length & SNAPSHOT_EXTENT_ZEROS) == flag &&
	    last + (last_length & ~SNAPSHOT_EXTENT_ZEROS) == address) {
		snapshot_put_u64(writer->table + at - 8, last_length + length);
	} else {
		snapshot_put_u64(writer->table + at, address);
		snapshot_put_u64(writer->table + at + 8, length | flag);
		writer->extent_count++;
	}
	writer->job->block.end = address + length;
	*(zeroes ? &writer->memory.zeroes : &writer->memory.bytes) += length;
}

/* Bytes that were read lie at `bytes`, at or behind where they are to stay. */
static void settle_bytes(struct snapshot_writer *writer, uint64_t address, const uint8_t *bytes,
			 size_t length)
{
	while (length) {
		size_t piece = (size_t)MIN(PAGE - address % PAGE, (uint64_t)length);
		bool zeroes = piece == PAGE && is_zero(bytes, piece);
		if (!zeroes) {
			memmove(writer->job->raw + writer->used, bytes, piece);
			writer->used += piece;
		}
		add_extent(writer, address, piece, zeroes);
		address += piece;
		bytes += piece;
		length -= piece;
	}
}

/* A range that is not to be had as a whole: what pages of it are. */
static struct error *settle_torn(struct snapshot_writer *writer, struct target *target,
				 const struct target_range *range)
{
	uint8_t page[PAGE];
	for (uint64_t at = 0; at < range->length;) {
		uint64_t address = range->address + at;
		size_t piece = (size_t)MIN(PAGE - address % PAGE, (uint64_t)range->length - at);
		struct target_range one = { .address = address, .length = piece, .into = page };
		TRY(target_read_ranges(target, &one, 1));
		if (one.done)
			settle_bytes(writer, address, page, piece);
		else
			writer->memory.missing += piece;
		at += piece;
	}
	return NULL;
}

static void submit(struct snapshot_writer *writer)
{
	struct pipeline_job *job = TAKE_PTR(writer->job);
	size_t table = writer->extent_count * SNAPSHOT_EXTENT_SIZE;
	size_t at = writer->used + snapshot_chunks(writer->used); /* the strides come later */
	memcpy(job->raw + at, writer->table, table);
	snapshot_put_u64(job->raw + at + table, writer->extent_count);
	job->block.kind = SNAPSHOT_MEMORY;
	job->block.raw = (uint32_t)(at + table + 8);
	job->filtered = writer->used;
	writer->extent_count = writer->used = 0;
	pipeline_submit(writer->pipeline, job);
}

/*
 * Read what was gathered. The bytes of the ranges lie behind each other from `used` on. Every page
 * may become an extent of its own, and a range may begin and end amid one: flush() leaves the table
 * so much room.
 */
static struct error *read_gathered(struct snapshot_writer *writer, struct target *target)
{
	if (!writer->range_count)
		return NULL;
	TRY(target_read_ranges(target, writer->ranges, writer->range_count));
	for (size_t i = 0; i < writer->range_count; i++) {
		const struct target_range *range = &writer->ranges[i];
		if (range->done)
			settle_bytes(writer, range->address, range->into, range->length);
		else
			TRY(settle_torn(writer, target, range));
	}
	writer->range_count = writer->gathered = 0;
	return NULL;
}

/* What is left of a block when most of it was zero is worth another round. */
static struct error *flush(struct snapshot_writer *writer, struct target *target)
{
	TRY(read_gathered(writer, target));
	bool has_room = writer->used < DATA_MAX / 2 &&
			(writer->extent_count + 2 * RANGES_MAX + 2 * DATA_MAX / PAGE) *
					SNAPSHOT_EXTENT_SIZE <
				TABLE_MAX;
	if (writer->job && writer->extent_count && !has_room)
		submit(writer);
	return NULL;
}

static struct error *begin(struct snapshot_writer *writer)
{
	return writer->job ? NULL : pipeline_begin(writer->pipeline, &writer->job);
}

/* At most so many bytes go into one range: the rest into the next ones. */
static struct error *gather(struct snapshot_writer *writer, struct target *target, uint64_t address,
			    uint64_t length)
{
	while (length) {
		TRY(begin(writer));
		size_t room = DATA_MAX - writer->used - writer->gathered;
		if (!room || writer->range_count == RANGES_MAX) {
			TRY(flush(writer, target));
			continue;
		}
		/* Whole pages, so that those of zeroes are seen. */
		size_t piece = (size_t)MIN(length, (uint64_t)room);
		if (piece < length && piece > PAGE)
			piece -= (size_t)((address + piece) % PAGE);
		writer->ranges[writer->range_count++] = (struct target_range){
			.address = address,
			.length = piece,
			.into = writer->job->raw + writer->used + writer->gathered,
		};
		writer->gathered += piece;
		address += piece;
		length -= piece;
	}
	return NULL;
}

/* Pages that were never touched are zero, and reading them would have them made. */
static struct error *gather_present(struct snapshot_writer *writer, struct target *target,
				    uint64_t start, uint64_t end)
{
	enum { PAGES = 512 };
	bool present[PAGES];
	while (start < end) {
		uint64_t first = start / PAGE * PAGE;
		size_t count = (size_t)MIN((end - first + PAGE - 1) / PAGE, (uint64_t)PAGES);
		TRY(target_present(target, first, count, present));
		for (size_t i = 0, run; i < count; i += run) {
			for (run = 1; i + run < count && present[i + run] == present[i];)
				run++;
			uint64_t from = MAX(start, first + i * PAGE);
			uint64_t to = MIN(end, first + (i + run) * PAGE);
			if (present[i]) {
				TRY(gather(writer, target, from, to - from));
				continue;
			}
			TRY(begin(writer));
			TRY(read_gathered(writer, target));
			add_extent(writer, from, to - from, true);
			TRY(flush(writer, target));
		}
		start = first + count * PAGE;
	}
	return NULL;
}

struct error *snapshot_writer_memory(struct snapshot_writer *writer, struct target *target,
				     const struct target_extent *extents, size_t count,
				     struct error *(*check)(void *argument), void *argument)
{
	const uint64_t step = (uint64_t)1 << 20;
	for (size_t i = 0; i < count; i++) {
		uint64_t start = MAX(extents[i].start, writer->reached), end = extents[i].end;
		while (start < end) {
			uint64_t now = traced_now_ns();
			if (check && now - writer->checked_ns > CHECK_EVERY_NS) {
				TRY(check(argument));
				writer->checked_ns = now;
			}
			uint64_t to = MIN(end, start + step);
			TRY(gather_present(writer, target, start, to));
			writer->reached = start = to;
		}
	}
	return NULL;
}

struct error *snapshot_writer_memory_end(struct snapshot_writer *writer, struct target *target,
					 struct snapshot_memory *ret)
{
	if (!target) /* what was gathered and not read stays out */
		writer->range_count = writer->gathered = 0;
	if (writer->job) {
		TRY(read_gathered(writer, target));
		submit(writer);
	}
	*ret = writer->memory;
	return NULL;
}

static void encode_entry(const struct pipeline_entry *entry, uint8_t *into)
{
	memset(into, 0, SNAPSHOT_ENTRY_SIZE);
	snapshot_put_u64(into, entry->offset);
	snapshot_put_u64(into + 8, entry->block.first);
	snapshot_put_u64(into + 16, entry->block.end);
	snapshot_put_u32(into + 24, entry->block.raw);
	snapshot_put_u32(into + 28, entry->block.stored);
	snapshot_put_u32(into + 32, entry->block.kind);
}

/* The entries so far, in as many blocks as they need. */
static struct error *write_index(struct snapshot_writer *writer, size_t count)
{
	const size_t most = SNAPSHOT_RAW_MAX / SNAPSHOT_ENTRY_SIZE;
	uint64_t offset;
	_cleanup_(free_pointer) uint8_t *bytes = malloc(MIN(count, most) * SNAPSHOT_ENTRY_SIZE + 1);
	if (!bytes)
		return error_no_memory();
	for (size_t from = 0; from < count; from += most) {
		size_t some = MIN(count - from, most);
		TRY(pipeline_drain(writer->pipeline));
		const struct pipeline_entry_vector *entries = pipeline_entries(writer->pipeline,
									       &offset);
		for (size_t i = 0; i < some; i++)
			encode_entry(&entries->items[from + i], bytes + i * SNAPSHOT_ENTRY_SIZE);
		TRY(snapshot_writer_section(writer, SNAPSHOT_INDEX, bytes,
					    some * SNAPSHOT_ENTRY_SIZE));
	}
	return pipeline_drain(writer->pipeline);
}

struct error *snapshot_writer_finish(struct snapshot_writer *writer, uint64_t *ret_size)
{
	uint8_t trailer[SNAPSHOT_TRAILER_SIZE] = { 0 };
	uint64_t index, end;
	TRY(pipeline_drain(writer->pipeline));
	size_t count = pipeline_entries(writer->pipeline, &index)->count;
	TRY(write_index(writer, count));
	pipeline_entries(writer->pipeline, &end);
	memcpy(trailer, SNAPSHOT_END_MAGIC, SNAPSHOT_MAGIC_SIZE);
	snapshot_put_u64(trailer + 8, index);
	snapshot_put_u64(trailer + 16, count);
	snapshot_put_u64(trailer + 24, end + SNAPSHOT_TRAILER_SIZE);
	snapshot_put_u64(trailer + 40, snapshot_checksum_plain(trailer, SNAPSHOT_TRAILER_SIZE - 8));
	TRY(writer->options.write(writer->options.argument, trailer, sizeof(trailer)));
	*ret_size = end + SNAPSHOT_TRAILER_SIZE;
	return NULL;
}

void snapshot_writer_destroy(struct snapshot_writer *writer)
{
	if (!writer)
		return;
	pipeline_destroy(writer->pipeline);
	free(writer);
}
