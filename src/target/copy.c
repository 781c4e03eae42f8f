/* SPDX-License-Identifier: Apache-2.0 */
#include "target/copy.h"

#include <string.h>
#include <sys/mman.h>

#include "base/arena.h"
#include "base/vector.h"
#include "target/extents.h"
#include "target/headroom.h"
#include "target/operations.h"

/*
 * On the machine that this was written on, of two processors and with other work: 3.0 to 5.4 GB a
 * second, and 1.7 where the kernel has no pages of 2 MiB to hand out. An estimate is to be above
 * the truth: 1.6 GB a second.
 */
#define COPY_NS_PER_MIB 650000u
#define COPY_NS         200000u /* maps, threads, the first pages */

#define PAGE  ((uint64_t)4096)
#define CHUNK ((uint64_t)4 << 20) /* that is read again by pages when something of it is missing */
#define HUGE  ((uint64_t)2 << 20)
#define MIB   ((uint64_t)1 << 20)

DEFINE_VECTOR(range_vector, struct target_range);

struct copy {
	struct target target; /* must be first */
	struct target *origin;
	struct arena arena; /* mappings and threads */
	const struct target_mapping *mappings;
	size_t mapping_count;
	const struct target_thread *threads;
	size_t thread_count;
	pid_t pid;
	uint64_t now;

	uint8_t *bytes; /* of all extents, one after the other */
	uint64_t size;
	/* What could be read, in rising order, neighbours joined; `into` is where it is now. */
	struct range_vector pieces;
	struct target_extent_vector wanted; /* what was asked for, */
	struct target_extent_vector
		present; /* and of that, what was ever touched: the rest is zeroes */
};

static struct copy *copy_of(struct target *target)
{
	return (struct copy *)target;
}

uint64_t target_copy_estimate(uint64_t bytes)
{
	return COPY_NS + (bytes / MIB + 1) * COPY_NS_PER_MIB;
}

static struct error *check_memory(const struct target *target, uint64_t bytes, uint64_t max_memory)
{
	if (!max_memory || bytes <= max_memory)
		return NULL;
	return error_new(
		ERROR_LIMIT,
		"a copy of %s takes %llu bytes, and %llu are allowed: --max-memory allows more",
		target->name, (unsigned long long)bytes, (unsigned long long)max_memory);
}

struct error *target_copy_check(const struct target *target, uint64_t bytes,
				const struct target_copy_limits *limits)
{
	_cleanup_(headroom_cleanup) struct headroom *headroom = NULL;
	uint64_t estimate = target_copy_estimate(bytes);

	TRY(check_memory(target, bytes, limits->max_memory));
	if (limits->max_pause_ns && estimate > limits->max_pause_ns)
		return error_new(
			ERROR_LIMIT,
			"copying %llu MiB of %s would stop it for about %.0f ms, and --max-pause allows %.0f",
			(unsigned long long)((bytes + MIB - 1) / MIB), target->name,
			(double)estimate / 1e6, (double)limits->max_pause_ns / 1e6);
	TRY(headroom_open(getpid(), &headroom));
	return error_wrap(headroom_check(headroom, 0, bytes + bytes / 64, "that"),
			  "there is too little memory here to copy %s", target->name);
}

/* In rising order, without overlaps and empty ones. */
static struct error *tidy_extents(const struct target_extent *extents, size_t count,
				  struct target_extent_vector *ret)
{
	TRY(target_extent_vector_reserve(ret, count));
	for (size_t i = 0; i < count; i++) {
		if (extents[i].start < extents[i].end)
			ret->items[ret->count++] = extents[i];
	}
	target_extents_merge(ret);
	return NULL;
}

/* Pages of two megabytes, where they are to be had: a third of the time is in handing them out. */
static struct error *make_room(struct copy *copy, uint64_t bytes)
{
	copy->size = (bytes + HUGE - 1) & ~(HUGE - 1);
	if (copy->size < bytes || copy->size > SIZE_MAX)
		return error_no_memory();
	if (!copy->size)
		return NULL;
	void *memory = mmap(NULL, (size_t)copy->size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return error_no_memory();
	copy->bytes = memory;
	madvise(memory, (size_t)copy->size, MADV_HUGEPAGE);
	return NULL;
}

/* Cut a piece of the address space at multiples of `step`. */
static struct error *cut(struct range_vector *ranges, uint64_t start, uint64_t end, uint8_t *into,
			 uint64_t step)
{
	while (start < end) {
		uint64_t last = MIN(end - 1, start | (step - 1)); /* the end may be 2^64 - 1 */
		uint64_t next = last + 1;
		struct target_range range = {
			.address = start,
			.length = (size_t)(next - start),
			.into = into,
		};
		TRY(range_vector_append(ranges, &range));
		into += range.length;
		start = next;
	}
	return NULL;
}

static struct error *keep(struct copy *copy, const struct target_range *range)
{
	if (copy->pieces.count) {
		struct target_range *last = &copy->pieces.items[copy->pieces.count - 1];
		if (last->address + last->length == range->address &&
		    (uint8_t *)last->into + last->length == range->into) {
			last->length += range->length;
			return NULL;
		}
	}
	return range_vector_append(&copy->pieces, range);
}

/* A chunk of which something cannot be read, by pages. */
static struct error *read_pages(struct copy *copy, const struct target_range *chunk)
{
	_cleanup_(range_vector_deinit) struct range_vector pages = { 0 };
	TRY(cut(&pages, chunk->address, chunk->address + chunk->length, chunk->into, PAGE));
	TRY(target_read_ranges(copy->origin, pages.items, pages.count));
	for (size_t i = 0; i < pages.count; i++) {
		if (pages.items[i].done)
			TRY(keep(copy, &pages.items[i]));
	}
	return NULL;
}

static struct error *read_extents(struct copy *copy, const struct target_extent_vector *extents)
{
	_cleanup_(range_vector_deinit) struct range_vector chunks = { 0 };
	uint8_t *into = copy->bytes;

	for (size_t i = 0; i < extents->count; i++) {
		const struct target_extent *extent = &extents->items[i];
		TRY(cut(&chunks, extent->start, extent->end, into, CHUNK));
		into += extent->end - extent->start;
	}
	TRY(target_read_ranges(copy->origin, chunks.items, chunks.count));
	for (size_t i = 0; i < chunks.count; i++)
		TRY(chunks.items[i].done ? keep(copy, &chunks.items[i])
					 : read_pages(copy, &chunks.items[i]));
	return NULL;
}

static struct error *copy_bytes_of(struct copy *copy, const uint8_t **bytes, size_t size)
{
	if (*bytes && !(*bytes = (const uint8_t *)arena_copy_string(&copy->arena,
								    (const char *)*bytes, size)))
		return error_no_memory();
	return NULL;
}

static struct error *take_threads(struct copy *copy)
{
	const struct target_thread *threads = target_threads(copy->origin, &copy->thread_count);
	size_t size = copy->thread_count * sizeof(*threads);
	struct target_thread *own = arena_allocate(&copy->arena, size);
	if (!own)
		return error_no_memory();
	if (size)
		memcpy(own, threads, size);
	for (size_t i = 0; i < copy->thread_count; i++) {
		struct target_register_sets *sets = &own[i].sets;
		TRY(copy_bytes_of(copy, &sets->general, sets->general_size));
		TRY(copy_bytes_of(copy, &sets->extended, sets->extended_size));
	}
	copy->threads = own;
	return NULL;
}

static struct error *take_mappings(struct copy *copy)
{
	const struct target_mapping *mappings;
	TRY(target_mappings(copy->origin, &mappings, &copy->mapping_count));
	size_t size = copy->mapping_count * sizeof(*mappings);
	struct target_mapping *own = arena_allocate(&copy->arena, size);
	if (!own)
		return error_no_memory();
	if (size)
		memcpy(own, mappings, size);
	for (size_t i = 0; i < copy->mapping_count; i++) {
		own[i].path = arena_copy_string(&copy->arena, own[i].path, strlen(own[i].path));
		if (!own[i].path)
			return error_no_memory();
	}
	copy->mappings = own;
	return NULL;
}

static int compare_pieces(const void *key, const void *item)
{
	uint64_t address = *(const uint64_t *)key;
	const struct target_range *piece = item;
	if (address < piece->address)
		return -1;
	return address - piece->address >= piece->length;
}

static const struct target_range *find_piece(const struct copy *copy, uint64_t address)
{
	return copy->pieces.count ? bsearch(&address, copy->pieces.items, copy->pieces.count,
					    sizeof(copy->pieces.items[0]), compare_pieces)
				  : NULL;
}

static int compare_extent(const void *key, const void *item)
{
	uint64_t address = *(const uint64_t *)key;
	const struct target_extent *extent = item;
	if (address < extent->start)
		return -1;
	return address >= extent->end;
}

static bool has_extent(const struct target_extent_vector *extents, uint64_t address)
{
	return extents->count && bsearch(&address, extents->items, extents->count,
					 sizeof(extents->items[0]), compare_extent);
}

static int compare_mapping(const void *key, const void *item)
{
	uint64_t address = *(const uint64_t *)key;
	const struct target_mapping *mapping = item;
	if (address < mapping->start)
		return -1;
	return address >= mapping->end;
}

/* A page that was asked for, is there, and was never touched. */
static bool is_untouched(const struct copy *copy, uint64_t address)
{
	const struct target_mapping *mapping =
		copy->mapping_count ? bsearch(&address, copy->mappings, copy->mapping_count,
					      sizeof(copy->mappings[0]), compare_mapping)
				    : NULL;
	return mapping && mapping->readable && has_extent(&copy->wanted, address) &&
	       !has_extent(&copy->present, address);
}

/* Some of it was never touched, or could not be read: page by page. */
static bool read_in_parts(const struct copy *copy, const struct target_range *range)
{
	for (size_t at = 0, size; at < range->length; at += size) {
		uint64_t address = range->address + at;
		const struct target_range *piece = find_piece(copy, address);
		uint8_t *into = (uint8_t *)range->into + at;
		if (piece) {
			size_t offset = (size_t)(address - piece->address);
			size = MIN(range->length - at, piece->length - offset);
			memcpy(into, (const uint8_t *)piece->into + offset, size);
			continue;
		}
		size = (size_t)MIN(range->length - at, PAGE - address % PAGE);
		if (!is_untouched(copy, address))
			return false;
		memset(into, 0, size);
	}
	return true;
}

static struct error *copy_read_ranges(struct target *target, struct target_range *ranges,
				      size_t count)
{
	const struct copy *copy = copy_of(target);
	for (size_t i = 0; i < count; i++)
		ranges[i].done = read_in_parts(copy, &ranges[i]);
	return NULL;
}

static struct error *copy_mappings(struct target *target, const struct target_mapping **ret,
				   size_t *ret_count)
{
	const struct copy *copy = copy_of(target);
	*ret = copy->mappings;
	*ret_count = copy->mapping_count;
	return NULL;
}

static struct error *copy_open_file(struct target *target, const struct target_mapping *mapping,
				    int *ret)
{
	return target_open_file(copy_of(target)->origin, mapping, ret);
}

static const struct target_thread *copy_threads(const struct target *target, size_t *ret_count)
{
	const struct copy *copy = (const struct copy *)target;
	*ret_count = copy->thread_count;
	return copy->threads;
}

static pid_t copy_pid(const struct target *target)
{
	return ((const struct copy *)target)->pid;
}

static uint64_t copy_now(const struct target *target)
{
	return ((const struct copy *)target)->now;
}

static void copy_destroy(struct target *target)
{
	struct copy *copy = copy_of(target);
	if (copy->bytes)
		munmap(copy->bytes, (size_t)copy->size);
	range_vector_deinit(&copy->pieces);
	target_extent_vector_deinit(&copy->wanted);
	target_extent_vector_deinit(&copy->present);
	arena_deinit(&copy->arena);
	free(copy->target.name);
	free(copy);
}

/* What was never touched was not worth copying; where that is, the origin still knows. */
static struct error *copy_present(struct target *target, uint64_t page, size_t count, bool *ret)
{
	return target_present(copy_of(target)->origin, page, count, ret);
}

static const struct target_operations copy_operations = {
	.read_ranges = copy_read_ranges,
	.present = copy_present,
	.mappings = copy_mappings,
	.open_file = copy_open_file,
	.threads = copy_threads,
	.pid = copy_pid,
	.now = copy_now,
	.destroy = copy_destroy,
};

struct error *target_copy(struct target *stopped, const struct target_extent *extents, size_t count,
			  uint64_t max_memory, struct target **ret)
{
	struct copy *copy = calloc(1, sizeof(*copy));
	if (!copy)
		return error_no_memory();
	_cleanup_(target_cleanup) struct target *target = &copy->target;
	target->operations = &copy_operations;
	target->name = strdup(target_name(stopped));
	if (!target->name)
		return error_no_memory();
	copy->origin = stopped;
	copy->pid = target_pid(stopped);
	copy->now = target_now(stopped);
	TRY(tidy_extents(extents, count, &copy->wanted));
	TRY(tidy_extents(extents, count, &copy->present));
	TRY(target_extents_keep_present(&copy->present, stopped));
	uint64_t bytes = target_extents_bytes(&copy->present);
	TRY(check_memory(stopped, bytes, max_memory));
	TRY(make_room(copy, bytes));
	TRY(take_threads(copy));
	TRY(take_mappings(copy));
	TRY(read_extents(copy, &copy->present));
	*ret = TAKE_PTR(target);
	return NULL;
}

uint64_t target_copy_bytes(const struct target *target)
{
	const struct copy *copy = (const struct copy *)target;
	uint64_t bytes = 0;
	for (size_t i = 0; i < copy->pieces.count; i++)
		bytes += copy->pieces.items[i].length;
	return bytes;
}
