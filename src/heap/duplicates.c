/* SPDX-License-Identifier: Apache-2.0 */
#include "heap/duplicates_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/big_array.h"
#include "base/hash.h"
#include "heap/visit.h"

/*
 * First the strings and slices that are kept somewhere say how much of which object is used. Then
 * what shares its length with something else is read, in the order of addresses, and hashed; what
 * has a hash in common is read once more, and compared.
 */
#define DATA_SHOWN ((uint64_t)64)

uint64_t duplicate_address(const struct finding *finding, const struct duplicate_item *item)
{
	return heap_spans_address(&finding->heap->spans, item->vertex) + item->offset;
}

/* Bytes that are used of an object that is no block. */
static uint64_t extent_of(const struct finding *finding, uint32_t vertex)
{
	uint64_t extent = finding->extents[vertex];
	return extent == DUPLICATE_WHOLE ? DUPLICATE_BLOCK : extent;
}

uint64_t duplicate_length(const struct finding *finding, const struct duplicate_item *item)
{
	return item->length ? item->length : extent_of(finding, item->vertex);
}

static bool is_block(const struct finding *finding, uint32_t vertex)
{
	return finding->extents[vertex] != DUPLICATE_WHOLE &&
	       heap_object_size(finding->heap, vertex) == DUPLICATE_BLOCK;
}

static void take_short(uint64_t *extent, const struct heap_header *header, uint64_t offset)
{
	unsigned shift = (unsigned)(4 * offset);
	if (header->length == DUPLICATE_BLOCK)
		*extent = DUPLICATE_WHOLE;
	/* Short slices lie there, too: of what does not say for sure what it is, nothing is told. */
	else if (*extent != DUPLICATE_WHOLE && header->is_string &&
		 (*extent >> shift & 15) < header->length)
		*extent = (*extent & ~(UINT64_C(15) << shift)) | header->length << shift;
}

static struct error *take_header(void *argument, const struct heap_header *header)
{
	struct finding *finding = argument;
	const struct heap_spans *spans = &finding->heap->spans;
	uint32_t edge = heap_spans_edge(spans, header->address);
	if (edge == EDGE_NONE || !heap_is_reached(finding->heap, edge_target(edge)))
		return NULL;
	uint32_t vertex = edge_target(edge);
	const struct heap_span *span = heap_spans_of(spans, vertex);
	uint64_t offset = header->address - heap_spans_address(spans, vertex);
	if (span->bits != HEAP_BITS_NONE || offset >= span->slot_size ||
	    header->length > span->slot_size - offset)
		return NULL;
	uint64_t *extent = &finding->extents[vertex];
	if (span->slot_size == DUPLICATE_BLOCK)
		take_short(extent, header, offset);
	else
		*extent = MAX(*extent, offset + header->length);
	return NULL;
}

static uint64_t length_key(const struct finding *finding, uint32_t vertex)
{
	return hash_more(hash_word(extent_of(finding, vertex)),
			 heap_object_type(finding->heap, vertex)) >>
	       1;
}

/* What has its length and type for itself need not be read. */
static struct error *count_lengths(struct finding *finding)
{
	uint64_t candidates = 0;
	for (uint32_t vertex = 0; vertex < finding->heap->scan.graph.object_count; vertex++) {
		struct map_slot *slot;
		if (!finding->extents[vertex])
			continue;
		candidates++;
		if (is_block(finding, vertex))
			continue;
		TRY(map_insert(&finding->lengths, length_key(finding, vertex), 0, &slot));
		slot->value++;
	}
	return heap_room_check(&finding->heap->room, 2 * candidates * sizeof(struct duplicate_item),
			       "comparing what strings and slices contain");
}

static uint64_t wants(void *argument, uint32_t vertex)
{
	const struct finding *finding = argument;
	if (!finding->extents[vertex])
		return 0;
	if (is_block(finding, vertex))
		return DUPLICATE_BLOCK;
	const struct map_slot *slot = map_find(&finding->lengths, length_key(finding, vertex));
	return slot && slot->value > 1 ? sizeof(uint64_t) : 0;
}

static uint64_t begin_hash(uint32_t type, uint64_t length)
{
	return hash_more(hash_word(length), type);
}

/* Strings side by side; one that lies inside of another one is a part of that. */
static struct error *take_block(struct finding *finding, uint32_t vertex, const uint8_t *bytes)
{
	uint64_t extent = finding->extents[vertex], end = 0;
	for (unsigned offset = 0; offset < DUPLICATE_BLOCK; offset++) {
		uint64_t length = extent >> 4 * offset & 15;
		if (!length || offset < end)
			continue;
		end = offset + length;
		const struct duplicate_item item = {
			.hash = hash_more(begin_hash(finding->string, length),
					  hash_bytes(bytes + offset, (size_t)length)),
			.vertex = vertex,
			.offset = (uint8_t)offset,
			.length = (uint8_t)length,
		};
		finding->duplicates->compared++;
		TRY(duplicate_item_vector_append(&finding->items, &item));
	}
	return NULL;
}

/* A large object comes in pieces. */
static struct error *take_bytes(void *argument, uint32_t vertex, uint64_t offset,
				const uint8_t *bytes, size_t size)
{
	struct finding *finding = argument;
	if (is_block(finding, vertex))
		return take_block(finding, vertex, bytes);
	uint64_t length = extent_of(finding, vertex);
	if (!offset)
		finding->hash = begin_hash(heap_object_type(finding->heap, vertex), length);
	if (offset >= length)
		return NULL;
	finding->hash = hash_more(finding->hash,
				  hash_bytes(bytes, (size_t)MIN((uint64_t)size, length - offset)));
	if (length - offset > size)
		return NULL;
	const struct duplicate_item item = { .hash = finding->hash, .vertex = vertex };
	finding->duplicates->compared++;
	return duplicate_item_vector_append(&finding->items, &item);
}

static int compare_items(const void *left, const void *right)
{
	const struct duplicate_item *a = left, *b = right;
	if (a->hash != b->hash)
		return a->hash < b->hash ? -1 : 1;
	if (a->vertex != b->vertex)
		return a->vertex < b->vertex ? -1 : 1;
	return a->offset - b->offset;
}

static void sort_items(struct duplicate_item_vector *items)
{
	if (items->count)
		qsort(items->items, items->count, sizeof(*items->items), compare_items);
}

static size_t same_hash(const struct duplicate_item_vector *items, size_t first)
{
	size_t end = first + 1;
	while (end < items->count && items->items[end].hash == items->items[first].hash)
		end++;
	return end;
}

/* What nobody shares its hash with goes. */
static void drop_lonely(struct duplicate_item_vector *items)
{
	size_t kept = 0;
	for (size_t at = 0, end; at < items->count; at = end) {
		end = same_hash(items, at);
		if (end - at == 1)
			continue;
		while (at < end)
			items->items[kept++] = items->items[at++];
	}
	items->count = kept;
}

static uint64_t cost_of(const struct finding *finding, const struct duplicate_item *item)
{
	return item->length ? item->length : heap_object_size(finding->heap, item->vertex);
}

/* Those that are equal move together. */
static struct error *make_runs(struct finding *finding)
{
	struct duplicate_item_vector *items = &finding->items;
	struct heap_duplicates *duplicates = finding->duplicates;
	size_t kept = 0;
	for (size_t at = 0, end; at < items->count; at = end) {
		struct duplicate_run run = { .first = kept };
		uint64_t least = UINT64_MAX;
		end = same_hash(items, at);
		for (; at < end; at++) {
			if (!items->items[at].equal)
				continue;
			uint64_t cost = cost_of(finding, &items->items[at]);
			run.bytes += cost;
			least = MIN(least, cost);
			items->items[run.first + run.count++] = items->items[at];
		}
		if (run.count < 2)
			continue;
		run.saved = run.bytes - least;
		kept += run.count;
		duplicates->contents++;
		duplicates->copies += run.count;
		duplicates->bytes += run.bytes;
		duplicates->saved += run.saved;
		TRY(duplicate_run_vector_append(&finding->runs, &run));
	}
	items->count = kept;
	return NULL;
}

static int compare_runs(const void *left, const void *right)
{
	const struct duplicate_run *a = left, *b = right;
	if (a->saved != b->saved)
		return a->saved < b->saved ? 1 : -1;
	return a->first < b->first ? -1 : a->first > b->first;
}

static struct error *add_row(struct finding *finding, const struct duplicate_run *run)
{
	struct heap_duplicates *duplicates = finding->duplicates;
	const struct duplicate_item *first = &finding->items.items[run->first];
	struct heap_duplicate row = {
		.type = first->length ? finding->string
				      : heap_object_type(finding->heap, first->vertex),
		.length = duplicate_length(finding, first),
		.copies = run->count,
		.bytes = run->bytes,
		.saved = run->saved,
		.address = duplicate_address(finding, first),
	};
	size_t shown = (size_t)MIN(row.length, DATA_SHOWN);
	char *data = arena_allocate(&duplicates->arena, shown);
	if (!data)
		return error_no_memory();
	if (error_ignore(target_read(runtime_target(finding->heap->runtime), row.address, data,
				     shown))) {
		row.data = data;
		row.data_length = shown;
	}
	return heap_duplicate_vector_append(&duplicates->list, &row);
}

static struct error *find(struct finding *finding, size_t limit)
{
	const struct heap_visitor visitor = { wants, take_bytes, finding };
	uint64_t ignored;
	TRY(heap_types_intern(finding->heap->types, HEAP_STRING, 0, &finding->string));
	TRY(heap_headers_create(finding->heap, &finding->headers));
	TRY(big_array_allocate(finding->heap->scan.graph.object_count, sizeof(*finding->extents),
			       &finding->extents));
	TRY(heap_headers_walk(finding->headers, take_header, finding, &ignored));
	TRY(count_lengths(finding));
	TRY(heap_visit(finding->heap, &visitor, &finding->duplicates->unreadable));
	sort_items(&finding->items);
	drop_lonely(&finding->items);
	TRY(duplicates_compare(finding));
	sort_items(&finding->items);
	TRY(make_runs(finding));
	if (finding->runs.count)
		qsort(finding->runs.items, finding->runs.count, sizeof(*finding->runs.items),
		      compare_runs);
	finding->runs.count = MIN(finding->runs.count, limit);
	for (size_t i = 0; i < finding->runs.count; i++)
		TRY(add_row(finding, &finding->runs.items[i]));
	return duplicates_find_keepers(finding);
}

struct error *heap_duplicates_find(struct heap *heap, size_t limit, struct heap_duplicates *ret)
{
	struct heap_duplicates duplicates = { 0 };
	struct finding finding = { .heap = heap, .duplicates = &duplicates };
	size_t count = heap->scan.graph.object_count;
	struct error *error = heap_room_check(&heap->room, count * sizeof(*finding.extents),
					      "comparing what strings and slices contain");
	if (!error)
		error = find(&finding, limit);
	heap_headers_destroy(finding.headers);
	big_array_free(finding.extents, count, sizeof(*finding.extents));
	map_deinit(&finding.lengths);
	duplicate_item_vector_deinit(&finding.items);
	duplicate_run_vector_deinit(&finding.runs);
	if (error)
		heap_duplicates_deinit(&duplicates);
	else
		*ret = duplicates;
	return error;
}

void heap_duplicates_deinit(struct heap_duplicates *duplicates)
{
	heap_duplicate_vector_deinit(&duplicates->list);
	arena_deinit(&duplicates->arena);
	*duplicates = (struct heap_duplicates){ 0 };
}
