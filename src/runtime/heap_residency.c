/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/heap_residency.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE              UINT64_C(4096)
#define GO_PAGE           UINT64_C(8192)
#define SPANS_MAX         (UINT64_C(1) << 21)
#define HEAP_MAX          (UINT64_C(1) << 40) /* 2 GiB of page map */
#define SPANS_AT_ONCE     1024u
#define PAGES_AT_ONCE     8192u
#define PAGE_IS_PRESENT   (UINT64_C(1) << 63)
#define PAGE_IS_EXCLUSIVE (UINT64_C(1) << 56)

struct span {
	uint64_t start;
	uint64_t end;
	bool manual;
};

DEFINE_VECTOR(span_vector, struct span);

/* The members of one span, from its first to its last that is asked for. */
struct span_bytes {
	size_t low;
	size_t size;
};

static bool span_bytes_find(const struct layout *layout, struct span_bytes *ret)
{
	const int32_t members[] = { layout->mspan_start_addr, layout->mspan_npages,
				    layout->mspan_state };
	const size_t sizes[] = { 8, 8, 1 };
	size_t low = SIZE_MAX, high = 0;
	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		if (members[i] < 0)
			return false;
		low = MIN(low, (size_t)members[i]);
		high = MAX(high, (size_t)members[i] + sizes[i]);
	}
	*ret = (struct span_bytes){ .low = low, .size = high - low };
	return ret->size <= 256;
}

/* A span that is in use; false for one that is not, or that makes no sense. */
static bool decode_span(const struct layout *layout, const uint8_t *bytes, size_t low,
			struct span *ret)
{
	uint64_t start, pages;
	memcpy(&start, bytes + (size_t)layout->mspan_start_addr - low, sizeof(start));
	memcpy(&pages, bytes + (size_t)layout->mspan_npages - low, sizeof(pages));
	uint8_t state = bytes[(size_t)layout->mspan_state - low];
	bool manual = state == layout->span_state_manual;
	if ((!manual && state != layout->span_state_in_use) || !pages || pages > HEAP_MAX / GO_PAGE)
		return false;
	*ret = (struct span){ .start = start, .end = start + pages * GO_PAGE, .manual = manual };
	return true;
}

static struct error *read_some_spans(struct runtime *runtime, const uint64_t *addresses,
				     size_t count, struct span_vector *into)
{
	const struct layout *layout = &runtime_binary(runtime)->layout;
	struct target_range ranges[SPANS_AT_ONCE];
	struct span_bytes piece;
	if (!span_bytes_find(layout, &piece))
		return error_new(ERROR_UNSUPPORTED, "the spans of this release are not known");
	_cleanup_(free_pointer) uint8_t *bytes = malloc(count * piece.size);
	if (!bytes)
		return error_no_memory();
	for (size_t i = 0; i < count; i++)
		ranges[i] = (struct target_range){ .address = addresses[i] + piece.low,
						   .length = piece.size,
						   .into = bytes + i * piece.size };
	TRY(target_read_ranges(runtime_target(runtime), ranges, count));
	for (size_t i = 0; i < count; i++) {
		struct span span;
		if (ranges[i].done && decode_span(layout, bytes + i * piece.size, piece.low, &span))
			TRY(span_vector_append(into, &span));
	}
	return NULL;
}

static int compare_spans(const void *left, const void *right)
{
	const struct span *a = left, *b = right;
	return a->start < b->start ? -1 : a->start > b->start;
}

/* All spans in use, in the order of their addresses. */
static struct error *read_spans(struct runtime *runtime, struct span_vector *ret)
{
	const struct layout *layout = &runtime_binary(runtime)->layout;
	_cleanup_(u64_vector_deinit) struct u64_vector addresses = { 0 };
	uint64_t slice[2], heap = runtime_global(runtime, GLOBAL_MHEAP);
	if (!heap || layout->mheap_allspans < 0)
		return error_new(ERROR_UNSUPPORTED, "the heap was not found");
	TRY(target_read(runtime_target(runtime), heap + (uint64_t)layout->mheap_allspans, slice,
			sizeof(slice)));
	if (slice[1] > SPANS_MAX)
		return error_new(ERROR_LIMIT, "the heap has more than %llu spans",
				 (unsigned long long)SPANS_MAX);
	TRY(u64_vector_reserve(&addresses, slice[1]));
	TRY(target_read(runtime_target(runtime), slice[0], addresses.items, slice[1] * 8));
	for (size_t i = 0; i < slice[1]; i += SPANS_AT_ONCE)
		TRY(read_some_spans(runtime, addresses.items + i,
				    MIN((size_t)SPANS_AT_ONCE, (size_t)slice[1] - i), ret));
	if (ret->count)
		qsort(ret->items, ret->count, sizeof(ret->items[0]), compare_spans);
	return NULL;
}

/*
 * Pages in the order of their addresses, and the span that the next one may be in. Memory that was
 * read and never written to is mapped to one page of zeroes that all processes share; the kernel
 * shows it here as present, and does not count it as resident. Pages that this process alone maps
 * leave it out, and those that it shares with a child of its own too: so both are counted.
 */
struct walk {
	const struct span_vector *spans;
	size_t next;
	struct heap_residency all;
	struct heap_residency exclusive;
};

static void sum_add(struct heap_residency *sums, const struct span *span)
{
	sums->total += (int64_t)PAGE;
	if (span && span->manual)
		sums->manual += (int64_t)PAGE;
	else if (span)
		sums->objects += (int64_t)PAGE;
}

static void count_page(struct walk *walk, uint64_t address, bool exclusive)
{
	const struct span_vector *spans = walk->spans;
	while (walk->next < spans->count && spans->items[walk->next].end <= address)
		walk->next++;
	const struct span *span = walk->next < spans->count ? &spans->items[walk->next] : NULL;
	if (span && span->start > address)
		span = NULL;
	sum_add(&walk->all, span);
	if (exclusive)
		sum_add(&walk->exclusive, span);
}

/* One word a page: whether it is in memory. What is not mapped at all reads as zeroes. */
static struct error *walk_range(struct walk *walk, int descriptor,
				const struct address_range *range)
{
	uint64_t words[PAGES_AT_ONCE];
	uint64_t address = range->start;
	while (address < range->end) {
		size_t wanted = MIN((size_t)PAGES_AT_ONCE, (size_t)((range->end - address) / PAGE));
		ssize_t got = pread(descriptor, words, wanted * sizeof(words[0]),
				    (off_t)(address / PAGE * sizeof(words[0])));
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return error_os(errno, "pagemap at 0x%llx", (unsigned long long)address);
		size_t pages = (size_t)got / sizeof(words[0]);
		for (size_t i = 0; i < pages; i++) {
			if (words[i] & PAGE_IS_PRESENT)
				count_page(walk, address + i * PAGE, words[i] & PAGE_IS_EXCLUSIVE);
		}
		if (!pages)
			break;
		address += pages * PAGE;
	}
	return NULL;
}

struct error *heap_residency_read(struct runtime *runtime, const struct address_range_vector *heap,
				  int64_t resident, struct heap_residency *ret)
{
	_cleanup_(span_vector_deinit) struct span_vector spans = { 0 };
	struct walk walk = { .spans = &spans };
	char path[64];
	uint64_t size = 0;
	for (size_t i = 0; i < heap->count; i++)
		size += heap->items[i].end - heap->items[i].start;
	if (size > HEAP_MAX)
		return error_new(ERROR_LIMIT, "the heap's address space is too large");
	TRY(read_spans(runtime, &spans));
	snprintf(path, sizeof(path), "/proc/%d/pagemap", (int)target_pid(runtime_target(runtime)));
	_cleanup_(close_descriptor) int descriptor = open(path, O_RDONLY | O_CLOEXEC);
	if (descriptor < 0)
		return error_os(errno, "%s", path);
	for (size_t i = 0; i < heap->count; i++)
		TRY(walk_range(&walk, descriptor, &heap->items[i]));
	/* Whichever agrees with the kernel's own sum. */
	bool shares = llabs(walk.all.total - resident) < llabs(walk.exclusive.total - resident);
	*ret = shares ? walk.all : walk.exclusive;
	return NULL;
}
