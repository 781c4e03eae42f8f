/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "heap/types_private.h"

/*
 * A bucket, up to Go 1.23 and without swissmap:
 *
 *	tophash [8]uint8, keys [8]K, values [8]V, overflow *bucket
 *
 * A group, from 1.24: control words, then eight slots of a key and a value each; from 1.27 keys and
 * values may also lie apart, and the type says where both begin and how far apart they are.
 *
 *	control uint64, slots [8]struct{ key K; value V }
 *
 * What is large is kept by pointer. The flags that say so are the runtime's own.
 */
#define TOPHASH_SIZE            8
#define CONTROL_SIZE            8
#define WORD                    8
#define BUCKET_KEY_BY_POINTER   1
#define BUCKET_VALUE_BY_POINTER 2
#define GROUP_KEY_BY_POINTER    4
#define GROUP_VALUE_BY_POINTER  8

/* Members of the map's descriptor. */
struct reader {
	const struct binary *binary;
	uint64_t map;
	bool good;
};

static uint64_t read_member(struct reader *reader, int32_t offset, size_t size)
{
	uint64_t value = 0;
	if (!layout_has(offset) ||
	    !error_ignore(type_bytes(reader->binary, reader->map + (uint64_t)offset, &value, size)))
		reader->good = false;
	return value;
}

static void read_bucket(struct reader *reader, struct types_map_shape *shape)
{
	const struct layout *layout = &reader->binary->layout;
	uint64_t flags = read_member(reader, layout->map_type_flags, 4);
	shape->size = read_member(reader, layout->map_type_bucket_size, 2);
	shape->key_stride = read_member(reader, layout->map_type_key_slot_size, 1);
	shape->value_stride = read_member(reader, layout->map_type_elem_slot_size, 1);
	shape->key_offset = TOPHASH_SIZE;
	shape->value_offset = shape->key_offset + TYPES_MAP_SLOTS * shape->key_stride;
	shape->key_by_pointer = flags & BUCKET_KEY_BY_POINTER;
	shape->value_by_pointer = flags & BUCKET_VALUE_BY_POINTER;
	shape->has_overflow = shape->size >= WORD;
}

static void read_group(struct reader *reader, struct types_map_shape *shape)
{
	const struct layout *layout = &reader->binary->layout;
	uint64_t flags = read_member(reader, layout->map_type_flags, 4);
	shape->size = read_member(reader, layout->map_type_group_size, 8);
	if (layout_has(layout->map_type_slot_size)) {
		shape->key_stride = read_member(reader, layout->map_type_slot_size, 8);
		shape->value_stride = shape->key_stride;
		shape->key_offset = CONTROL_SIZE;
		shape->value_offset = CONTROL_SIZE +
				      read_member(reader, layout->map_type_elem_off, 8);
	} else {
		shape->key_stride = read_member(reader, layout->map_type_key_stride, 8);
		shape->value_stride = read_member(reader, layout->map_type_elem_stride, 8);
		shape->key_offset = read_member(reader, layout->map_type_keys_off, 8);
		shape->value_offset = read_member(reader, layout->map_type_elems_off, 8);
	}
	shape->key_by_pointer = flags & GROUP_KEY_BY_POINTER;
	shape->value_by_pointer = flags & GROUP_VALUE_BY_POINTER;
}

/* Eight of them from `offset` on, the last of which must end inside. */
static bool fits(const struct types_map_shape *shape, uint64_t offset, uint64_t stride,
		 uint64_t size)
{
	return offset <= shape->size && size <= shape->size - offset &&
	       stride <= (shape->size - offset - size) / (TYPES_MAP_SLOTS - 1);
}

struct error *types_map_shape(const struct heap_types *types, const struct type *map,
			      struct types_map_shape *ret, bool *ret_good)
{
	const struct binary *binary = types_binary(types);
	struct reader reader = { .binary = binary, .map = map->address, .good = true };
	struct types_map_shape shape = { 0 };
	bool key = false, value = false;
	TRY(types_read(types, map->key, &shape.key, &key));
	TRY(types_read(types, map->element, &shape.value, &value));
	if (layout_has(binary->layout.swiss_map_size))
		read_group(&reader, &shape);
	else
		read_bucket(&reader, &shape);
	*ret_good = reader.good && key && value &&
		    fits(&shape, shape.key_offset, shape.key_stride,
			 shape.key_by_pointer ? WORD : shape.key.size) &&
		    fits(&shape, shape.value_offset, shape.value_stride,
			 shape.value_by_pointer ? WORD : shape.value.size);
	*ret = shape;
	return NULL;
}

/* One key or value. */
static struct error *flatten_part(struct types_flatten *flatten, const struct type *type,
				  bool by_pointer, uint64_t offset)
{
	struct heap_slot slot = { .offset = offset };
	if (!by_pointer)
		return types_flatten(flatten, type, offset);
	TRY(heap_types_intern(flatten->types, HEAP_VALUE, type->address, &slot.pointee));
	return types_flatten_slot(flatten, &slot);
}

static struct error *flatten_keys(struct types_flatten *flatten,
				  const struct types_map_shape *shape)
{
	size_t first = flatten->slots.count;
	TRY(flatten_part(flatten, &shape->key, shape->key_by_pointer, shape->key_offset));
	return types_flatten_repeat(flatten, first, TYPES_MAP_SLOTS, shape->key_stride);
}

static struct error *flatten_values(struct types_flatten *flatten,
				    const struct types_map_shape *shape)
{
	size_t first = flatten->slots.count;
	TRY(flatten_part(flatten, &shape->value, shape->value_by_pointer, shape->value_offset));
	return types_flatten_repeat(flatten, first, TYPES_MAP_SLOTS, shape->value_stride);
}

/* Key, value, key, value ... */
static struct error *flatten_pairs(struct types_flatten *flatten,
				   const struct types_map_shape *shape)
{
	size_t first = flatten->slots.count;
	TRY(flatten_part(flatten, &shape->key, shape->key_by_pointer, shape->key_offset));
	TRY(flatten_part(flatten, &shape->value, shape->value_by_pointer, shape->value_offset));
	return types_flatten_repeat(flatten, first, TYPES_MAP_SLOTS, shape->key_stride);
}

struct error *types_map_flatten(struct types_flatten *flatten, const struct types_map_shape *shape)
{
	bool paired = shape->value_offset - shape->key_offset < shape->key_stride &&
		      shape->key_stride == shape->value_stride;
	if (paired) {
		TRY(flatten_pairs(flatten, shape));
	} else {
		TRY(flatten_keys(flatten, shape));
		TRY(flatten_values(flatten, shape));
	}
	return NULL;
}

struct error *heap_types_map_header(struct heap_types *types, uint32_t *ret)
{
	uint64_t descriptor = 0;
	*ret = HEAP_TYPE_UNKNOWN;
	TRY(types_find(types, types_header(types, HEAP_MAP), &descriptor));
	return descriptor ? heap_types_intern(types, HEAP_VALUE, descriptor, ret) : NULL;
}

bool heap_types_renames(const struct heap_types *types, uint32_t type, uint32_t other)
{
	const struct heap_type_entry *a = types_entry(types, type);
	const struct heap_type_entry *b = types_entry(types, other);
	return a && b && a->form == b->form && a->type.kind == TYPE_MAP &&
	       b->type.kind == TYPE_MAP && a->type.named && !b->type.named &&
	       a->type.key == b->type.key && a->type.element == b->type.element;
}
