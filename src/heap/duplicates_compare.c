/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/big_array.h"
#include "heap/duplicates_private.h"
#include "heap/visit.h"

/*
 * What has the same hash is read again, in the order of addresses, and held against the first one of
 * its kind, which is kept for that long: as many kinds at a time as have room. What differs from the
 * first is left out: that hashes meet by chance is so rare that it is not worth more.
 */
#define PIECE ((uint64_t)1 << 20)
#define ROOM  ((uint64_t)64 << 20)

/* The first one of those with a hash. */
struct kind {
	uint64_t length;
	uint64_t place; /* of its bytes in the room */
	bool kept;
};

struct comparing {
	struct finding *finding;
	struct kind *kinds;
	size_t kind_count;
	size_t from, to;  /* the kinds of this round */
	uint8_t *bytes;   /* ROOM */
	uint64_t *wanted; /* a bit for each object */
	size_t next;      /* item */
};

/* Items are told apart by a number from here on; what differs in length cannot be equal. */
static void number_items(struct comparing *comparing)
{
	const struct duplicate_item_vector *items = &comparing->finding->items;
	size_t kind = 0;
	for (size_t i = 0, end; i < items->count; i = end, kind++) {
		uint64_t hash = items->items[i].hash;
		comparing->kinds[kind].length = duplicate_length(comparing->finding,
								 &items->items[i]);
		for (end = i; end < items->count && items->items[end].hash == hash; end++)
			items->items[end].kind = kind;
	}
}

static size_t count_kinds(const struct duplicate_item_vector *items)
{
	size_t count = 0;
	for (size_t i = 0; i < items->count; i++)
		count += !i || items->items[i].hash != items->items[i - 1].hash;
	return count;
}

static int compare_places(const void *left, const void *right)
{
	const struct duplicate_item *a = left, *b = right;
	if (a->vertex != b->vertex)
		return a->vertex < b->vertex ? -1 : 1;
	return a->offset - b->offset;
}

/* Two large ones, piece by piece; `bytes` has room for two. */
static struct error *compare_pieces(struct comparing *comparing, const struct duplicate_item *first,
				    struct duplicate_item *item, uint64_t length)
{
	const struct finding *finding = comparing->finding;
	uint64_t one = duplicate_address(finding, first);
	uint64_t other = duplicate_address(finding, item);
	for (uint64_t at = 0; at < length; at += PIECE) {
		size_t size = (size_t)MIN(PIECE, length - at);
		struct target_range ranges[] = {
			{ .address = one + at, .length = size, .into = comparing->bytes },
			{ .address = other + at, .length = size, .into = comparing->bytes + PIECE },
		};
		TRY(target_read_ranges(runtime_target(finding->heap->runtime), ranges,
				       ARRAY_SIZE(ranges)));
		if (!ranges[0].done || !ranges[1].done ||
		    memcmp(ranges[0].into, ranges[1].into, size) != 0)
			return NULL;
	}
	item->equal = true;
	return NULL;
}

static struct error *compare_large(struct comparing *comparing)
{
	const struct duplicate_item_vector *items = &comparing->finding->items;
	struct duplicate_item *first = NULL;
	for (size_t i = 0; i < items->count; i++) {
		struct duplicate_item *item = &items->items[i];
		uint64_t length = comparing->kinds[item->kind].length;
		if (length <= PIECE)
			continue;
		if (!first || first->kind != item->kind) {
			first = item;
			item->equal = true;
		} else if (duplicate_length(comparing->finding, item) == length) {
			TRY(compare_pieces(comparing, first, item, length));
		}
	}
	return NULL;
}

static bool is_in_round(const struct comparing *comparing, const struct duplicate_item *item)
{
	return item->kind >= comparing->from && item->kind < comparing->to &&
	       comparing->kinds[item->kind].length <= PIECE;
}

static uint64_t wants(void *argument, uint32_t vertex)
{
	const struct comparing *comparing = argument;
	return heap_bit(comparing->wanted, vertex) ? DUPLICATE_BLOCK : 0;
}

static void settle(struct comparing *comparing, struct duplicate_item *item, const uint8_t *bytes,
		   size_t size)
{
	struct kind *kind = &comparing->kinds[item->kind];
	uint8_t *place = comparing->bytes + kind->place;
	if (duplicate_length(comparing->finding, item) != kind->length ||
	    item->offset + kind->length > size)
		return;
	item->equal = !kind->kept || memcmp(place, bytes + item->offset, kind->length) == 0;
	if (!kind->kept)
		memcpy(place, bytes + item->offset, kind->length);
	kind->kept = true;
}

/* Objects come by rising numbers, as the items are. */
static struct error *take(void *argument, uint32_t vertex, uint64_t offset, const uint8_t *bytes,
			  size_t size)
{
	struct comparing *comparing = argument;
	const struct duplicate_item_vector *items = &comparing->finding->items;
	if (offset)
		return NULL;
	while (comparing->next < items->count && items->items[comparing->next].vertex < vertex)
		comparing->next++;
	for (; comparing->next < items->count; comparing->next++) {
		struct duplicate_item *item = &items->items[comparing->next];
		if (item->vertex != vertex)
			break;
		if (is_in_round(comparing, item))
			settle(comparing, item, bytes, size);
	}
	return NULL;
}

/* As many kinds as have room. */
static void begin_round(struct comparing *comparing)
{
	uint64_t used = 0;
	comparing->next = 0;
	comparing->from = comparing->to;
	for (; comparing->to < comparing->kind_count; comparing->to++) {
		struct kind *kind = &comparing->kinds[comparing->to];
		uint64_t length = kind->length <= PIECE ? kind->length : 0;
		if (length > ROOM - used)
			break;
		kind->place = used;
		used += length;
	}
}

static struct error *compare_round(struct comparing *comparing)
{
	const struct heap *heap = comparing->finding->heap;
	const struct heap_visitor visitor = { wants, take, comparing };
	const struct duplicate_item_vector *items = &comparing->finding->items;
	uint64_t ignored;
	begin_round(comparing);
	memset(comparing->wanted, 0,
	       (heap->scan.graph.object_count / 64 + 1) * sizeof(*comparing->wanted));
	for (size_t i = 0; i < items->count; i++) {
		if (is_in_round(comparing, &items->items[i]))
			heap_bit_set(comparing->wanted, items->items[i].vertex);
	}
	return heap_visit(heap, &visitor, &ignored);
}

static struct error *compare_all(struct comparing *comparing)
{
	struct duplicate_item_vector *items = &comparing->finding->items;
	size_t objects = comparing->finding->heap->scan.graph.object_count;
	comparing->kinds = calloc(comparing->kind_count, sizeof(*comparing->kinds));
	comparing->wanted = calloc(objects / 64 + 1, sizeof(*comparing->wanted));
	if (!comparing->kinds || !comparing->wanted)
		return error_no_memory();
	TRY(big_array_allocate(ROOM, 1, &comparing->bytes));
	number_items(comparing);
	TRY(compare_large(comparing));
	qsort(items->items, items->count, sizeof(*items->items), compare_places);
	while (comparing->to < comparing->kind_count)
		TRY(compare_round(comparing));
	return NULL;
}

struct error *duplicates_compare(struct finding *finding)
{
	struct comparing comparing = {
		.finding = finding,
		.kind_count = count_kinds(&finding->items),
	};
	struct error *error = finding->items.count ? compare_all(&comparing) : NULL;
	free(comparing.kinds);
	free(comparing.wanted);
	big_array_free(comparing.bytes, ROOM, 1);
	return error;
}
