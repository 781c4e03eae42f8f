/* SPDX-License-Identifier: Apache-2.0 */
#include "heap/holders.h"

#include <stdlib.h>

#include "base/big_array.h"
#include "base/hash.h"
#include "base/map.h"
#include "heap/digest.h"

#define PARTS_SHOWN 8
#define PARTS_MAX   ((size_t)4 << 20) /* counted at once; a hundred holders of 40,000 types */

struct finding_holders {
	const struct heap *heap;
	struct heap_grouping grouping;
	struct heap_holder_vector list;
	struct map by_key;
	uint32_t *holder; /* by number: which holder's it is */
};

const struct heap_root *heap_vertex_root(const struct heap *heap, uint32_t vertex)
{
	uint32_t objects = heap->scan.graph.object_count;
	return vertex >= objects ? &heap->roots.list.items[vertex - objects] : NULL;
}

/* What stands for the same holder has the same key. */
static uint64_t holder_key(const struct finding_holders *finding, uint32_t vertex,
			   enum heap_holder_kind *ret_kind)
{
	const struct heap *heap = finding->heap;
	const struct heap_root *root = heap_vertex_root(heap, vertex);
	if (!root) {
		*ret_kind = HOLDER_SHARED;
		return hash_more(hash_word(1), heap_grouping_of(&finding->grouping, vertex)) >> 1;
	}
	if (root->kind == HEAP_ROOT_GOROUTINE && root->goroutine != HEAP_NO_GOROUTINE) {
		const struct goroutine *goroutine =
			&heap->roots.goroutines->list.items[root->goroutine];
		*ret_kind = HOLDER_GOROUTINES;
		return hash_more(hash_word(2), (uint64_t)(uintptr_t)goroutine->stack) >> 1;
	}
	*ret_kind = HOLDER_ROOT;
	return hash_more(hash_word(3), vertex) >> 1;
}

/* One of those directly under the source. */
static struct error *add_top(struct finding_holders *finding, uint32_t number)
{
	const struct dominators *dominators = &finding->heap->dominators;
	uint32_t vertex = dominators->vertices[number];
	uint64_t retained = dominators->retained[number];
	enum heap_holder_kind kind;
	struct map_slot *slot;
	TRY(map_insert(&finding->by_key, holder_key(finding, vertex, &kind), finding->list.count,
		       &slot));
	if (slot->value == finding->list.count) {
		struct heap_holder fresh = { .kind = kind, .example = vertex };
		TRY(heap_holder_vector_append(&finding->list, &fresh));
	}
	struct heap_holder *holder = &finding->list.items[slot->value];
	uint32_t before = dominators->numbers[holder->example];
	if (retained > dominators->retained[before])
		holder->example = vertex;
	holder->members++;
	holder->retained += retained;
	finding->holder[number] = (uint32_t)slot->value;
	return NULL;
}

/* A dominator's number is smaller than those of what it dominates, so one pass tells all. */
static struct error *assign(struct finding_holders *finding)
{
	const struct dominators *dominators = &finding->heap->dominators;
	uint32_t objects = finding->heap->scan.graph.object_count;
	for (uint32_t number = 1; number < dominators->count; number++) {
		if (dominators->parents[number] == 0)
			TRY(add_top(finding, number));
		else
			finding->holder[number] = finding->holder[dominators->parents[number]];
		if (dominators->vertices[number] < objects)
			finding->list.items[finding->holder[number]].count++;
	}
	return NULL;
}

static int compare_holders(const void *left, const void *right)
{
	const struct heap_holder *a = left, *b = right;
	if (a->retained != b->retained)
		return a->retained < b->retained ? 1 : -1;
	return a->example < b->example ? -1 : a->example > b->example;
}

static int compare_parts(const void *left, const void *right, void *heap)
{
	return heap_group_compare(heap, left, right);
}

/* Which of the shown holders one was before they were sorted. */
static struct error *shown_holders(const struct finding_holders *finding,
				   const struct heap_holder_vector *shown, size_t count,
				   struct map *ret)
{
	for (size_t i = 0; i < count; i++) {
		struct map_slot *slot;
		uint32_t number = finding->heap->dominators.numbers[shown->items[i].example];
		TRY(map_insert(ret, finding->holder[number], i, &slot));
	}
	return NULL;
}

/* By holder and type: only of those that are shown. */
static struct error *count_parts(const struct finding_holders *finding,
				 const struct heap_holder_vector *shown, size_t count,
				 struct heap_group_vector *parts)
{
	const struct heap *heap = finding->heap;
	uint32_t groups = finding->grouping.count;
	_cleanup_(map_deinit) struct map places = { 0 };
	TRY(shown_holders(finding, shown, count, &places));
	for (size_t i = 0; i < count * groups; i++)
		parts->items[i] = (struct heap_group){ 0 };
	parts->count = count * groups;
	for (uint32_t number = 1; number < heap->dominators.count; number++) {
		uint32_t vertex = heap->dominators.vertices[number];
		const struct map_slot *place;
		if (vertex >= heap->scan.graph.object_count ||
		    !(place = map_find(&places, finding->holder[number])))
			continue;
		uint32_t group = heap_grouping_of(&finding->grouping, vertex);
		struct heap_group *part = &parts->items[place->value * groups + group];
		part->type = group < finding->grouping.types ? group : HEAP_TYPE_UNKNOWN;
		part->shape = heap->scan.shapes[vertex];
		part->count++;
		part->bytes += heap_object_size(heap, vertex);
	}
	return NULL;
}

static struct error *take_parts(const struct finding_holders *finding, size_t limit,
				struct heap_holders *ret)
{
	_cleanup_(heap_group_vector_deinit) struct heap_group_vector parts = { 0 };
	size_t groups = finding->grouping.count;
	size_t shown = MIN(MIN(limit, ret->list.count), PARTS_MAX / groups);
	if (!shown)
		return NULL;
	TRY(heap_group_vector_reserve(&parts, shown * groups));
	TRY(count_parts(finding, &ret->list, shown, &parts));
	for (size_t i = 0; i < shown; i++) {
		struct heap_group *own = parts.items + i * groups;
		size_t count = 0;
		for (size_t k = 0; k < groups; k++) {
			if (own[k].count)
				own[count++] = own[k];
		}
		qsort_r(own, count, sizeof(*own), compare_parts, (void *)(uintptr_t)finding->heap);
		count = MIN(count, (size_t)PARTS_SHOWN);
		struct heap_group *kept = arena_allocate(&ret->arena, (count + 1) * sizeof(*kept));
		if (!kept)
			return error_no_memory();
		for (size_t k = 0; k < count; k++)
			kept[k] = own[k];
		ret->list.items[i].parts = kept;
		ret->list.items[i].part_count = count;
	}
	return NULL;
}

static struct error *find(struct finding_holders *finding, size_t limit, size_t with_parts,
			  struct heap_holders *ret)
{
	TRY(heap_grouping_init(&finding->grouping, finding->heap));
	TRY(big_array_allocate(finding->heap->dominators.count, sizeof(*finding->holder),
			       &finding->holder));
	TRY(assign(finding));
	for (size_t i = 0; i < finding->list.count; i++) {
		if (finding->list.items[i].count)
			TRY(heap_holder_vector_append(&ret->list, &finding->list.items[i]));
	}
	ret->total = ret->list.count;
	if (ret->list.count)
		qsort(ret->list.items, ret->list.count, sizeof(ret->list.items[0]),
		      compare_holders);
	ret->list.count = MIN(ret->list.count, limit);
	return take_parts(finding, with_parts, ret);
}

struct error *heap_holders_find(const struct heap *heap, size_t limit, size_t with_parts,
				struct heap_holders *ret)
{
	struct finding_holders finding = { .heap = heap };
	struct heap_holders holders = { 0 };
	bool enough = false;
	if (heap->digest && heap->digest->dominated)
		TRY(heap_digest_holders(heap->digest, limit, with_parts, ret, &enough));
	if (enough)
		return NULL;
	struct error *error = find(&finding, limit, with_parts, &holders);
	heap_grouping_deinit(&finding.grouping);
	heap_holder_vector_deinit(&finding.list);
	map_deinit(&finding.by_key);
	big_array_free(finding.holder, heap->dominators.count, sizeof(*finding.holder));
	if (error)
		heap_holders_deinit(&holders);
	else
		*ret = holders;
	return error;
}

void heap_holders_deinit(struct heap_holders *holders)
{
	heap_holder_vector_deinit(&holders->list);
	arena_deinit(&holders->arena);
	*holders = (struct heap_holders){ 0 };
}
