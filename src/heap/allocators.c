/* SPDX-License-Identifier: Apache-2.0 */
#include "heap/allocators.h"

#include <stdlib.h>
#include <string.h>

#include "binary/allocations.h"
#include "runtime/function_name.h"

static enum heap_form form_of(const struct binary *binary, enum allocation_kind kind)
{
	switch (kind) {
	case ALLOCATION_MAP_STORAGE:
		return layout_has(binary->layout.swiss_map_size) ? HEAP_MAP_GROUPS
								 : HEAP_MAP_BUCKETS;
	case ALLOCATION_ARRAY:
		return HEAP_ARRAY;
	case ALLOCATION_MAP:
		return HEAP_MAP;
	case ALLOCATION_CHANNEL:
		return HEAP_CHANNEL;
	case ALLOCATION_VALUE:
		break;
	}
	return HEAP_VALUE;
}

static struct error *add(const struct heap *heap, const struct allocation *allocation,
			 struct heap_allocators *into)
{
	const struct binary *binary = runtime_binary(heap->runtime);
	struct function function;
	struct function_line lines[FUNCTION_LINES_MAX];
	struct heap_allocator allocator;
	TRY(heap_types_intern(heap->types, form_of(binary, allocation->kind), allocation->type,
			      &allocator.type));
	if (allocator.type == HEAP_TYPE_UNKNOWN ||
	    !binary_function(binary, allocation->pc - 1, &function))
		return NULL;
	function_lines(&function, allocation->pc - 1, lines);
	allocator.function = function_printed_name(lines[0].function, binary->minor, &into->arena);
	if (!allocator.function)
		return error_no_memory();
	allocator.file = lines[0].file;
	allocator.line = lines[0].line;
	return heap_allocator_vector_append(&into->list, &allocator);
}

static int compare(const void *left, const void *right)
{
	const struct heap_allocator *a = left, *b = right;
	if (a->type != b->type)
		return a->type < b->type ? -1 : 1;
	int names = strcmp(a->function, b->function);
	if (names)
		return names;
	return a->line < b->line ? -1 : a->line > b->line;
}

static void drop_equal(struct heap_allocator_vector *list)
{
	size_t left = 0;
	for (size_t i = 0; i < list->count; i++) {
		if (!left || compare(&list->items[left - 1], &list->items[i]) != 0)
			list->items[left++] = list->items[i];
	}
	list->count = left;
}

/* The bytes of strings have the name of the type, but whoever allocates that makes a header alone. */
static void forget_strings(const struct heap *heap, struct heap_allocators *into)
{
	for (uint32_t type = 1; type < into->type_count; type++) {
		struct heap_type known;
		heap_types_get(heap->types, type, &known);
		if (known.form == HEAP_STRING)
			into->synonyms[type] = HEAP_TYPE_UNKNOWN;
	}
}

static struct error *find(const struct heap *heap, struct heap_allocators *into)
{
	_cleanup_(heap_grouping_deinit) struct heap_grouping grouping = { 0 };
	_cleanup_(allocation_vector_deinit) struct allocation_vector found = { 0 };
	TRY(allocations_find_all(runtime_binary(heap->runtime), &found));
	for (size_t i = 0; i < found.count; i++)
		TRY(add(heap, &found.items[i], into));
	/* Several types have one name, and are one to a reader. */
	TRY(heap_grouping_init(&grouping, heap));
	for (size_t i = 0; i < into->list.count; i++)
		into->list.items[i].type = grouping.synonyms[into->list.items[i].type];
	if (into->list.count)
		qsort(into->list.items, into->list.count, sizeof(into->list.items[0]), compare);
	drop_equal(&into->list);
	into->type_count = grouping.types;
	into->synonyms = TAKE_PTR(grouping.synonyms);
	forget_strings(heap, into);
	return NULL;
}

struct error *heap_allocators_find(const struct heap *heap, struct heap_allocators *ret)
{
	struct heap_allocators allocators = { 0 };
	struct error *error = find(heap, &allocators);
	if (error)
		heap_allocators_deinit(&allocators);
	else
		*ret = allocators;
	return error;
}

void heap_allocators_deinit(struct heap_allocators *allocators)
{
	heap_allocator_vector_deinit(&allocators->list);
	arena_deinit(&allocators->arena);
	free(allocators->synonyms);
	*allocators = (struct heap_allocators){ 0 };
}

const struct heap_allocator *heap_allocators_of(const struct heap_allocators *allocators,
						uint32_t type, size_t *ret_count)
{
	const struct heap_allocator *items = allocators->list.items;
	size_t low = 0, high = allocators->list.count, count = 0;
	if (type < allocators->type_count)
		type = allocators->synonyms[type];
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (items[middle].type < type)
			low = middle + 1;
		else
			high = middle;
	}
	while (low + count < allocators->list.count && items[low + count].type == type)
		count++;
	*ret_count = count;
	return count ? items + low : NULL;
}
