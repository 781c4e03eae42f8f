/* SPDX-License-Identifier: Apache-2.0 */
#include "heap/summary.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/map.h"
#include "heap/digest.h"
#include "heap/dominator_tree.h"

/*
 * Several types have one name: a type that two modules have, the bytes of strings and strings in
 * boxes. To a reader they are one.
 */
static struct error *find_synonyms(const struct heap *heap, uint32_t types, uint32_t *ret)
{
	struct map numbers = { 0 };
	struct error *error = NULL;
	ret[0] = 0;
	for (uint32_t type = 1; type < types && !error; type++) {
		const char *name;
		struct map_slot *slot;
		error = heap_types_name(heap->types, type, &name);
		if (!error)
			error = map_insert(&numbers, hash_bytes(name, strlen(name)) >> 1, type,
					   &slot);
		if (!error)
			ret[type] = (uint32_t)slot->value;
	}
	map_deinit(&numbers);
	return error;
}

/* A group for each name of a type, and behind them one for each shape of what has none. */
struct error *heap_grouping_init(struct heap_grouping *grouping, const struct heap *heap)
{
	*grouping = (struct heap_grouping){
		.heap = heap,
		.types = heap_types_count(heap->types) + 1,
	};
	grouping->count = grouping->types + heap->scan.shape_list.count;
	grouping->synonyms = calloc(grouping->types, sizeof(*grouping->synonyms));
	if (!grouping->synonyms)
		return error_no_memory();
	return find_synonyms(heap, grouping->types, grouping->synonyms);
}

void heap_grouping_deinit(struct heap_grouping *grouping)
{
	free(grouping->synonyms);
	*grouping = (struct heap_grouping){ 0 };
}

static const char *group_name(const struct heap *heap, const struct heap_group *group)
{
	const char *name = "";
	/* All names were made before: this fails only where that has. */
	return error_ignore(heap_types_name(heap->types, group->type, &name)) ? name : "";
}

int heap_group_compare(const struct heap *heap, const struct heap_group *a,
		       const struct heap_group *b)
{
	const struct heap_shape *shapes = heap->scan.shape_list.list;
	if (a->retained != b->retained)
		return a->retained < b->retained ? 1 : -1;
	if (a->bytes != b->bytes)
		return a->bytes < b->bytes ? 1 : -1;
	if (a->type != b->type)
		return strcmp(group_name(heap, a), group_name(heap, b));
	if (shapes[a->shape].size != shapes[b->shape].size)
		return shapes[a->shape].size < shapes[b->shape].size ? -1 : 1;
	if (shapes[a->shape].mask != shapes[b->shape].mask)
		return shapes[a->shape].mask < shapes[b->shape].mask ? -1 : 1;
	return shapes[a->shape].kind - shapes[b->shape].kind;
}

static int compare_groups(const void *left, const void *right, void *heap)
{
	return heap_group_compare(heap, left, right);
}

static void count_objects(const struct heap_grouping *grouping, struct heap_group *groups)
{
	const struct heap_spans *spans = &grouping->heap->spans;
	for (size_t i = 0; i < spans->list.count; i++) {
		const struct heap_span *span = &spans->list.items[i];
		for (uint32_t vertex = span->first; vertex < span->first + span->count; vertex++) {
			if (!heap_bit(grouping->heap->reached, vertex))
				continue;
			struct heap_group *group = &groups[heap_grouping_of(grouping, vertex)];
			group->count++;
			group->bytes += span->slot_size;
		}
	}
}

static uint32_t group_of(const void *argument, uint32_t vertex)
{
	return heap_grouping_of(argument, vertex);
}

static struct error *sum_retained(const struct heap_grouping *grouping, struct heap_group *groups)
{
	const struct heap *heap = grouping->heap;
	_cleanup_(dominator_tree_deinit) struct dominator_tree tree = { 0 };
	_cleanup_(free_pointer) uint64_t *sums = calloc(grouping->count, sizeof(*sums));
	if (!sums)
		return error_no_memory();
	TRY(dominator_tree_create(&heap->dominators, &tree));
	TRY(dominator_tree_sum_groups(&tree, &heap->dominators, heap->scan.graph.object_count,
				      group_of, grouping, heap->scan.types, grouping->count, sums));
	for (uint32_t i = 0; i < grouping->count; i++)
		groups[i].retained = sums[i];
	return NULL;
}

struct error *heap_group_types(const struct heap *heap, struct heap_group_vector *ret)
{
	if (heap->digest && (heap->digest->dominated || !heap->dominators.count))
		return heap_digest_types(heap->digest, ret);
	_cleanup_(heap_grouping_deinit) struct heap_grouping grouping = { 0 };
	_cleanup_(heap_group_vector_deinit) struct heap_group_vector groups = { 0 };
	TRY(heap_grouping_init(&grouping, heap));
	TRY(heap_group_vector_reserve(&groups, grouping.count));
	for (uint32_t i = 0; i < grouping.count; i++)
		groups.items[i] = (struct heap_group){
			.type = i < grouping.types ? i : HEAP_TYPE_UNKNOWN,
			.shape = (uint16_t)(i < grouping.types ? 0 : i - grouping.types),
		};
	count_objects(&grouping, groups.items);
	if (heap->dominators.count)
		TRY(sum_retained(&grouping, groups.items));
	for (uint32_t i = 0; i < grouping.count; i++) {
		if (groups.items[i].count)
			groups.items[groups.count++] = groups.items[i];
	}
	qsort_r(groups.items, groups.count, sizeof(groups.items[0]), compare_groups,
		(void *)(uintptr_t)heap);
	*ret = groups;
	groups = (struct heap_group_vector){ 0 };
	return NULL;
}

static int compare_packages(const void *left, const void *right)
{
	const struct heap_package *a = left, *b = right;
	if (a->bytes != b->bytes)
		return a->bytes < b->bytes ? 1 : -1;
	return strcmp(a->path, b->path);
}

static struct error *add_package(struct heap_package_vector *into, struct map *places,
				 const char *path, const struct heap_group *group)
{
	struct map_slot *slot;
	TRY(map_insert(places, hash_bytes(path, strlen(path)) >> 1, into->count, &slot));
	if (slot->value == into->count) {
		struct heap_package fresh = { .path = path };
		TRY(heap_package_vector_append(into, &fresh));
	}
	into->items[slot->value].count += group->count;
	into->items[slot->value].bytes += group->bytes;
	return NULL;
}

struct error *heap_group_packages(const struct heap *heap, const struct heap_group_vector *types,
				  struct heap_package_vector *ret)
{
	_cleanup_(heap_package_vector_deinit) struct heap_package_vector packages = { 0 };
	_cleanup_(map_deinit) struct map places = { 0 };
	for (size_t i = 0; i < types->count; i++) {
		const struct heap_group *group = &types->items[i];
		const char *path = "";
		if (group->type != HEAP_TYPE_UNKNOWN)
			TRY(heap_types_package(heap->types, group->type, &path));
		TRY(add_package(&packages, &places, path, group));
	}
	if (packages.count)
		qsort(packages.items, packages.count, sizeof(packages.items[0]), compare_packages);
	*ret = packages;
	packages = (struct heap_package_vector){ 0 };
	return NULL;
}

static int compare_classes(const void *left, const void *right)
{
	const struct heap_size_class *a = left, *b = right;
	uint64_t free_a = a->bytes - a->used, free_b = b->bytes - b->used;
	if (free_a != free_b)
		return free_a < free_b ? 1 : -1;
	if (a->size != b->size)
		return a->size < b->size ? -1 : 1;
	return a->pointers - b->pointers;
}

static struct error *add_span(const struct heap *heap, const struct heap_span *span,
			      struct heap_size_class_vector *into, struct map *places)
{
	/* A class of slots has several of them in a span, or none has. */
	uint64_t size = span->count > 1 || span->slot_size <= 32768 ? span->slot_size : 0;
	bool pointers = span->bits != HEAP_BITS_NONE;
	struct map_slot *slot;
	TRY(map_insert(places, size << 1 | pointers, into->count, &slot));
	if (slot->value == into->count) {
		struct heap_size_class fresh = { .size = size, .pointers = pointers };
		TRY(heap_size_class_vector_append(into, &fresh));
	}
	struct heap_size_class *class = &into->items[slot->value];
	class->spans++;
	class->bytes += span->end - span->start;
	for (uint32_t vertex = span->first; vertex < span->first + span->count; vertex++) {
		if (heap_bit(heap->spans.used, vertex))
			class->used += span->slot_size;
		if (heap_bit(heap->reached, vertex))
			class->reached += span->slot_size;
	}
	return NULL;
}

struct error *heap_group_spans(const struct heap *heap, struct heap_size_class_vector *ret)
{
	if (heap->digest)
		return heap_digest_classes(heap->digest, ret);
	_cleanup_(heap_size_class_vector_deinit) struct heap_size_class_vector classes = { 0 };
	_cleanup_(map_deinit) struct map places = { 0 };
	for (size_t i = 0; i < heap->spans.list.count; i++)
		TRY(add_span(heap, &heap->spans.list.items[i], &classes, &places));
	if (classes.count)
		qsort(classes.items, classes.count, sizeof(classes.items[0]), compare_classes);
	*ret = classes;
	classes = (struct heap_size_class_vector){ 0 };
	return NULL;
}
