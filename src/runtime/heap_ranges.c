/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/heap_ranges.h"

#include <stdlib.h>
#include <string.h>

#define ARENAS_MAX         (UINT64_C(1) << 20) /* of 64 MiB: 64 TiB */
#define SPANS_EXAMINED_MAX (UINT64_C(1) << 20)
#define PROCESSORS_MAX     (UINT64_C(1) << 12)

struct slice {
	uint64_t array;
	uint64_t length;
};

/* The elements of a slice of words; one that is absent or senseless has none. */
static struct error *read_words(struct target *target, uint64_t slice, uint64_t limit,
				struct u64_vector *ret)
{
	struct slice header;
	TRY(target_read(target, slice, &header, sizeof(header)));
	uint64_t count = MIN(header.length, limit);
	TRY(u64_vector_reserve(ret, ret->count + count));
	if (count)
		TRY(target_read(target, header.array, ret->items + ret->count, count * 8));
	ret->count += count;
	return NULL;
}

#define SPANS_AT_ONCE ((size_t)4096)

/*
 * Up to 1.24 the arenas that a program makes itself (the experiment "arenas") are in no list, but
 * their spans are in the list of all.
 */
static struct error *read_arenas_of_spans(struct runtime *runtime, uint64_t heap,
					  struct u64_vector *ret)
{
	const struct layout *layout = &runtime_binary(runtime)->layout;
	_cleanup_(u64_vector_deinit) struct u64_vector spans = { 0 };
	_cleanup_(free_pointer) struct target_range *ranges = calloc(SPANS_AT_ONCE,
								     sizeof(*ranges));
	_cleanup_(free_pointer) uint64_t *starts = calloc(SPANS_AT_ONCE, sizeof(*starts));
	uint64_t last = UINT64_MAX;
	if (!ranges || !starts)
		return error_no_memory();
	TRY(read_words(runtime_target(runtime), heap + (uint64_t)layout->mheap_allspans,
		       SPANS_EXAMINED_MAX, &spans));
	for (size_t i = 0; i < spans.count; i++) {
		size_t at = i % SPANS_AT_ONCE, more = MIN(spans.count - i, SPANS_AT_ONCE);
		for (size_t k = 0; !at && k < more; k++)
			ranges[k] = (struct target_range){
				.address = spans.items[i + k] + (uint64_t)layout->mspan_start_addr,
				.length = sizeof(*starts),
				.into = &starts[k],
			};
		if (!at)
			TRY(target_read_ranges(runtime_target(runtime), ranges, more));
		if (!ranges[at].done || !starts[at])
			continue;
		uint64_t index = heap_arena_index(runtime, starts[at]);
		if (index != last &&
		    index < ((uint64_t)1 << 48) / (uint64_t)layout->heap_arena_bytes)
			TRY(u64_vector_append(ret, &index));
		last = index;
	}
	return NULL;
}

/* The indices of arenas: number i starts at i × 64 MiB; on amd64 counted from the lowest address. */
static struct error *read_arena_indices(struct runtime *runtime, struct u64_vector *ret)
{
	const struct layout *layout = &runtime_binary(runtime)->layout;
	uint64_t heap = runtime_global(runtime, GLOBAL_MHEAP);
	if (!heap || layout->heap_arena_bytes <= 0)
		return NULL;
	if (layout->mheap_heap_arenas >= 0)
		TRY(read_words(runtime_target(runtime), heap + (uint64_t)layout->mheap_heap_arenas,
			       ARENAS_MAX, ret));
	if (layout->mheap_user_arena_arenas >= 0)
		TRY(read_words(runtime_target(runtime),
			       heap + (uint64_t)layout->mheap_user_arena_arenas, ARENAS_MAX, ret));
	else if (strstr(runtime_binary(runtime)->release, "arenas") && layout->mheap_allspans >= 0)
		TRY(read_arenas_of_spans(runtime, heap, ret));
	return NULL;
}

static int compare_words(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
	return a < b ? -1 : a > b;
}

static void sort_words(struct u64_vector *words)
{
	if (words->count)
		qsort(words->items, words->count, sizeof(words->items[0]), compare_words);
}

static uint64_t arena_offset(const struct runtime *runtime)
{
	const struct binary *binary = runtime_binary(runtime);
	return elf_machine(binary->modules[0].elf) == ELF_AMD64 ? UINT64_C(0xffff800000000000) : 0;
}

uint64_t heap_arena_index(const struct runtime *runtime, uint64_t address)
{
	uint64_t size = (uint64_t)runtime_binary(runtime)->layout.heap_arena_bytes;
	return (address - arena_offset(runtime)) / size;
}

struct error *heap_ranges_read(struct runtime *runtime, struct address_range_vector *ret)
{
	_cleanup_(u64_vector_deinit) struct u64_vector indices = { 0 };
	_cleanup_(address_range_vector_deinit) struct address_range_vector ranges = { 0 };
	TRY(read_arena_indices(runtime, &indices));
	sort_words(&indices);
	uint64_t size = (uint64_t)runtime_binary(runtime)->layout.heap_arena_bytes;
	for (size_t i = 0; i < indices.count; i++) {
		uint64_t start = indices.items[i] * size + arena_offset(runtime);
		struct address_range *last = ranges.count ? &ranges.items[ranges.count - 1] : NULL;
		if (last && start <= last->end) {
			last->end = start + size;
			continue;
		}
		struct address_range range = { .start = start, .end = start + size };
		TRY(address_range_vector_append(&ranges, &range));
	}
	address_range_vector_deinit(ret);
	*ret = ranges;
	ranges = (struct address_range_vector){ 0 };
	return NULL;
}

struct error *heap_ranges_mapped(struct runtime *runtime, struct address_range_vector *ret)
{
	_cleanup_(address_range_vector_deinit) struct address_range_vector ranges = { 0 };
	const struct target_mapping *mappings;
	size_t count;
	TRY(target_mappings(runtime_target(runtime), &mappings, &count));
	for (size_t i = 0; i < count; i++) {
		struct address_range range = { mappings[i].start, mappings[i].end };
		struct address_range *last = ranges.count ? &ranges.items[ranges.count - 1] : NULL;
		if (!mappings[i].readable)
			continue;
		if (last && last->end == range.start)
			last->end = range.end;
		else
			TRY(address_range_vector_append(&ranges, &range));
	}
	address_range_vector_deinit(ret);
	*ret = ranges;
	ranges = (struct address_range_vector){ 0 };
	return NULL;
}

const struct address_range *heap_ranges_find(const struct address_range_vector *ranges,
					     uint64_t address)
{
	size_t low = 0, high = ranges->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (ranges->items[middle].end <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low < ranges->count && ranges->items[low].start <= address ? &ranges->items[low]
									  : NULL;
}

bool heap_ranges_has(const struct address_range_vector *ranges, uint64_t address)
{
	return heap_ranges_find(ranges, address) != NULL;
}

/* What describes each arena: pointers in one large table, indexed as the arenas are. */
static struct error *read_arena_structures(struct runtime *runtime, struct u64_vector *into)
{
	const struct layout *layout = &runtime_binary(runtime)->layout;
	struct target *target = runtime_target(runtime);
	_cleanup_(u64_vector_deinit) struct u64_vector indices = { 0 };
	uint64_t table, heap = runtime_global(runtime, GLOBAL_MHEAP);
	TRY(read_arena_indices(runtime, &indices));
	if (!indices.count || layout->mheap_arenas < 0)
		return NULL;
	TRY(target_read_u64(target, heap + (uint64_t)layout->mheap_arenas, &table));
	TRY(u64_vector_append(into, &table));
	for (size_t i = 0; i < indices.count; i++) {
		uint64_t entry = table + 8 * indices.items[i], structure;
		if (!error_ignore(target_read_u64(target, entry, &structure)))
			continue;
		TRY(u64_vector_append(into, &entry));
		TRY(u64_vector_append(into, &structure));
	}
	return NULL;
}

static struct error *read_spans(struct runtime *runtime, struct u64_vector *into)
{
	const struct layout *layout = &runtime_binary(runtime)->layout;
	struct target *target = runtime_target(runtime);
	uint64_t slice, array, heap = runtime_global(runtime, GLOBAL_MHEAP);
	if (!heap || layout->mheap_allspans < 0)
		return NULL;
	slice = heap + (uint64_t)layout->mheap_allspans;
	TRY(target_read_u64(target, slice, &array));
	TRY(u64_vector_append(into, &array));
	return read_words(target, slice, SPANS_EXAMINED_MAX, into);
}

static struct error *read_caches(struct runtime *runtime, struct u64_vector *into)
{
	const struct layout *layout = &runtime_binary(runtime)->layout;
	struct target *target = runtime_target(runtime);
	_cleanup_(u64_vector_deinit) struct u64_vector processors = { 0 };
	if (!runtime_global(runtime, GLOBAL_ALLP) || layout->p_mcache < 0)
		return NULL;
	TRY(read_words(target, runtime_global(runtime, GLOBAL_ALLP), PROCESSORS_MAX, &processors));
	for (size_t i = 0; i < processors.count; i++) {
		uint64_t cache;
		if (error_ignore(target_read_u64(
			    target, processors.items[i] + (uint64_t)layout->p_mcache, &cache)))
			TRY(u64_vector_append(into, &cache));
	}
	return NULL;
}

struct error *heap_structures_read(struct runtime *runtime, struct u64_vector *ret)
{
	_cleanup_(u64_vector_deinit) struct u64_vector found = { 0 };
	TRY(read_arena_structures(runtime, &found));
	TRY(read_spans(runtime, &found));
	TRY(read_caches(runtime, &found));
	sort_words(&found);
	u64_vector_deinit(ret);
	*ret = found;
	found = (struct u64_vector){ 0 };
	return NULL;
}
