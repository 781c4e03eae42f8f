/* SPDX-License-Identifier: Apache-2.0 */
#include "heap/objects.h"

#include "base/big_array.h"

/* So many more than wanted are gathered before they are sorted and the rest is dropped. */
#define SURPLUS 65536

static struct error *collect(const struct heap *heap, struct heap_objects *objects)
{
	TRY(heap_vertex_vector_reserve(&objects->vertices, objects->query.count + 1));
	for (uint32_t vertex = 0; vertex < heap->scan.graph.object_count; vertex++) {
		if (heap_query_wants(&objects->query, vertex))
			TRY(heap_vertex_vector_append(&objects->vertices, &vertex));
	}
	return NULL;
}

struct error *heap_objects_find(struct heap *heap, const char *type, struct heap_objects *ret)
{
	struct heap_objects objects = { 0 };
	TRY(heap_query_find_type(heap, type, &objects.query));
	struct error *error = collect(heap, &objects);
	if (error)
		heap_objects_deinit(&objects);
	else
		*ret = objects;
	return error;
}

void heap_objects_deinit(struct heap_objects *objects)
{
	heap_query_deinit(&objects->query);
	heap_vertex_vector_deinit(&objects->vertices);
	heap_listed_vector_deinit(&objects->listed);
}

/* Several types may have one name: ask those of one of them, at their places in `answers`. */
static struct error *ask_type(const struct heap_objects *objects, uint32_t type, const char *text,
			      uint32_t *own, uint8_t *own_answers, uint8_t *answers)
{
	const struct heap *heap = objects->query.grouping.heap;
	const struct heap_vertex_vector *vertices = &objects->vertices;
	_cleanup_(heap_condition_cleanup) struct heap_condition *condition = NULL;
	size_t count = 0;
	for (size_t i = 0; i < vertices->count; i++) {
		if (heap_object_type(heap, vertices->items[i]) == type)
			own[count++] = vertices->items[i];
	}
	if (!count)
		return NULL;
	TRY(heap_condition_parse(heap, type, text, &condition));
	TRY(heap_condition_ask(condition, own, count, own_answers));
	for (size_t i = 0, next = 0; i < vertices->count; i++) {
		if (heap_object_type(heap, vertices->items[i]) == type)
			answers[i] = own_answers[next++];
	}
	return NULL;
}

static struct error *ask_all(const struct heap_objects *objects, const char *text, uint8_t *answers)
{
	const struct heap_grouping *grouping = &objects->query.grouping;
	size_t count = objects->vertices.count;
	_cleanup_(free_pointer) uint32_t *own = calloc(count + 1, sizeof(*own));
	_cleanup_(free_pointer) uint8_t *own_answers = calloc(count + 1, 1);
	if (!own || !own_answers)
		return error_no_memory();
	for (uint32_t type = 1; type < grouping->types; type++) {
		if (grouping->synonyms[type] == objects->query.group)
			TRY(ask_type(objects, type, text, own, own_answers, answers));
	}
	return NULL;
}

struct error *heap_objects_filter(struct heap_objects *objects, const char *condition)
{
	struct heap_vertex_vector *vertices = &objects->vertices;
	_cleanup_(free_pointer) uint8_t *answers = calloc(vertices->count + 1, 1);
	size_t kept = 0;
	if (!answers)
		return error_no_memory();
	TRY(ask_all(objects, condition, answers));
	for (size_t i = 0; i < vertices->count; i++) {
		objects->unreadable += answers[i] == CONDITION_UNREADABLE;
		if (answers[i] == CONDITION_TRUE)
			vertices->items[kept++] = vertices->items[i];
	}
	vertices->count = kept;
	return NULL;
}

/* Those with equal sizes by their addresses. */
static int compare_retained(const void *left, const void *right)
{
	const struct heap_listed *a = left, *b = right;
	if (a->retained != b->retained)
		return a->retained < b->retained ? 1 : -1;
	return a->vertex < b->vertex ? -1 : a->vertex > b->vertex;
}

/* The member has, for now, what they are ordered by. */
static struct error *gather(struct heap_objects *objects, enum heap_objects_order order,
			    uint64_t limit)
{
	const struct heap *heap = objects->query.grouping.heap;
	const struct dominators *dominators = &heap->dominators;
	struct heap_listed_vector *list = &objects->listed;
	for (size_t i = 0; i < objects->vertices.count; i++) {
		uint32_t vertex = objects->vertices.items[i];
		uint32_t number = dominators->numbers[vertex];
		struct heap_listed one = { .vertex = vertex, .top = VERTEX_NONE };
		uint64_t size = heap_object_size(heap, vertex);
		objects->bytes += size;
		if (order == OBJECTS_BY_RETAINED && number != VERTEX_NONE)
			one.retained = dominators->retained[number];
		else if (order == OBJECTS_BY_BYTES)
			one.retained = size;
		if (order == OBJECTS_BY_ADDRESS && list->count >= limit)
			continue;
		TRY(heap_listed_vector_append(list, &one));
		if (limit < SIZE_MAX - SURPLUS && list->count >= limit + SURPLUS) {
			qsort(list->items, list->count, sizeof(*list->items), compare_retained);
			list->count = (size_t)limit;
		}
	}
	if (list->count)
		qsort(list->items, list->count, sizeof(*list->items), compare_retained);
	list->count = (size_t)MIN(limit, (uint64_t)list->count);
	return NULL;
}

struct error *heap_objects_list(struct heap_objects *objects, enum heap_objects_order order,
				uint64_t limit)
{
	const struct dominators *dominators = &objects->query.grouping.heap->dominators;
	uint32_t *tops;
	TRY(gather(objects, order, limit));
	TRY(heap_tops_find(dominators, &tops));
	for (size_t i = 0; i < objects->listed.count; i++) {
		struct heap_listed *one = &objects->listed.items[i];
		uint32_t number = dominators->numbers[one->vertex];
		one->retained = 0;
		if (number == VERTEX_NONE)
			continue;
		one->retained = dominators->retained[number];
		one->top = dominators->vertices[tops[number]];
	}
	big_array_free(tops, dominators->count, sizeof(*tops));
	return NULL;
}
