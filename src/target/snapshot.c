/* SPDX-License-Identifier: Apache-2.0 */
#include "target/snapshot.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/hash.h"
#include "target/operations.h"
#include "target/snapshot_facts.h"
#include "target/snapshot_file.h"

/* Where in a block the last read ended: the next one mostly goes on there. */
struct place {
	size_t block;
	size_t extent;
	uint64_t offset; /* of the extent's bytes in the block */
};

struct snapshot {
	struct target target; /* must be first */
	struct snapshot_file file;
	struct snapshot_records records;
	char *gap; /* NULL: nothing is missing */
	uint64_t now;
	enum soundness {
		SOUNDNESS_UNKNOWN,
		SOUND,
		DAMAGED,
	} *
		soundness; /* of each MEMORY block, as far as one was asked for */
	struct place place;
};

static const struct target_operations snapshot_operations;

static struct snapshot *snapshot_of(struct target *target)
{
	return (struct snapshot *)target;
}

static const struct snapshot *snapshot_of_const(const struct target *target)
{
	return (const struct snapshot *)target;
}

/* The table at the end of a MEMORY block. */
struct extents {
	const uint8_t *bytes; /* of the block */
	size_t contents;      /* so many of them */
	const uint8_t *table;
	size_t count;
};

struct extent {
	uint64_t start;
	uint64_t end;
	bool zeroes;
};

static uint64_t load_u64(const uint8_t *bytes)
{
	uint64_t value;
	memcpy(&value, bytes, sizeof(value));
	return value;
}

static struct extent extent_at(const struct extents *extents, size_t index)
{
	const uint8_t *entry = extents->table + index * SNAPSHOT_EXTENT_SIZE;
	uint64_t start = load_u64(entry), length = load_u64(entry + 8);
	return (struct extent){
		.start = start,
		.end = start + (length & ~SNAPSHOT_EXTENT_ZEROS),
		.zeroes = length & SNAPSHOT_EXTENT_ZEROS,
	};
}

/* Extents in order, within the block's addresses, with as many bytes as stand before the table. */
static bool is_sound(const struct extents *extents, const struct snapshot_entry *entry)
{
	uint64_t reached = entry->first, bytes = 0;
	uint64_t most = extents->contents;
	for (size_t i = 0; i < extents->count; i++) {
		struct extent extent = extent_at(extents, i);
		if (extent.start < reached || extent.end < extent.start || extent.end > entry->end)
			return false;
		if (!extent.zeroes)
			bytes += extent.end - extent.start;
		if (bytes > most)
			return false;
		reached = extent.end;
	}
	return bytes == most;
}

static struct error *open_block(struct snapshot *snapshot, size_t index, struct extents *ret)
{
	struct snapshot_file *file = &snapshot->file;
	const struct snapshot_entry *entry = &file->entries.items[index];
	enum soundness *soundness = &snapshot->soundness[index - file->memory_begin];
	const uint8_t *bytes;
	size_t contents;
	TRY(snapshot_file_block(file, index, &bytes, &contents));
	uint64_t count = entry->raw >= 8 ? load_u64(bytes + entry->raw - 8) : UINT64_MAX;
	struct extents extents = { .bytes = bytes, .contents = contents };
	if (entry->raw < 8 || count > (entry->raw - 8) / SNAPSHOT_EXTENT_SIZE)
		return error_new(ERROR_CORRUPT,
				 "%s: damaged table in the block at offset 0x%" PRIx64, file->name,
				 entry->offset);
	extents.count = (size_t)count;
	extents.table = bytes + entry->raw - 8 - extents.count * SNAPSHOT_EXTENT_SIZE;
	if (*soundness != SOUND && !is_sound(&extents, entry))
		return error_new(ERROR_CORRUPT,
				 "%s: damaged extents in the block at offset 0x%" PRIx64,
				 file->name, entry->offset);
	*soundness = SOUND;
	*ret = extents;
	return NULL;
}

/* The first one is told; what it held is missing as if it had been left out. */
static struct error *note_damage(struct snapshot *snapshot, size_t index, struct error *error)
{
	snapshot->soundness[index - snapshot->file.memory_begin] = DAMAGED;
	if (!snapshot->gap &&
	    asprintf(&snapshot->gap, "%s: what was in it is missing", error->message) < 0) {
		snapshot->gap = NULL;
		error_destroy(error);
		return error_no_memory();
	}
	error_destroy(error);
	return NULL;
}

/* False in *ret_open for a damaged one: others are whole, and may be enough. */
static struct error *try_block(struct snapshot *snapshot, size_t index, struct extents *ret,
			       bool *ret_open)
{
	*ret_open = false;
	if (snapshot->soundness[index - snapshot->file.memory_begin] == DAMAGED)
		return NULL;
	struct error *error = open_block(snapshot, index, ret);
	if (error && error->code == ERROR_CORRUPT)
		return note_damage(snapshot, index, error);
	*ret_open = !error;
	return error;
}

/* Copy what the block has from `address` on without a gap; *ret is how much that is. */
static void copy_from_block(const struct extents *extents, struct place *place, uint64_t address,
			    uint8_t *into, size_t length, size_t *ret)
{
	size_t done = 0;
	if (place->extent >= extents->count || extent_at(extents, place->extent).start > address)
		*place = (struct place){ .block = place->block };
	uint64_t offset = place->offset;
	for (size_t i = place->extent; i < extents->count && done < length; i++) {
		struct extent extent = extent_at(extents, i);
		uint64_t at = address + done;
		if (extent.start > at)
			break;
		place->extent = i;
		place->offset = offset;
		if (extent.end > at) {
			size_t piece = (size_t)MIN(extent.end - at, (uint64_t)(length - done));
			if (extent.zeroes)
				memset(into + done, 0, piece);
			else
				memcpy(into + done, extents->bytes + offset + (at - extent.start),
				       piece);
			done += piece;
		}
		if (!extent.zeroes)
			offset += extent.end - extent.start;
	}
	*ret = done;
}

/* False in *ret where something of it was left out. */
static struct error *read_one(struct snapshot *snapshot, const struct target_range *range,
			      bool *ret)
{
	struct snapshot_file *file = &snapshot->file;
	size_t done = 0;
	*ret = false;
	if (range->address + range->length < range->address)
		return NULL;
	for (size_t i = snapshot_file_find(file, range->address);
	     done < range->length && i < file->memory_end; i++) {
		size_t some = 0;
		struct extents extents = { 0 };
		bool open = false;
		if (file->entries.items[i].first > range->address + done)
			return NULL;
		TRY(try_block(snapshot, i, &extents, &open));
		if (!open)
			return NULL;
		if (snapshot->place.block != i)
			snapshot->place = (struct place){ .block = i };
		copy_from_block(&extents, &snapshot->place, range->address + done,
				(uint8_t *)range->into + done, range->length - done, &some);
		if (!some)
			return NULL;
		done += some;
	}
	*ret = done == range->length;
	return NULL;
}

struct order {
	uint64_t address;
	size_t index;
};

static int compare_orders(const void *left, const void *right)
{
	const struct order *a = left, *b = right;
	return a->address < b->address ? -1 : a->address > b->address;
}

/* By rising addresses, so that each block is decompressed once. */
static struct error *snapshot_read_ranges(struct target *target, struct target_range *ranges,
					  size_t count)
{
	struct snapshot *snapshot = snapshot_of(target);
	bool sorted = true;
	for (size_t i = 0; i < count; i++) {
		ranges[i].done = false;
		sorted &= !i || ranges[i - 1].address <= ranges[i].address;
	}
	if (sorted) {
		for (size_t i = 0; i < count; i++)
			TRY(read_one(snapshot, &ranges[i], &ranges[i].done));
		return NULL;
	}
	_cleanup_(free_pointer) struct order *orders = malloc(count * sizeof(*orders));
	if (!orders)
		return error_no_memory();
	for (size_t i = 0; i < count; i++)
		orders[i] = (struct order){ ranges[i].address, i };
	qsort(orders, count, sizeof(*orders), compare_orders);
	for (size_t i = 0; i < count; i++) {
		struct target_range *range = &ranges[orders[i].index];
		TRY(read_one(snapshot, range, &range->done));
	}
	return NULL;
}

static struct error *snapshot_mappings(struct target *target, const struct target_mapping **ret,
				       size_t *ret_count)
{
	const struct snapshot *snapshot = snapshot_of(target);
	*ret = snapshot->records.mappings.items;
	*ret_count = snapshot->records.mappings.count;
	return NULL;
}

static struct error *snapshot_open_file(struct target *target, const struct target_mapping *mapping,
					int *ret)
{
	(void)ret;
	return error_new(ERROR_NOT_FOUND, "%s: %s is not looked for on this machine", target->name,
			 mapping->path);
}

static struct error *snapshot_descriptor(struct target *target, int number, struct descriptor *ret)
{
	const struct snapshot_descriptor_vector *all = &snapshot_of(target)->records.descriptors;
	size_t low = 0, high = all->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (all->items[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == all->count || all->items[low].number != number)
		return error_new(ERROR_NOT_FOUND, "%s: had no descriptor %d", target->name, number);
	*ret = all->items[low].descriptor;
	return NULL;
}

static const struct target_thread *snapshot_threads(const struct target *target, size_t *ret_count)
{
	const struct snapshot *snapshot = snapshot_of_const(target);
	*ret_count = snapshot->records.threads.count;
	return snapshot->records.threads.items;
}

static uint64_t snapshot_now(const struct target *target)
{
	return snapshot_of_const(target)->now;
}

static void snapshot_destroy(struct target *target)
{
	struct snapshot *snapshot = snapshot_of(target);
	snapshot_records_deinit(&snapshot->records);
	snapshot_file_close(&snapshot->file);
	free(snapshot->soundness);
	free(snapshot->gap);
	free(target->name);
	free(snapshot);
}

static const struct target_operations snapshot_operations = {
	.read_ranges = snapshot_read_ranges,
	.mappings = snapshot_mappings,
	.descriptor = snapshot_descriptor,
	.fact = snapshot_text,
	.open_file = snapshot_open_file,
	.threads = snapshot_threads,
	.now = snapshot_now,
	.destroy = snapshot_destroy,
};

static bool is_record(uint32_t kind)
{
	return kind == SNAPSHOT_FACTS || kind == SNAPSHOT_THREADS || kind == SNAPSHOT_MAPPINGS ||
	       kind == SNAPSHOT_DESCRIPTORS;
}

/* All that is not memory. Of a file that was cut, what is damaged is taken for its end. */
static struct error *read_records(struct snapshot *snapshot)
{
	struct snapshot_file *file = &snapshot->file;
	for (size_t i = 0; i < file->entries.count; i++) {
		const struct snapshot_entry *entry = &file->entries.items[i];
		const uint8_t *bytes;
		size_t unused;
		char name[512];
		if (!is_record(entry->kind))
			continue;
		TRY(snapshot_file_block(file, i, &bytes, &unused));
		snprintf(name, sizeof(name), "%s: in the block at offset 0x%" PRIx64, file->name,
			 entry->offset);
		TRY(snapshot_records_read(&snapshot->records, entry->kind, bytes, entry->raw, name,
					  0));
	}
	return NULL;
}

static struct error *note_gap(struct snapshot *snapshot)
{
	const char *said = snapshot_text(&snapshot->target, "incomplete");
	int length = 0;
	if (snapshot->file.partial)
		length = asprintf(&snapshot->gap,
				  "%s has no end: what lies behind offset 0x%" PRIx64 " is missing",
				  snapshot->file.name, snapshot->file.walked);
	else if (said)
		length = asprintf(&snapshot->gap, "%s is incomplete: %s", snapshot->file.name,
				  said);
	if (length >= 0)
		return NULL;
	snapshot->gap = NULL;
	return error_no_memory();
}

/* "shop (pid 4242, snapshot)" */
static struct error *make_name(struct snapshot *snapshot)
{
	const char *name = snapshot_text(&snapshot->target, "process.name");
	int64_t pid = snapshot_number(&snapshot->target, "process.pid", 0);
	char *text;
	if (asprintf(&text, "%s (pid %" PRId64 ", snapshot)", name ? name : "a process", pid) < 0)
		return error_no_memory();
	snapshot->target.name = text;
	return NULL;
}

static struct error *snapshot_fill(struct snapshot *snapshot, int descriptor, const char *name)
{
	TRY(snapshot_file_open(descriptor, name, &snapshot->file));
	size_t blocks = snapshot->file.memory_end - snapshot->file.memory_begin;
	snapshot->soundness = calloc(blocks + 1, sizeof(*snapshot->soundness));
	if (!snapshot->soundness)
		return error_no_memory();
	TRY(read_records(snapshot));
	TRY(make_name(snapshot));
	snapshot->now = (uint64_t)snapshot_number(&snapshot->target, "now_ns", 0);
	return note_gap(snapshot);
}

struct error *snapshot_open(int descriptor, const char *name, struct target **ret)
{
	struct snapshot *snapshot = calloc(1, sizeof(*snapshot));
	if (!snapshot)
		return error_no_memory();
	snapshot->target.operations = &snapshot_operations;
	snapshot->file.descriptor = -1;
	struct error *error = snapshot_fill(snapshot, descriptor, name);
	if (error) {
		snapshot_destroy(&snapshot->target);
		return error;
	}
	*ret = &snapshot->target;
	return NULL;
}

bool snapshot_is(const void *bytes, size_t size)
{
	return size >= SNAPSHOT_MAGIC_SIZE && !memcmp(bytes, SNAPSHOT_MAGIC, SNAPSHOT_MAGIC_SIZE);
}

bool snapshot_is_target(const struct target *target)
{
	return target->operations == &snapshot_operations;
}

struct error *snapshot_identify(const struct target *target, struct snapshot_identity *ret)
{
	const struct snapshot *snapshot = snapshot_of_const(target);
	const struct snapshot_entry_vector *entries = &snapshot->file.entries;
	const struct snapshot_fact_vector *facts = &snapshot->records.facts;
	struct stat status;
	if (fstat(snapshot->file.descriptor, &status) < 0)
		return error_os(errno, "%s cannot be looked at", snapshot->file.name);
	*ret = (struct snapshot_identity){
		.size = (uint64_t)status.st_size,
		.written_ns = (uint64_t)status.st_mtim.tv_sec * 1000000000 +
			      (uint64_t)status.st_mtim.tv_nsec,
		.contents = hash_more(facts->count, entries->count),
	};
	for (size_t i = 0; i < facts->count; i++) {
		ret->contents = hash_more_text(ret->contents, facts->items[i].name);
		ret->contents = hash_more_text(ret->contents, facts->items[i].value);
	}
	for (size_t i = 0; i < entries->count; i++) {
		ret->contents = hash_more(ret->contents, entries->items[i].offset);
		ret->contents = hash_more(ret->contents, entries->items[i].first);
		ret->contents = hash_more(ret->contents, entries->items[i].end);
	}
	return NULL;
}

const char *snapshot_text(const struct target *target, const char *name)
{
	const struct snapshot_fact_vector *facts = &snapshot_of_const(target)->records.facts;
	for (size_t i = facts->count; i-- > 0;) {
		if (!strcmp(facts->items[i].name, name))
			return facts->items[i].value;
	}
	return NULL;
}

int64_t snapshot_number(const struct target *target, const char *name, int64_t otherwise)
{
	const char *text = snapshot_text(target, name);
	char *end;
	int64_t number = text ? strtoll(text, &end, 10) : 0;
	return text && *text && !*end ? number : otherwise;
}

const struct snapshot_records *snapshot_records(const struct target *target)
{
	return &snapshot_of_const(target)->records;
}

const char *snapshot_gap(const struct target *target)
{
	return snapshot_of_const(target)->gap;
}
