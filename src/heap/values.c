/* SPDX-License-Identifier: Apache-2.0 */
#include "heap/values.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "heap/dominator_tree.h"
#include "heap/value_field.h"
#include "heap/visit.h"
#include "runtime/batch.h"

#define TEXT_MAX ((uint64_t)200) /* bytes of a string that tell it from others, and are shown */

/* One of the objects: what its field holds, and from then on its group. */
struct heap_value_member {
	uint32_t vertex;
	uint32_t group;
	uint64_t number; /* of a string: where it is */
	uint64_t length;
};

DEFINE_VECTOR(heap_value_member_vector, struct heap_value_member);

struct reading {
	struct heap *heap;
	struct heap_values *values;
	struct value_field field;
};

static uint64_t wants(void *argument, uint32_t vertex)
{
	struct reading *reading = argument;
	return heap_query_wants(&reading->values->query, vertex) ? reading->field.type_size : 0;
}

static struct error *take(void *argument, uint32_t vertex, uint64_t offset, const uint8_t *bytes,
			  size_t size)
{
	struct reading *reading = argument;
	struct heap_value_member member = { .vertex = vertex };
	if (offset)
		return NULL;
	if (reading->field.offset + reading->field.width > size) {
		reading->values->unreadable++;
		return NULL;
	}
	value_field_take(&reading->field, bytes, &member.number, &member.length);
	return heap_value_member_vector_append(reading->values->members, &member);
}

/* The bytes of strings that are the same ones are read once. */
static struct error *read_texts(struct reading *reading, struct map *places, struct batch *batch)
{
	struct heap_value_member_vector *members = reading->values->members;
	for (size_t i = 0; i < members->count; i++) {
		const struct heap_value_member *member = &members->items[i];
		struct map_slot *slot;
		uint64_t key = hash_more(hash_word(member->number), member->length) >> 1;
		TRY(map_insert(places, key, batch->ranges.count, &slot));
		if (slot->value == batch->ranges.count)
			TRY(batch_add(batch, member->number,
				      (size_t)MIN(MAX(member->length, UINT64_C(1)), TEXT_MAX)));
	}
	return batch_run(batch);
}

static struct error *group_of_key(struct heap_values *values, struct map *groups, uint64_t key,
				  const struct heap_value_group *fresh, uint32_t *ret)
{
	struct map_slot *slot;
	TRY(map_insert(groups, key >> 1, values->list.count, &slot));
	if (slot->value == values->list.count)
		TRY(heap_value_group_vector_append(&values->list, fresh));
	*ret = (uint32_t)slot->value;
	return NULL;
}

/* What lies in the file and nowhere else: a constant of the program, in a core or a snapshot. */
static const uint8_t *text_of(const struct reading *reading, const struct batch *batch,
			      size_t place, const struct heap_value_member *member)
{
	const uint8_t *bytes = batch_bytes(batch, place);
	size_t size = (size_t)MIN(member->length, TEXT_MAX);
	if (!member->length)
		return (const uint8_t *)"";
	return bytes ? bytes
		     : binary_bytes_at(runtime_binary(reading->heap->runtime), member->number,
				       size);
}

static struct error *group_text(struct reading *reading, const struct batch *batch, size_t place,
				struct map *groups, struct heap_value_member *member)
{
	const uint8_t *text = text_of(reading, batch, place, member);
	size_t length = (size_t)MIN(member->length, TEXT_MAX);
	struct heap_value_group fresh = {
		.text = (const char *)text,
		.length = text ? length : 0,
		.cut = text && member->length > TEXT_MAX,
	};
	/* Those of the same length that begin the same are taken for the same. */
	uint64_t key = text ? hash_more(hash_bytes(text, length), member->length) : 0;
	return group_of_key(reading->values, groups, key, &fresh, &member->group);
}

static struct error *group_texts(struct reading *reading, struct map *places, struct map *groups,
				 struct batch *batch)
{
	struct heap_value_member_vector *members = reading->values->members;
	TRY(read_texts(reading, places, batch));
	for (size_t i = 0; i < members->count; i++) {
		struct heap_value_member *member = &members->items[i];
		uint64_t key = hash_more(hash_word(member->number), member->length) >> 1;
		TRY(group_text(reading, batch, (size_t)map_find(places, key)->value, groups,
			       member));
	}
	return NULL;
}

static struct error *group_numbers(struct reading *reading, struct map *groups)
{
	struct heap_value_member_vector *members = reading->values->members;
	for (size_t i = 0; i < members->count; i++) {
		struct heap_value_member *member = &members->items[i];
		const struct heap_value_group fresh = { .number = member->number };
		TRY(group_of_key(reading->values, groups, hash_word(member->number), &fresh,
				 &member->group));
	}
	return NULL;
}

static struct error *group_all(struct reading *reading)
{
	struct heap_values *values = reading->values;
	_cleanup_(map_deinit) struct map places = { 0 };
	_cleanup_(map_deinit) struct map groups = { 0 };
	_cleanup_(batch_deinit) struct batch batch = {
		.target = runtime_target(reading->heap->runtime),
		.arena = &values->arena,
	};
	if (values->kind == HEAP_VALUE_STRING)
		TRY(group_texts(reading, &places, &groups, &batch));
	else
		TRY(group_numbers(reading, &groups));
	for (size_t i = 0; i < values->members->count; i++) {
		const struct heap_value_member *member = &values->members->items[i];
		struct heap_value_group *group = &values->list.items[member->group];
		group->count++;
		group->bytes += heap_object_size(reading->heap, member->vertex);
	}
	return NULL;
}

static struct error *read_all(struct reading *reading, const char *field, bool data)
{
	struct heap_values *values = reading->values;
	const struct heap_visitor visitor = { wants, take, reading };
	values->members = calloc(1, sizeof(*values->members));
	if (!values->members)
		return error_no_memory();
	TRY(value_field_find(reading->heap, field, &reading->field, &values->query));
	values->kind = reading->field.kind;
	values->field = reading->field.name;
	if (values->kind == HEAP_VALUE_STRING && !data)
		return error_new(
			ERROR_USAGE,
			"%s is a string, and what strings contain is read only with --data", field);
	uint64_t unreadable;
	TRY(heap_visit(reading->heap, &visitor, &unreadable));
	values->unreadable += unreadable;
	return group_all(reading);
}

struct error *heap_values_read(struct heap *heap, const char *field, bool data,
			       struct heap_values *ret)
{
	struct heap_values values = { 0 };
	struct reading reading = { .heap = heap, .values = &values };
	struct error *error = read_all(&reading, field, data);
	if (error)
		heap_values_deinit(&values);
	else
		*ret = values;
	return error;
}

/* Members are by rising vertices. */
static uint32_t group_of(const void *argument, uint32_t vertex)
{
	const struct heap_values *values = argument;
	const struct heap_value_member *items = values->members->items;
	size_t low = 0, high = values->members->count;
	if (!heap_query_wants(&values->query, vertex))
		return DOMINATOR_GROUP_NONE;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (items[middle].vertex < vertex)
			low = middle + 1;
		else
			high = middle;
	}
	return low < values->members->count && items[low].vertex == vertex ? items[low].group
									   : DOMINATOR_GROUP_NONE;
}

static int compare(const void *left, const void *right)
{
	const struct heap_value_group *a = left, *b = right;
	if (a->retained != b->retained)
		return a->retained < b->retained ? 1 : -1;
	if (a->count != b->count)
		return a->count < b->count ? 1 : -1;
	return a->number < b->number ? -1 : a->number > b->number;
}

struct error *heap_values_retain(struct heap_values *values)
{
	const struct heap *heap = values->query.grouping.heap;
	struct heap_value_group_vector *list = &values->list;
	_cleanup_(dominator_tree_deinit) struct dominator_tree tree = { 0 };
	_cleanup_(free_pointer) uint64_t *sums = calloc(list->count + 1, sizeof(*sums));
	if (!sums)
		return error_no_memory();
	TRY(dominator_tree_create(&heap->dominators, &tree));
	TRY(dominator_tree_sum_groups(&tree, &heap->dominators, heap->scan.graph.object_count,
				      group_of, values, NULL, (uint32_t)list->count, sums));
	for (size_t i = 0; i < list->count; i++)
		list->items[i].retained = sums[i];
	if (list->count)
		qsort(list->items, list->count, sizeof(*list->items), compare);
	return NULL;
}

void heap_values_deinit(struct heap_values *values)
{
	if (values->members)
		heap_value_member_vector_deinit(values->members);
	free(values->members);
	heap_value_group_vector_deinit(&values->list);
	heap_query_deinit(&values->query);
	arena_deinit(&values->arena);
	*values = (struct heap_values){ 0 };
}
