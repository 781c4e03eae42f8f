/* SPDX-License-Identifier: Apache-2.0 */
#include "heap/why_private.h"

#include "base/big_array.h"
#include "base/hash.h"
#include "heap/tops.h"

#define LOOK_AHEAD 64

/*
 * All objects of a type, met by rising numbers: a dominator before what it dominates. Arrays are by
 * number.
 */
struct typed {
	struct heap_why *why;
	struct wanted *wanted;
	uint32_t *tops;
	uint32_t *holders; /* of a top: its place in the list, from 1; 0: not known */
	uint64_t *inside;  /* a bit: is one, or is dominated by one */
	uint64_t size;     /* of all of them; 0: not of one size */
	struct map by_key; /* places in the list */
};

static void typed_deinit(struct typed *typed)
{
	size_t count = typed->why->heap->dominators.count;
	big_array_free(typed->tops, count, sizeof(*typed->tops));
	big_array_free(typed->holders, count, sizeof(*typed->holders));
	big_array_free(typed->inside, count / 64 + 1, sizeof(*typed->inside));
	map_deinit(&typed->by_key);
}

static struct error *typed_init(struct typed *typed)
{
	const struct dominators *dominators = &typed->why->heap->dominators;
	TRY(heap_tops_find(dominators, &typed->tops));
	TRY(big_array_allocate(dominators->count, sizeof(*typed->holders), &typed->holders));
	return big_array_allocate((size_t)dominators->count / 64 + 1, sizeof(*typed->inside),
				  &typed->inside);
}

/* Mark them, and add up what they take. */
static void mark_wanted(struct typed *typed)
{
	struct heap_why *why = typed->why;
	uint64_t least = UINT64_MAX, most = 0;
	for (uint32_t vertex = 0; vertex < why->heap->scan.graph.object_count; vertex++) {
		if (!heap_query_wants(&why->query, vertex))
			continue;
		uint64_t size = heap_object_size(why->heap, vertex);
		heap_bit_set(typed->wanted->vertices, vertex);
		why->bytes += size;
		least = MIN(least, size);
		most = MAX(most, size);
	}
	typed->size = least == most ? most : 0;
}

/* What stands for the same holder has the same key. */
static uint64_t holder_key(const struct heap_why *why, uint32_t vertex, enum heap_holder_kind *kind)
{
	const struct heap *heap = why->heap;
	const struct heap_root *root = heap_vertex_root(heap, vertex);
	*kind = HOLDER_SHARED;
	if (!root)
		return hash_more(1, heap_grouping_of(&why->query.grouping, vertex)) >> 1;
	*kind = HOLDER_ROOT;
	if (root->kind != HEAP_ROOT_GOROUTINE || root->goroutine == HEAP_NO_GOROUTINE)
		return hash_more(3, vertex) >> 1;
	*kind = HOLDER_GOROUTINES;
	const struct goroutine *goroutine = &heap->roots.goroutines->list.items[root->goroutine];
	return hash_more(2, (uint64_t)(uintptr_t)goroutine->stack) >> 1;
}

/* Another top is met: one more of a holder, which may be known by others. */
static struct error *add_top(struct typed *typed, uint32_t top)
{
	struct heap_holder_vector *list = &typed->why->holders;
	uint32_t vertex = typed->why->heap->dominators.vertices[top];
	struct heap_holder fresh = { .example = vertex };
	struct map_slot *slot;
	uint64_t key = holder_key(typed->why, vertex, &fresh.kind);
	TRY(map_insert(&typed->by_key, key, list->count, &slot));
	if (slot->value == list->count)
		TRY(heap_holder_vector_append(list, &fresh));
	list->items[slot->value].members++;
	typed->holders[top] = (uint32_t)slot->value + 1;
	wanted_note_top(typed->why->heap, typed->wanted, top);
	return NULL;
}

static struct error *count_one(struct typed *typed, uint32_t number, uint32_t vertex)
{
	uint32_t top = typed->tops[number];
	if (!typed->holders[top])
		TRY(add_top(typed, top));
	struct heap_holder *holder = &typed->why->holders.items[typed->holders[top] - 1];
	holder->count++;
	holder->retained += typed->size ? typed->size : heap_object_size(typed->why->heap, vertex);
	return NULL;
}

static void look_ahead(const struct typed *typed, uint32_t number)
{
	const struct heap *heap = typed->why->heap;
	if (typed->size || number >= heap->dominators.count)
		return;
	uint32_t vertex = heap->dominators.vertices[number];
	if (vertex < heap->scan.graph.object_count && heap_bit(typed->wanted->vertices, vertex))
		__builtin_prefetch(&heap->scan.shapes[vertex]);
}

static struct error *count_all(struct typed *typed)
{
	const struct dominators *dominators = &typed->why->heap->dominators;
	for (uint32_t number = 1; number < dominators->count; number++) {
		uint32_t vertex = dominators->vertices[number];
		bool inside = heap_bit(typed->inside, dominators->parents[number]);
		bool one = heap_bit(typed->wanted->vertices, vertex);
		look_ahead(typed, number + LOOK_AHEAD);
		if (inside || one)
			heap_bit_set(typed->inside, number);
		if (!one)
			continue;
		/* What another one of them retains goes with that. */
		if (!inside)
			typed->why->retained += dominators->retained[number];
		TRY(count_one(typed, number, vertex));
	}
	return NULL;
}

static int compare_holders(const void *left, const void *right)
{
	const struct heap_holder *a = left, *b = right;
	if (a->count != b->count)
		return a->count < b->count ? 1 : -1;
	return a->example < b->example ? -1 : a->example > b->example;
}

struct error *why_type_ask(struct heap_why *why, struct wanted *wanted)
{
	_cleanup_(typed_deinit) struct typed typed = { .why = why, .wanted = wanted };
	struct heap_holder_vector *list = &why->holders;
	TRY(typed_init(&typed));
	mark_wanted(&typed);
	TRY(count_all(&typed));
	if (list->count)
		qsort(list->items, list->count, sizeof(*list->items), compare_holders);
	return NULL;
}
