/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "heap/types_private.h"

/*
 * How Go writes the place of a word in an object. Computed when it is shown: fields are named in
 * the descriptors.
 */
#define DEPTH_MAX    64
#define WORD         8
#define POINTER_SIZE 8

static void write_offset(struct writer *writer, uint64_t offset)
{
	writer_char(writer, '+');
	writer_unsigned(writer, offset);
}

static void write_index(struct writer *writer, uint64_t index)
{
	writer_char(writer, '[');
	writer_unsigned(writer, index);
	writer_char(writer, ']');
}

/* The field of a struct that has the byte at an offset. */
static struct error *find_field(const struct heap_types *types, const struct type *structure,
				uint64_t offset, struct type_field *ret, struct type *ret_type,
				bool *ret_found)
{
	*ret_found = false;
	for (size_t i = 0; i < structure->count && !*ret_found; i++) {
		struct type_field field;
		struct type type;
		bool good = false;
		if (!error_ignore(type_field(types_binary(types), structure, i, &field)))
			return NULL;
		if (field.offset > offset)
			continue;
		TRY(types_read(types, field.type, &type, &good));
		if (!good || offset - field.offset >= type.size)
			continue;
		*ret = field;
		*ret_type = type;
		*ret_found = true;
	}
	return NULL;
}

/* What is left of the offset when a value is reached that is written whole. */
static void write_rest(const struct type *type, uint64_t offset, struct writer *writer)
{
	bool whole = type->kind == TYPE_INTERFACE || type->kind == TYPE_STRING ||
		     type->kind == TYPE_SLICE;
	if (offset && !(whole && offset < type->size))
		write_offset(writer, offset);
}

/* A value's place, from the type on down. */
static struct error *write_place(const struct heap_types *types, const struct type *from,
				 uint64_t offset, struct writer *writer)
{
	struct type type = *from;
	for (unsigned depth = 0; depth < DEPTH_MAX; depth++) {
		struct type part;
		bool found = false;
		if (type.kind == TYPE_STRUCT) {
			struct type_field field;
			TRY(find_field(types, &type, offset, &field, &part, &found));
			if (!found)
				break;
			writer_char(writer, '.');
			writer_string(writer, field.name);
			offset -= field.offset;
		} else if (type.kind == TYPE_ARRAY) {
			TRY(types_read(types, type.element, &part, &found));
			if (!found || !part.size || offset / part.size >= type.length)
				break;
			write_index(writer, offset / part.size);
			offset %= part.size;
		} else {
			write_rest(&type, offset, writer);
			return NULL;
		}
		type = part;
	}
	write_offset(writer, offset);
	return NULL;
}

static struct error *write_element(const struct heap_types *types, const struct type *element,
				   uint64_t offset, struct writer *writer)
{
	if (!element->size) {
		write_offset(writer, offset);
		return NULL;
	}
	write_index(writer, offset / element->size);
	return write_place(types, element, offset % element->size, writer);
}

/* The runtime's own structure that a form stands for. */
static struct error *write_header(struct heap_types *types, enum heap_form form, uint64_t offset,
				  struct writer *writer)
{
	uint64_t descriptor = 0;
	struct type type;
	bool good = false;
	TRY(types_find(types, types_header(types, form), &descriptor));
	if (descriptor)
		TRY(types_read(types, descriptor, &type, &good));
	if (good)
		return write_place(types, &type, offset, writer);
	write_offset(writer, offset);
	return NULL;
}

/* Is the offset in one of the eight; which? */
static bool find_slot(uint64_t offset, uint64_t start, uint64_t stride, uint64_t size,
		      uint64_t *ret_slot, uint64_t *ret_rest)
{
	if (offset < start || !stride || (offset - start) / stride >= TYPES_MAP_SLOTS ||
	    (offset - start) % stride >= size)
		return false;
	*ret_slot = (offset - start) / stride;
	*ret_rest = (offset - start) % stride;
	return true;
}

/* "[11].value.name": slots are counted through all groups or buckets. */
static struct error *write_map_slot(struct heap_types *types, const struct type *map,
				    uint64_t offset, struct writer *writer)
{
	struct types_map_shape shape;
	bool good = false;
	uint64_t slot = 0, rest = 0;
	TRY(types_map_shape(types, map, &shape, &good));
	if (!good || !shape.size) {
		write_offset(writer, offset);
		return NULL;
	}
	uint64_t first = offset / shape.size * TYPES_MAP_SLOTS, inside = offset % shape.size;
	bool key = find_slot(inside, shape.key_offset, shape.key_stride,
			     shape.key_by_pointer ? POINTER_SIZE : shape.key.size, &slot, &rest);
	bool value = !key && find_slot(inside, shape.value_offset, shape.value_stride,
				       shape.value_by_pointer ? POINTER_SIZE : shape.value.size,
				       &slot, &rest);
	if (!key && !value) {
		if (shape.has_overflow && inside == shape.size - WORD)
			writer_string(writer, ".overflow");
		else
			write_offset(writer, offset);
		return NULL;
	}
	write_index(writer, first + slot);
	writer_string(writer, key ? ".key" : ".value");
	if (key ? shape.key_by_pointer : shape.value_by_pointer)
		return NULL;
	return write_place(types, key ? &shape.key : &shape.value, rest, writer);
}

static struct error *write_channel(struct heap_types *types, const struct type *element,
				   uint64_t offset, struct writer *writer)
{
	int32_t size = types_binary(types)->layout.hchan_size;
	if (size > 0 && offset >= (uint64_t)size)
		return write_element(types, element, offset - (uint64_t)size, writer);
	return write_header(types, HEAP_CHANNEL, offset, writer);
}

/* The compiler's own names of captured variables, from 1.21 on and for what has none: X0, .autotmp_1. */
static bool is_made_up(const char *name)
{
	return name[0] == '.' ||
	       (name[0] == 'X' && name[strspn(name + 1, "0123456789") + 1] == '\0');
}

/* A method value has its receiver; what is captured by reference is called "&x". */
static const char *captured_name(const char *name)
{
	if (strcmp(name, "R") == 0)
		return "receiver";
	return name + (name[0] == '&');
}

static struct error *write_captured(struct heap_types *types, uint64_t function, uint64_t offset,
				    struct writer *writer)
{
	struct type_field field;
	struct type closure, type;
	bool found = false;
	TRY(types_closure(types, function, &closure, &found));
	if (found)
		TRY(find_field(types, &closure, offset, &field, &type, &found));
	if (!found || is_made_up(field.name)) {
		write_offset(writer, offset);
		return NULL;
	}
	writer_char(writer, '.');
	writer_string(writer, captured_name(field.name));
	return write_place(types, &type, offset - field.offset, writer);
}

struct error *heap_types_path(struct heap_types *types, uint32_t type, uint64_t offset,
			      struct writer *writer)
{
	const struct heap_type_entry *entry = types_entry(types, type);
	switch (entry ? entry->form : HEAP_TINY) {
	case HEAP_CLOSURE:
		return write_captured(types, entry->descriptor, offset, writer);
	case HEAP_VALUE:
		return write_place(types, &entry->type, offset, writer);
	case HEAP_ARRAY:
	case HEAP_CHANNEL_BUFFER:
		return write_element(types, &entry->type, offset, writer);
	case HEAP_MAP:
	case HEAP_MAP_TABLE:
	case HEAP_MAP_EXTRA:
		return write_header(types, entry->form, offset, writer);
	case HEAP_MAP_GROUPS:
	case HEAP_MAP_BUCKETS:
		return write_map_slot(types, &entry->type, offset, writer);
	case HEAP_CHANNEL:
		return write_channel(types, &entry->type, offset, writer);
	case HEAP_STRING:
		write_index(writer, offset);
		return NULL;
	case HEAP_MAP_DIRECTORY:
	case HEAP_MAP_OVERFLOW_LIST:
		write_index(writer, offset / WORD);
		return NULL;
	default:
		write_offset(writer, offset);
		return NULL;
	}
}
