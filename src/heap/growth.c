/* SPDX-License-Identifier: Apache-2.0 */
#include "heap/growth.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

static struct error *copy_string(struct heap_growth *growth, const char **string)
{
	if (!*string)
		return NULL;
	*string = arena_copy_string(&growth->arena, *string, strlen(*string));
	return *string ? NULL : error_no_memory();
}

static struct error *append(struct heap_growth *growth, const struct heap_grown *group)
{
	struct heap_grown fresh = *group;
	TRY(copy_string(growth, &fresh.text));
	TRY(copy_string(growth, &fresh.kind));
	TRY(copy_string(growth, &fresh.name));
	TRY(copy_string(growth, &fresh.function));
	TRY(copy_string(growth, &fresh.file));
	fresh.before = fresh.now = (struct heap_amount){ 0 };
	return heap_grown_vector_append(&growth->list, &fresh);
}

static void add_amount(struct heap_amount *into, const struct heap_amount *amount)
{
	into->count += amount->count;
	into->bytes += amount->bytes;
	into->retained += amount->retained;
}

struct error *heap_growth_add(struct heap_growth *growth, const struct heap_grown *group)
{
	uint64_t key = hash_more_text(hash_more_text(1, group->kind), group->text);
	if (group->size && !group->name)
		key = hash_more(key, group->address);
	struct map_slot *slot;
	TRY(map_insert(&growth->places, key >> 1, growth->list.count, &slot));
	size_t place = (size_t)slot->value;
	if (place == growth->list.count)
		TRY(append(growth, group));
	add_amount(&growth->list.items[place].before, &group->before);
	add_amount(&growth->list.items[place].now, &group->now);
	return NULL;
}

static int compare_places(const void *left, const void *right)
{
	const struct heap_grown *a = *(const struct heap_grown *const *)left;
	const struct heap_grown *b = *(const struct heap_grown *const *)right;
	return a->address < b->address ? -1 : a->address > b->address;
}

/* The named global over an address, of a sorted list. */
static struct heap_grown *find_place(struct heap_grown *const *named, size_t count,
				     uint64_t address)
{
	size_t low = 0, high = count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (named[middle]->address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	bool inside = low && address - named[low - 1]->address < named[low - 1]->size;
	return inside ? named[low - 1] : NULL;
}

struct error *heap_growth_match_places(struct heap_growth *growth)
{
	struct heap_grown_vector *list = &growth->list;
	_cleanup_(free_pointer) struct heap_grown **named = calloc(list->count + 1, sizeof(*named));
	size_t count = 0, left = 0;
	if (!named)
		return error_no_memory();
	for (size_t i = 0; i < list->count; i++) {
		if (list->items[i].size && list->items[i].name)
			named[count++] = &list->items[i];
	}
	qsort(named, count, sizeof(struct heap_grown *), compare_places);
	for (size_t i = 0; i < list->count; i++) {
		struct heap_grown *row = &list->items[i];
		struct heap_grown *place = row->size && !row->name
						   ? find_place(named, count, row->address)
						   : NULL;
		if (!place)
			continue;
		add_amount(&place->before, &row->before);
		add_amount(&place->now, &row->now);
		row->text = NULL;
	}
	for (size_t i = 0; i < list->count; i++) {
		if (list->items[i].text)
			list->items[left++] = list->items[i];
	}
	list->count = left;
	return NULL;
}

static int compare(const void *left, const void *right)
{
	const struct heap_grown *a = left, *b = right;
	int64_t grown_a = heap_growth_of(a->before.bytes, a->now.bytes);
	int64_t grown_b = heap_growth_of(b->before.bytes, b->now.bytes);
	if (grown_a != grown_b)
		return grown_a < grown_b ? 1 : -1;
	if (a->now.bytes != b->now.bytes)
		return a->now.bytes < b->now.bytes ? 1 : -1;
	return strcmp(a->text, b->text);
}

void heap_growth_sort(struct heap_growth *growth)
{
	if (growth->list.count)
		qsort(growth->list.items, growth->list.count, sizeof(growth->list.items[0]),
		      compare);
}

void heap_growth_deinit(struct heap_growth *growth)
{
	heap_grown_vector_deinit(&growth->list);
	map_deinit(&growth->places);
	arena_deinit(&growth->arena);
	*growth = (struct heap_growth){ 0 };
}
