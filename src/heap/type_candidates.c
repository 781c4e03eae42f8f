/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "binary/allocations.h"
#include "binary/closures.h"
#include "heap/types_private.h"

/*
 * What an object may be by its size and its pointers alone. Thousands of types have their own
 * combination of both, if only those count that are allocated by themselves.
 */
#define WORD       8
#define WORDS_MAX  64
#define SHAPES_MAX ((size_t)1 << 18)

/* The pointers of one value, as a mask; false when it is too large for one. */
static bool make_mask(const struct heap_type_layout *layout, uint64_t *ret)
{
	uint64_t mask = 0, stride = layout->stride ? layout->stride : layout->size;
	if (!layout->complete || layout->size > WORDS_MAX * WORD || stride == 0)
		return false;
	for (uint64_t at = layout->start; at < layout->size; at += stride) {
		for (size_t i = 0; i < layout->slot_count; i++)
			mask |= UINT64_C(1) << (at + layout->slots[i].offset) / WORD % WORDS_MAX;
	}
	*ret = mask;
	return mask != 0;
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
	if (type == HEAP_TYPE_UNKNOWN || seen->count == before || types->shapes.count >= SHAPES_MAX)
		return NULL;
	TRY(heap_types_layout(types, type, &layout));
	if (!make_mask(layout, &shape.mask))
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

/* So many whole elements one behind the other, and nothing behind them. */
static bool array_matches(const struct heap_types *types, const struct types_shape *shape,
			  uint64_t mask, uint64_t size)
{
	uint64_t drawn = 0;
	for (uint64_t count = 1; count * shape->size <= size; count++) {
		uint64_t word = (count - 1) * shape->size / WORD;
		if (word >= WORDS_MAX || shape->size % WORD)
			return false;
		drawn |= shape->mask << word;
		if (drawn == mask)
			return types_allocated(types, count * shape->size, true) == size;
	}
	return false;
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

struct error *heap_types_candidates(struct heap_types *types, uint64_t mask, uint64_t size,
				    uint32_t *ret, size_t capacity, size_t *ret_count)
{
	size_t count = 0;
	if (!types->shapes_known)
		TRY(read_shapes(types));
	for (size_t i = 0; mask && i < types->shapes.count; i++) {
		const struct types_shape *shape = &types->shapes.items[i];
		bool matches = types_entry(types, shape->type)->form == HEAP_VALUE
				       ? shape->mask == mask && shape->size == size
				       : array_matches(types, shape, mask, size);
		if (!matches)
			continue;
		if (count < capacity)
			ret[count] = shape->type;
		count++;
	}
	*ret_count = count <= capacity ? drop_single_elements(types, ret, count) : count;
	return NULL;
}
