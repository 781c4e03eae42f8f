/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "heap/duplicates_private.h"

/*
 * Who keeps the copies that are told of: the walk over strings and slices is made a second time, when
 * it is known which of them count.
 */
#define KEEPERS_SHOWN 5

/* A copy that is told of. */
struct copy {
	uint32_t vertex;
	uint8_t offset;
	bool is_short;
	uint32_t row;
};

DEFINE_VECTOR(copy_vector, struct copy);

struct kept {
	uint32_t row;
	uint32_t keeper;
	uint64_t count;
};

DEFINE_VECTOR(kept_vector, struct kept);

struct counting {
	struct finding *finding;
	struct copy_vector copies; /* by vertex and offset */
	struct map counts;         /* row and keeper → how many */
};

static int compare_copies(const void *left, const void *right)
{
	const struct copy *a = left, *b = right;
	if (a->vertex != b->vertex)
		return a->vertex < b->vertex ? -1 : 1;
	return a->offset - b->offset;
}

/* The copy that begins there; any place of one that has its object for itself. */
static const struct copy *find_copy(const struct copy_vector *copies, uint32_t vertex,
				    uint64_t offset)
{
	size_t low = 0, high = copies->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct copy *copy = &copies->items[middle];
		if (copy->vertex < vertex ||
		    (copy->vertex == vertex && copy->is_short && copy->offset < offset))
			low = middle + 1;
		else
			high = middle;
	}
	const struct copy *copy = low < copies->count ? &copies->items[low] : NULL;
	if (!copy || copy->vertex != vertex || (copy->is_short && copy->offset != offset))
		return NULL;
	return copy;
}

static struct error *count_header(void *argument, const struct heap_header *header)
{
	struct counting *counting = argument;
	const struct heap_spans *spans = &counting->finding->heap->spans;
	uint32_t edge = heap_spans_edge(spans, header->address);
	struct map_slot *slot;
	if (edge == EDGE_NONE)
		return NULL;
	const struct copy *copy =
		find_copy(&counting->copies, edge_target(edge),
			  header->address - heap_spans_address(spans, edge_target(edge)));
	if (!copy)
		return NULL;
	TRY(map_insert(&counting->counts, (uint64_t)copy->row << 32 | header->keeper, 0, &slot));
	slot->value++;
	return NULL;
}

static int compare_kept(const void *left, const void *right)
{
	const struct kept *a = left, *b = right;
	if (a->row != b->row)
		return a->row < b->row ? -1 : 1;
	if (a->count != b->count)
		return a->count < b->count ? 1 : -1;
	return a->keeper < b->keeper ? -1 : a->keeper > b->keeper;
}

static struct error *sort_counts(const struct counting *counting, struct kept_vector *ret)
{
	for (size_t i = 0; counting->counts.slots && i <= counting->counts.mask; i++) {
		const struct map_slot *slot = &counting->counts.slots[i];
		const struct kept kept = { (uint32_t)(slot->key >> 32), (uint32_t)slot->key,
					   slot->value };
		if (slot->key != UINT64_MAX)
			TRY(kept_vector_append(ret, &kept));
	}
	if (ret->count)
		qsort(ret->items, ret->count, sizeof(*ret->items), compare_kept);
	return NULL;
}

/* The names of those with most; `kept` are all of the row's. */
static struct error *name_keepers(struct finding *finding, const struct kept *kept, size_t count,
				  struct heap_duplicate *row)
{
	struct arena *arena = &finding->duplicates->arena;
	struct heap_duplicate_keeper *keepers = arena_allocate(arena,
							       KEEPERS_SHOWN * sizeof(*keepers));
	if (!keepers)
		return error_no_memory();
	for (size_t i = 0; i < count; i++) {
		row->kept += kept[i].count;
		if (i >= KEEPERS_SHOWN)
			continue;
		const char *name = heap_headers_keeper(finding->headers, kept[i].keeper);
		keepers[i].name = arena_copy_string(arena, name, strlen(name));
		keepers[i].count = kept[i].count;
		if (!keepers[i].name)
			return error_no_memory();
	}
	row->keepers = keepers;
	row->keeper_count = MIN(count, (size_t)KEEPERS_SHOWN);
	return NULL;
}

static struct error *add_copies(struct counting *counting)
{
	const struct finding *finding = counting->finding;
	for (size_t row = 0; row < finding->runs.count; row++) {
		const struct duplicate_run *run = &finding->runs.items[row];
		for (size_t i = run->first; i < run->first + run->count; i++) {
			const struct duplicate_item *item = &finding->items.items[i];
			const struct copy copy = { item->vertex, item->offset, item->length != 0,
						   (uint32_t)row };
			TRY(copy_vector_append(&counting->copies, &copy));
		}
	}
	if (counting->copies.count)
		qsort(counting->copies.items, counting->copies.count,
		      sizeof(*counting->copies.items), compare_copies);
	return NULL;
}

static struct error *count_all(struct counting *counting, struct kept_vector *kept)
{
	struct finding *finding = counting->finding;
	uint64_t ignored;
	TRY(add_copies(counting));
	if (!counting->copies.count)
		return NULL;
	TRY(heap_headers_walk(finding->headers, count_header, counting, &ignored));
	TRY(sort_counts(counting, kept));
	for (size_t at = 0, end; at < kept->count; at = end) {
		for (end = at; end < kept->count && kept->items[end].row == kept->items[at].row;)
			end++;
		TRY(name_keepers(finding, &kept->items[at], end - at,
				 &finding->duplicates->list.items[kept->items[at].row]));
	}
	return NULL;
}

struct error *duplicates_find_keepers(struct finding *finding)
{
	struct counting counting = { .finding = finding };
	struct kept_vector kept = { 0 };
	struct error *error = count_all(&counting, &kept);
	kept_vector_deinit(&kept);
	copy_vector_deinit(&counting.copies);
	map_deinit(&counting.counts);
	return error;
}
