/* SPDX-License-Identifier: Apache-2.0 */
#include "heap/objects.h"

#include "heap/tops.h"

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

/* Does one come before the other? Those with equal sizes by their addresses. */
static inline bool before(const struct heap_listed *a, const struct heap_listed *b)
{
	return a->retained != b->retained ? a->retained > b->retained : a->vertex < b->vertex;
}

static int compare_listed(const void *left, const void *right)
{
	return before(left, right) ? -1 : before(right, left);
}

/* The list is a heap of those that come first so far; on top is what comes last of them. */
static void sink(struct heap_listed_vector *list, size_t at)
{
	struct heap_listed one = list->items[at];
	for (size_t child; (child = 2 * at + 1) < list->count; at = child) {
		if (child + 1 < list->count && before(&list->items[child], &list->items[child + 1]))
			child++;
		if (!before(&one, &list->items[child]))
			break;
		list->items[at] = list->items[child];
	}
	list->items[at] = one;
}

static struct error *keep_first(struct heap_listed_vector *list, const struct heap_listed *one,
				uint64_t limit)
{
	if (list->count < limit) {
		TRY(heap_listed_vector_append(list, one));
		for (size_t i = list->count == limit ? list->count / 2 : 0; i > 0; i--)
			sink(list, i - 1);
	} else if (limit && before(one, &list->items[0])) {
		list->items[0] = *one;
		sink(list, 0);
	}
	return NULL;
}

/* By size or address: `retained` has, for now, what they are ordered by. */
static struct error *gather(struct heap_objects *objects, bool by_bytes, uint64_t limit)
{
	const struct heap *heap = objects->query.grouping.heap;
	for (size_t i = 0; i < objects->vertices.count; i++) {
		uint32_t vertex = objects->vertices.items[i];
		struct heap_listed one = {
			.vertex = vertex,
			.retained = by_bytes ? heap_object_size(heap, vertex) : 0,
			.top = VERTEX_NONE,
		};
		TRY(keep_first(&objects->listed, &one, limit));
	}
	return NULL;
}

/* In the order in which it is known what they retain; `wanted` has a bit for each. */
static struct error *gather_retained(struct heap_objects *objects, uint64_t *wanted, uint64_t limit)
{
	const struct dominators *dominators = &objects->query.grouping.heap->dominators;
	for (size_t i = 0; i < objects->vertices.count; i++) {
		uint32_t vertex = objects->vertices.items[i];
		struct heap_listed one = { .vertex = vertex, .top = VERTEX_NONE };
		if (dominators->numbers[vertex] != VERTEX_NONE)
			heap_bit_set(wanted, vertex);
		else
			TRY(keep_first(&objects->listed, &one, limit));
	}
	for (uint32_t number = 1; number < dominators->count; number++) {
		uint32_t vertex = dominators->vertices[number];
		struct heap_listed one = {
			.vertex = vertex,
			.retained = dominators->retained[number],
			.top = VERTEX_NONE,
		};
		if (heap_bit(wanted, vertex))
			TRY(keep_first(&objects->listed, &one, limit));
	}
	return NULL;
}

static struct error *gather_first(struct heap_objects *objects, enum heap_objects_order order,
				  uint64_t limit)
{
	const struct heap *heap = objects->query.grouping.heap;
	struct heap_listed_vector *list = &objects->listed;
	for (size_t i = 0; i < objects->vertices.count; i++)
		objects->bytes += heap_object_size(heap, objects->vertices.items[i]);
	if (order == OBJECTS_BY_RETAINED) {
		_cleanup_(free_pointer) uint64_t *wanted =
			calloc((size_t)heap->scan.graph.vertex_count / 64 + 1, sizeof(*wanted));
		if (!wanted)
			return error_no_memory();
		TRY(gather_retained(objects, wanted, limit));
	} else {
		TRY(gather(objects, order == OBJECTS_BY_BYTES, limit));
	}
	if (list->count)
		qsort(list->items, list->count, sizeof(*list->items), compare_listed);
	return NULL;
}

/* What each of the list retains, and who holds it. */
static struct error *fill_in(const struct dominators *dominators, struct heap_listed_vector *list)
{
	_cleanup_(free_pointer) uint32_t *numbers = calloc(2 * list->count + 1, sizeof(*numbers));
	uint32_t *tops = numbers + list->count;
	size_t count = 0;
	if (!numbers)
		return error_no_memory();
	for (size_t i = 0; i < list->count; i++) {
		uint32_t number = dominators->numbers[list->items[i].vertex];
		list->items[i].retained = number != VERTEX_NONE ? dominators->retained[number] : 0;
		if (number != VERTEX_NONE)
			numbers[count++] = number;
	}
	TRY(heap_tops_of(dominators, numbers, count, tops));
	count = 0;
	for (size_t i = 0; i < list->count; i++) {
		if (dominators->numbers[list->items[i].vertex] != VERTEX_NONE)
			list->items[i].top = dominators->vertices[tops[count++]];
	}
	return NULL;
}

struct error *heap_objects_list(struct heap_objects *objects, enum heap_objects_order order,
				uint64_t limit)
{
	TRY(gather_first(objects, order, limit));
	return fill_in(&objects->query.grouping.heap->dominators, &objects->listed);
}
