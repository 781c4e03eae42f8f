/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "binary/allocations.h"
#include "binary/closures.h"
#include "heap/types_private.h"

/*
 * What an object may be by its size and its pointers alone. Thousands of types have their own
 * combination of both, if only those count that are allocated by themselves.
 */
#define WORD            8
#define WORDS_MAX       64
#define MASKED          ((uint64_t)WORDS_MAX * WORD)
#define PAGE            8192
#define CANDIDATES_MAX  ((size_t)1 << 18)
#define FEW_BUCKETS_MAX 8 /* from 16 on some more lie behind them, for what overflows */

/* Where the pointers of one value begin and end; false when not all of them are known. */
static bool describe(const struct heap_type_layout *layout, struct types_shape *shape)
{
	uint64_t stride = layout->stride ? layout->stride : layout->size;
	if (!layout->complete || stride == 0 || layout->size % WORD ||
	    layout->size > UINT32_MAX - PAGE || layout->start >= layout->size)
		return false;
	for (uint64_t at = layout->start; at < MIN(layout->size, MASKED); at += stride) {
		for (size_t i = 0; i < layout->slot_count; i++) {
			uint64_t offset = at + layout->slots[i].offset;
			if (offset < MASKED)
				shape->mask |= UINT64_C(1) << offset / WORD;
		}
	}
	if (layout->slot_count) {
		uint64_t end = layout->slots[layout->slot_count - 1].offset + WORD;
		uint64_t before = (layout->size - layout->start - 1) / stride * stride;
		shape->last = (uint32_t)((layout->start + before + end) / WORD);
	}
	return true;
}

/* Such a struct is known by its first word. */
static bool is_closure(const struct heap_types *types, const struct type *type)
{
	struct type_field field;
	return type->kind == TYPE_STRUCT && !type->named &&
	       error_ignore(type_field(types_binary(types), type, 0, &field)) &&
	       strcmp(field.name + (field.name[0] == '.'), CLOSURE_FUNCTION_FIELD) == 0;
}

/* [N]T by itself is the same as what a slice has. */
static struct error *intern(struct heap_types *types, const struct allocation *allocation,
			    uint32_t *ret)
{
	struct type type;
	bool good = false, array = allocation->kind == ALLOCATION_ARRAY;
	uint64_t descriptor = allocation->type;
	*ret = HEAP_TYPE_UNKNOWN;
	TRY(types_read(types, descriptor, &type, &good));
	if (!good || !type.pointer_bytes || is_closure(types, &type))
		return NULL;
	if (type.kind == TYPE_ARRAY && !array) {
		array = true;
		descriptor = type.element;
	}
	return heap_types_intern(types, array ? HEAP_ARRAY : HEAP_VALUE, descriptor, ret);
}

/* A type that was not met before. */
static struct error *add_shape(struct heap_types *types, uint32_t type, struct map *seen)
{
	const struct heap_type_layout *layout = NULL;
	struct types_shape shape = { .type = type };
	struct map_slot *slot = NULL;
	size_t before = seen->count;
	TRY(map_insert(seen, type, 0, &slot));
	if (type == HEAP_TYPE_UNKNOWN || seen->count == before ||
	    types->shapes.count >= CANDIDATES_MAX)
		return NULL;
	TRY(heap_types_layout(types, type, &layout));
	if (!describe(layout, &shape))
		return NULL;
	shape.size = (uint32_t)layout->size;
	if (types_entry(types, type)->form == HEAP_VALUE)
		shape.size = (uint32_t)types_allocated(types, layout->size, true);
	return types_shape_vector_append(&types->shapes, &shape);
}

static struct error *add_allocations(struct heap_types *types, struct map *seen)
{
	_cleanup_(allocation_vector_deinit) struct allocation_vector list = { 0 };
	TRY(allocations_find(types_binary(types), &list));
	for (size_t i = 0; i < list.count; i++) {
		uint32_t type = HEAP_TYPE_UNKNOWN;
		if (list.items[i].kind != ALLOCATION_VALUE &&
		    list.items[i].kind != ALLOCATION_ARRAY)
			continue;
		TRY(intern(types, &list.items[i], &type));
		TRY(add_shape(types, type, seen));
	}
	return NULL;
}

/* Groups and buckets of all maps: the runtime allocates them. */
static struct error *add_maps(struct heap_types *types, struct map *seen)
{
	_cleanup_(u64_vector_deinit) struct u64_vector maps = { 0 };
	bool swiss = layout_has(types_binary(types)->layout.swiss_map_size);
	TRY(types_maps(types, &maps));
	for (size_t i = 0; i < maps.count; i++) {
		uint32_t type = HEAP_TYPE_UNKNOWN;
		TRY(heap_types_intern(types, swiss ? HEAP_MAP_GROUPS : HEAP_MAP_BUCKETS,
				      maps.items[i], &type));
		TRY(add_shape(types, type, seen));
	}
	return NULL;
}

static struct error *read_shapes(struct heap_types *types)
{
	_cleanup_(map_deinit) struct map seen = { 0 };
	TRY(add_allocations(types, &seen));
	TRY(add_maps(types, &seen));
	types->shapes_known = true;
	return NULL;
}

/*
 * As many as a map can have, in a slot of that size: groups by powers of two; with many buckets
 * come those for what overflows, and as many as there is room for then. Count 0: not known.
 */
static bool map_matches(const struct heap_types *types, const struct types_shape *element,
			enum heap_form form, uint64_t count, uint64_t size)
{
	for (uint64_t n = 1; n <= size / element->size; n *= 2) {
		bool more = form == HEAP_MAP_BUCKETS && n > FEW_BUCKETS_MAX;
		uint64_t all = more ? n + n / 16 : n;
		if (types_allocated(types, all * element->size, element->last) == size &&
		    (!count || count == (more ? size / element->size : all)))
			return true;
	}
	return false;
}

static bool is_map(enum heap_form form)
{
	return form == HEAP_MAP_BUCKETS || form == HEAP_MAP_GROUPS;
}

static bool count_matches(const struct heap_types *types, const struct types_shape *element,
			  uint64_t count, uint64_t size)
{
	enum heap_form form = types_entry(types, element->type)->form;
	if (is_map(form))
		return map_matches(types, element, form, count, size);
	return types_allocated(types, count * element->size, element->last) == size;
}

/* The first words of so many elements one behind the other, and of nothing behind them. */
static uint64_t draw(const struct types_shape *element, uint64_t count)
{
	uint64_t drawn = 0;
	for (uint64_t i = 0; i < count && i * element->size < MASKED; i++)
		drawn |= element->mask << i * element->size / WORD;
	return drawn;
}

/* So many whole elements one behind the other, and nothing behind them. */
static bool array_matches(const struct heap_types *types, const struct types_shape *element,
			  const struct heap_shape *shape)
{
	uint64_t last = shape->last;
	if (shape->kind == SHAPE_POINTERS)
		last = WORDS_MAX - (uint64_t)__builtin_clzll(shape->mask);
	uint64_t before = (last - element->last) * WORD;
	if (last < element->last || before % element->size)
		return false;
	uint64_t count = before / element->size + 1;
	return count <= shape->size / element->size && draw(element, count) == shape->mask &&
	       count_matches(types, element, count, shape->size);
}

static bool matches(const struct heap_types *types, const struct types_shape *candidate,
		    const struct heap_shape *shape)
{
	if (!candidate->last || !candidate->size)
		return false;
	if (types_entry(types, candidate->type)->form != HEAP_VALUE)
		return array_matches(types, candidate, shape);
	return candidate->size == shape->size && candidate->mask == shape->mask &&
	       (shape->kind == SHAPE_POINTERS || candidate->last == shape->last);
}

/* Whether where the object's pointers are is known, and there are any. */
static bool is_told(const struct heap_shape *shape)
{
	return (shape->kind == SHAPE_POINTERS && shape->mask) ||
	       (shape->kind == SHAPE_LARGE && shape->last);
}

/* A single element is a value, if the program makes such ones. */
static size_t drop_single_elements(const struct heap_types *types, uint32_t *found, size_t count)
{
	size_t kept = 0;
	for (size_t i = 0; i < count; i++) {
		const struct heap_type_entry *one = types_entry(types, found[i]);
		bool known = false;
		for (size_t j = 0; j < count && one->form == HEAP_ARRAY; j++) {
			const struct heap_type_entry *other = types_entry(types, found[j]);
			known |= other->form == HEAP_VALUE && other->descriptor == one->descriptor;
		}
		if (!known)
			found[kept++] = found[i];
	}
	return kept;
}

struct error *heap_types_candidates(struct heap_types *types, const struct heap_shape *shape,
				    uint32_t *ret, size_t capacity, size_t *ret_count)
{
	size_t count = 0;
	if (!types->shapes_known)
		TRY(read_shapes(types));
	for (size_t i = 0; is_told(shape) && i < types->shapes.count; i++) {
		const struct types_shape *candidate = &types->shapes.items[i];
		if (!matches(types, candidate, shape))
			continue;
		if (count < capacity)
			ret[count] = candidate->type;
		count++;
	}
	*ret_count = count <= capacity ? drop_single_elements(types, ret, count) : count;
	return NULL;
}

struct error *heap_types_map_candidates(struct heap_types *types, const struct heap_shape *shape,
					uint32_t *ret, size_t capacity, size_t *ret_count)
{
	size_t count = 0;
	if (!types->shapes_known)
		TRY(read_shapes(types));
	for (size_t i = 0; i < types->shapes.count; i++) {
		const struct types_shape *candidate = &types->shapes.items[i];
		bool good = false;
		if (!is_map(types_entry(types, candidate->type)->form) || !candidate->size)
			continue;
		if (is_told(shape))
			good = matches(types, candidate, shape);
		else if (shape->kind == SHAPE_DATA && shape->size && !candidate->last)
			good = count_matches(types, candidate, 0, shape->size);
		if (!good)
			continue;
		if (count < capacity)
			ret[count] = candidate->type;
		count++;
	}
	*ret_count = count;
	return NULL;
}
