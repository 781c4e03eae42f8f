/* SPDX-License-Identifier: Apache-2.0 */
#include "heap/summary.h"

#include <stdlib.h>

/* A group for each type, and behind them one for each shape of what has none. */
static uint32_t group_of(const struct heap *heap, uint32_t vertex, uint32_t types)
{
	uint32_t type = heap_object_type(heap, vertex);
	return type != HEAP_TYPE_UNKNOWN ? type : types + heap->scan.shapes[vertex];
}

static int compare_groups(const void *left, const void *right)
{
	const struct heap_group *a = left, *b = right;
	if (a->retained != b->retained)
		return a->retained < b->retained ? 1 : -1;
	if (a->bytes != b->bytes)
		return a->bytes < b->bytes ? 1 : -1;
	if (a->type != b->type)
		return a->type < b->type ? -1 : 1;
	return a->shape < b->shape ? -1 : a->shape > b->shape;
}

struct error *heap_group_types(const struct heap *heap, struct heap_group_vector *ret)
{
	const struct heap_spans *spans = &heap->spans;
	uint32_t types = heap_types_count(heap->types) + 1;
	size_t count = (size_t)types + heap->scan.shape_list.count;
	_cleanup_(heap_group_vector_deinit) struct heap_group_vector groups = { 0 };
	TRY(heap_group_vector_reserve(&groups, count));
	for (size_t i = 0; i < count; i++)
		groups.items[i] = (struct heap_group){
			.type = i < types ? (uint32_t)i : HEAP_TYPE_UNKNOWN,
			.shape = (uint16_t)(i < types ? 0 : i - types),
		};
	for (size_t i = 0; i < spans->list.count; i++) {
		const struct heap_span *span = &spans->list.items[i];
		for (uint32_t vertex = span->first; vertex < span->first + span->count; vertex++) {
			if (!heap_bit(heap->reached, vertex))
				continue;
			struct heap_group *group = &groups.items[group_of(heap, vertex, types)];
			group->count++;
			group->bytes += span->slot_size;
		}
	}
	for (size_t i = 0; i < count; i++) {
		if (groups.items[i].count)
			groups.items[groups.count++] = groups.items[i];
	}
	qsort(groups.items, groups.count, sizeof(groups.items[0]), compare_groups);
	*ret = groups;
	groups = (struct heap_group_vector){ 0 };
	return NULL;
}
