/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/scrub.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/heap_ranges.h"
#include "runtime/member.h"
#include "runtime/span_walk.h"
#include "target/operations.h"

/*
 * A slot is in use when the allocator has passed it (freeindex) or when it has been found alive
 * since (allocBits). Of one arena at a time all spans are known; memory is read by rising
 * addresses, so two arenas at hand are enough.
 */
#define ARENAS               2
#define SLOTS_MAX            ((uint64_t)1024) /* of a span with more than one slot: 8 KiB of 8 bytes */
#define INLINE_HEADER        ((uint64_t)512) /* larger objects have no bits in their span */
#define RELEASE_BITS_IN_SPAN 22

struct scrubbed_span {
	uint64_t start;
	uint64_t end;
	uint64_t kept; /* from here on to the end are the collector's bits */
	uint64_t slot; /* bytes; 0: the whole span is one object */
	uint64_t slots;
	uint64_t passed;  /* all slots below this number are in use */
	uint64_t bits_at; /* where the others' bits are */
	uint8_t bits[SLOTS_MAX / 8];
};

DEFINE_VECTOR(scrubbed_span_vector, struct scrubbed_span);

struct arena_spans {
	bool known;
	uint64_t arena; /* where it begins */
	uint64_t used;
	struct scrubbed_span_vector spans; /* by rising addresses */
};

struct scrub {
	struct target target; /* must be first */
	struct runtime *runtime;
	struct target *inner;
	struct span_walk walk;
	struct address_range_vector ranges; /* of the heap */
	struct arena_spans arenas[ARENAS];
	uint64_t clock;
};

static struct scrub *scrub_of(struct target *target)
{
	return (struct scrub *)target;
}

struct loading {
	const struct scrub *scrub;
	struct arena_spans *arena;
};

static struct error *note_span(void *argument, const uint8_t *span, uint64_t start, uint64_t end)
{
	const struct loading *loading = argument;
	const struct binary *binary = runtime_binary(loading->scrub->runtime);
	const struct layout *layout = &binary->layout;
	struct scrubbed_span one = {
		.start = start,
		.end = end,
		.kept = end,
		.slot = member_u64(span, layout->mspan_elemsize),
		.slots = span_count_member(layout, span, layout->mspan_nelems),
		.passed = span_count_member(layout, span, layout->mspan_freeindex),
		.bits_at = member_u64(span, layout->mspan_alloc_bits),
	};
	bool without_pointers = member_u8(span, layout->mspan_spanclass) & 1;
	/* What is large, or makes no sense, is left as it is. */
	if (!one.slot || one.slots < 2 || one.slots > SLOTS_MAX ||
	    one.slot > (end - start) / one.slots)
		return NULL;
	uint64_t bits = 0;
	if (!without_pointers && binary->minor >= RELEASE_BITS_IN_SPAN && one.slot <= INLINE_HEADER)
		bits = (end - start) / 64;
	/* Whether there are marks is not looked at: then 128 bytes of waste stay. */
	if (one.slot <= INLINE_HEADER && end - start == GO_PAGE)
		bits += SPAN_INLINE_MARKS;
	one.kept = MAX(end - bits, start + one.slot * one.slots);
	return scrubbed_span_vector_append(&loading->arena->spans, &one);
}

/* The bits of all spans, in one batch. What cannot be read counts as in use. */
static struct error *read_bits(struct scrub *scrub, struct scrubbed_span_vector *spans)
{
	_cleanup_(free_pointer) struct target_range *ranges = calloc(spans->count + 1,
								     sizeof(*ranges));
	if (!ranges)
		return error_no_memory();
	for (size_t i = 0; i < spans->count; i++) {
		struct scrubbed_span *span = &spans->items[i];
		ranges[i] = (struct target_range){
			.address = span->bits_at,
			.length = (size_t)(span->slots + 7) / 8,
			.into = span->bits,
		};
	}
	TRY(target_read_ranges(scrub->inner, ranges, spans->count));
	for (size_t i = 0; i < spans->count; i++) {
		if (!ranges[i].done)
			spans->items[i].passed = spans->items[i].slots;
	}
	return NULL;
}

static int compare_spans(const void *left, const void *right)
{
	const struct scrubbed_span *a = left, *b = right;
	return a->start < b->start ? -1 : a->start > b->start;
}

static struct error *load_arena(struct scrub *scrub, uint64_t start, uint64_t end,
				struct arena_spans *arena)
{
	arena->known = false;
	arena->spans.count = 0;
	struct loading loading = { scrub, arena };
	TRY(span_walk_arena(&scrub->walk, start, end, note_span, &loading));
	TRY(read_bits(scrub, &arena->spans));
	if (arena->spans.count)
		qsort(arena->spans.items, arena->spans.count, sizeof(arena->spans.items[0]),
		      compare_spans);
	arena->arena = start;
	arena->known = true;
	return NULL;
}

static struct error *find_arena(struct scrub *scrub, uint64_t address, struct arena_spans **ret)
{
	uint64_t size = (uint64_t)runtime_binary(scrub->runtime)->layout.heap_arena_bytes;
	uint64_t start = address / size * size;
	struct arena_spans *oldest = &scrub->arenas[0];
	for (size_t i = 0; i < ARENAS; i++) {
		struct arena_spans *arena = &scrub->arenas[i];
		if (arena->known && arena->arena == start) {
			arena->used = ++scrub->clock;
			*ret = arena;
			return NULL;
		}
		if (!arena->known || (oldest->known && arena->used < oldest->used))
			oldest = arena;
	}
	TRY(load_arena(scrub, start, start + size, oldest));
	oldest->used = ++scrub->clock;
	*ret = oldest;
	return NULL;
}

static void clear(const struct target_range *range, uint64_t from, uint64_t to)
{
	uint64_t start = MAX(from, range->address);
	uint64_t end = MIN(to, range->address + range->length);
	if (start < end)
		memset((uint8_t *)range->into + (start - range->address), 0, (size_t)(end - start));
}

static void clear_span(const struct scrubbed_span *span, const struct target_range *range)
{
	uint64_t first = range->address > span->start ? (range->address - span->start) / span->slot
						      : 0;
	for (uint64_t i = MAX(first, span->passed); i < span->slots; i++) {
		uint64_t at = span->start + i * span->slot;
		if (at >= range->address + range->length)
			return;
		if (!(span->bits[i / 8] & 1 << i % 8))
			clear(range, at, at + span->slot);
	}
	clear(range, span->start + span->slots * span->slot, span->kept);
}

/* [from, to) of the range lies in one arena. */
static void clear_in_arena(const struct arena_spans *arena, const struct target_range *range,
			   uint64_t from, uint64_t to)
{
	size_t low = 0, high = arena->spans.count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (arena->spans.items[middle].end <= from)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < arena->spans.count && arena->spans.items[low].start < to; low++)
		clear_span(&arena->spans.items[low], range);
}

static struct error *scrub_range(struct scrub *scrub, const struct target_range *range)
{
	uint64_t size = (uint64_t)runtime_binary(scrub->runtime)->layout.heap_arena_bytes;
	uint64_t at = range->address, end = range->address + range->length;
	while (at < end) {
		uint64_t next = MIN(end, (at / size + 1) * size);
		struct arena_spans *arena;
		if (heap_ranges_has(&scrub->ranges, at)) {
			TRY(find_arena(scrub, at, &arena));
			clear_in_arena(arena, range, at, next);
		}
		at = next;
	}
	return NULL;
}

static struct error *scrub_read_ranges(struct target *target, struct target_range *ranges,
				       size_t count)
{
	struct scrub *scrub = scrub_of(target);
	TRY(target_read_ranges(scrub->inner, ranges, count));
	for (size_t i = 0; i < count; i++) {
		if (ranges[i].done && ranges[i].length)
			TRY(scrub_range(scrub, &ranges[i]));
	}
	return NULL;
}

static struct error *scrub_present(struct target *target, uint64_t page, size_t count, bool *ret)
{
	return target_present(scrub_of(target)->inner, page, count, ret);
}

static struct error *scrub_mappings(struct target *target, const struct target_mapping **ret,
				    size_t *ret_count)
{
	return target_mappings(scrub_of(target)->inner, ret, ret_count);
}

static struct error *scrub_open_file(struct target *target, const struct target_mapping *mapping,
				     int *ret)
{
	return target_open_file(scrub_of(target)->inner, mapping, ret);
}

static const struct target_thread *scrub_threads(const struct target *target, size_t *ret_count)
{
	return target_threads(((const struct scrub *)target)->inner, ret_count);
}

static pid_t scrub_pid(const struct target *target)
{
	return target_pid(((const struct scrub *)target)->inner);
}

static uint64_t scrub_now(const struct target *target)
{
	return target_now(((const struct scrub *)target)->inner);
}

static void scrub_destroy(struct target *target)
{
	struct scrub *scrub = scrub_of(target);
	for (size_t i = 0; i < ARENAS; i++)
		scrubbed_span_vector_deinit(&scrub->arenas[i].spans);
	address_range_vector_deinit(&scrub->ranges);
	free(target->name);
	free(scrub);
}

static const struct target_operations scrub_operations = {
	.read_ranges = scrub_read_ranges,
	.present = scrub_present,
	.mappings = scrub_mappings,
	.open_file = scrub_open_file,
	.threads = scrub_threads,
	.pid = scrub_pid,
	.now = scrub_now,
	.destroy = scrub_destroy,
};

struct error *scrub_create(struct runtime *runtime, struct target **ret)
{
	const struct layout *layout = &runtime_binary(runtime)->layout;
	_cleanup_(target_cleanup) struct target *target = NULL;
	struct scrub *scrub = calloc(1, sizeof(*scrub));
	if (!scrub)
		return error_no_memory();
	target = &scrub->target;
	target->operations = &scrub_operations;
	scrub->runtime = runtime;
	scrub->inner = runtime_target(runtime);
	target->name = strdup(target_name(scrub->inner));
	if (!target->name)
		return error_no_memory();
	if (layout->mspan_elemsize < 0 || layout->mspan_nelems < 0 || layout->mspan_freeindex < 0 ||
	    layout->mspan_alloc_bits < 0)
		return error_new(ERROR_UNSUPPORTED, "%s: what is free in its heap is not known",
				 target->name);
	TRY(span_walk_init(&scrub->walk, runtime));
	TRY(heap_ranges_read(runtime, &scrub->ranges));
	*ret = TAKE_PTR(target);
	return NULL;
}
