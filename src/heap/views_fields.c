/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "binary/variables_path.h"
#include "heap/holders.h"
#include "heap/types_private.h"
#include "heap/views_private.h"

/* Of a pointee: its kind of view, and behind that the bytes of an element. */
#define KIND_BITS 2
#define KIND_NONE 3

static uint64_t kind_and_size(enum heap_view_kind kind, uint64_t size)
{
	return size << KIND_BITS | kind;
}

/*
 * A pointer to a single byte, or to nothing in particular, is how code that does without slices
 * (C's, the program's own allocator) points to a whole buffer.
 */
static bool tells_its_size(const struct type *type)
{
	return type->size > 1;
}

static struct error *describe_pointee(struct view_fields *fields, uint32_t pointee, uint64_t *ret)
{
	const struct heap_type_entry *entry = types_entry(fields->heap->types, pointee);
	const struct heap_type_layout *layout;
	*ret = KIND_NONE;
	if (!entry)
		return NULL;
	TRY(heap_types_layout(fields->heap->types, pointee, &layout));
	if (entry->form == HEAP_ARRAY && layout->size)
		*ret = kind_and_size(HEAP_VIEW_SLICE, layout->size);
	else if (entry->form == HEAP_STRING)
		*ret = kind_and_size(HEAP_VIEW_STRING, 1);
	else if (entry->form == HEAP_VALUE && tells_its_size(&entry->type))
		*ret = kind_and_size(HEAP_VIEW_POINTER, layout->size);
	return NULL;
}

static struct error *find_kind(struct view_fields *fields, uint32_t pointee,
			       struct heap_view_field *field)
{
	struct map_slot *slot = map_find(&fields->pointees, pointee);
	if (!slot) {
		uint64_t described;
		TRY(describe_pointee(fields, pointee, &described));
		TRY(map_insert(&fields->pointees, pointee, described, &slot));
	}
	field->pointee = pointee;
	field->kind = slot->value & KIND_NONE;
	field->element_size = slot->value >> KIND_BITS;
	return NULL;
}

static bool has_kind(const struct heap_view_field *field)
{
	return (unsigned)field->kind != KIND_NONE;
}

/* The runtime and what belongs to it have arrays behind a pointer alone, and lists of their own. */
static bool is_runtimes(const char *package)
{
	return strcmp(package, "runtime") == 0 || strcmp(package, "sync") == 0 ||
	       strncmp(package, "internal/", 9) == 0;
}

/* The part of a struct that has the byte at *offset, or the element of an array. */
static struct error *descend(const struct heap_types *types, struct type *type, uint64_t *offset,
			     bool *ret)
{
	struct type part;
	bool good = false;
	*ret = false;
	if (type->kind == TYPE_ARRAY) {
		TRY(types_read(types, type->element, &part, &good));
		if (good && part.size) {
			*offset %= part.size;
			*type = part;
			*ret = true;
		}
		return NULL;
	}
	for (size_t i = 0; type->kind == TYPE_STRUCT && i < type->count; i++) {
		struct type_field field;
		if (!error_ignore(type_field(types_binary(types), type, i, &field)))
			return NULL;
		if (field.offset > *offset)
			continue;
		TRY(types_read(types, field.type, &part, &good));
		if (!good || *offset - field.offset >= part.size)
			continue;
		*offset -= field.offset;
		*type = part;
		*ret = true;
		return NULL;
	}
	return NULL;
}

/* The package of the innermost struct with a name: a bytes.Buffer's, though it is in another one. */
static struct error *find_innermost(const struct heap_types *types, const struct type *from,
				    uint64_t offset, struct heap_view_field *field)
{
	enum { DEPTH_MAX = 64 };
	struct types_own_name name;
	struct type type = *from;
	if (type.size)
		offset %= type.size;
	for (int depth = 0; depth < DEPTH_MAX; depth++) {
		bool deeper;
		if (type.kind == TYPE_STRUCT && types_own_name(types, type.address, &name))
			snprintf(field->owner, sizeof(field->owner), "%s", name.package);
		TRY(descend(types, &type, &offset, &deeper));
		if (!deeper)
			break;
	}
	return NULL;
}

/* Whose field it is. */
static struct error *find_owner(const struct view_fields *fields, struct heap_view_field *field)
{
	struct heap_types *types = fields->heap->types;
	const struct heap_type_entry *entry = types_entry(types, field->holder);
	struct type type;
	const char *package;
	bool good = false;
	TRY(heap_types_package(types, field->holder, &package));
	snprintf(field->owner, sizeof(field->owner), "%s", package);
	if (field->part != HEAP_VIEW_OF_OBJECT) {
		TRY(types_read(types, field->element, &type, &good));
		return good ? find_innermost(types, &type, field->inside, field) : NULL;
	}
	if (entry->form != HEAP_VALUE && entry->form != HEAP_ARRAY)
		return NULL;
	field->whole_element = entry->form == HEAP_ARRAY && entry->type.kind != TYPE_STRUCT;
	return find_innermost(types, &entry->type, field->offset, field);
}

/* The same of a global: a bytes.Buffer may be one. */
static struct error *find_owner_in_root(const struct view_fields *fields,
					struct heap_view_field *field)
{
	const struct heap_roots *roots = &fields->heap->roots;
	const struct heap_root *root = heap_vertex_root(fields->heap, field->root);
	const struct variable *variable = variables_find(roots->variables, root->address);
	struct variable_part part;
	struct type type;
	bool good = false;
	if (!variable || !variable->type || variable->address != root->address ||
	    !variables_part(roots->variables, variable->type, field->offset, &part) || part.pointer)
		return NULL;
	TRY(types_read(fields->heap->types, part.descriptor, &type, &good));
	return good ? find_innermost(fields->heap->types, &type, part.offset, field) : NULL;
}

#define OFFSET_BITS 32
#define ROOT_BIT    (UINT64_C(1) << 63)

/* Make the field of which a map's entry is a part that of the first entry, and say what it is of. */
static void to_first_entry(const struct types_map_shape *shape, struct heap_view_field *field)
{
	uint64_t values = field->offset - shape->value_offset;
	uint64_t keys = field->offset - shape->key_offset;
	bool key = field->offset >= shape->key_offset &&
		   keys < TYPES_MAP_SLOTS * shape->key_stride &&
		   keys % shape->key_stride < shape->key.size;
	if (!key && field->offset < shape->value_offset)
		return;
	field->part = key ? HEAP_VIEW_OF_KEY : HEAP_VIEW_OF_VALUE;
	field->offset = key ? shape->key_offset + keys % shape->key_stride
			    : shape->value_offset + values % shape->value_stride;
	const struct type *type = key ? &shape->key : &shape->value;
	field->inside = field->offset - (key ? shape->key_offset : shape->value_offset);
	field->whole_element = type->kind != TYPE_STRUCT;
	field->element = type->address;
}

/* The same field of all elements. */
static struct error *in_first_element(struct view_fields *fields, struct heap_view_field *field)
{
	const struct heap_type_layout *layout;
	TRY(heap_types_layout(fields->heap->types, field->holder, &layout));
	if (layout->stride && field->offset >= layout->start)
		field->offset = layout->start + (field->offset - layout->start) % layout->stride;
	return NULL;
}

/* And of all of a map's entries, of which there are eight in an element. */
static struct error *in_first_entry(struct view_fields *fields, struct heap_view_field *field)
{
	const struct heap_type_entry *entry = types_entry(fields->heap->types, field->holder);
	struct types_map_shape shape;
	bool good = false;
	if (entry->form == HEAP_MAP_GROUPS || entry->form == HEAP_MAP_BUCKETS)
		TRY(types_map_shape(fields->heap->types, &entry->type, &shape, &good));
	if (good && shape.key_stride && shape.value_stride)
		to_first_entry(&shape, field);
	return NULL;
}

/* One that was not met before: its number, 1 + index, or 0 where it says nothing. */
static struct error *make_field(struct view_fields *fields, struct heap_view_field *field,
				uint32_t pointee, uint64_t *ret)
{
	const struct heap_type_entry *entry = types_entry(fields->heap->types, field->holder);
	*ret = 0;
	TRY(find_owner(fields, field));
	TRY(find_kind(fields, pointee, field));
	/* What is in a channel is on its way to somebody. */
	if (!has_kind(field) || is_runtimes(field->owner) || entry->form == HEAP_CHANNEL ||
	    entry->form == HEAP_CHANNEL_BUFFER)
		return NULL;
	TRY(heap_view_field_vector_append(&fields->list, field));
	*ret = fields->list.count;
	return NULL;
}

static uint64_t key_of(const struct heap_view_field *field)
{
	return (uint64_t)field->holder << OFFSET_BITS | field->offset;
}

struct error *view_fields_of_type(struct view_fields *fields, uint32_t holder, uint64_t offset,
				  uint32_t pointee, uint32_t *ret)
{
	struct heap_view_field field = {
		.holder = holder,
		.root = VERTEX_NONE,
		.offset = offset,
	};
	*ret = VIEW_FIELD_NONE;
	TRY(in_first_element(fields, &field));
	if (field.offset >> OFFSET_BITS)
		return NULL;
	uint64_t key = key_of(&field), number;
	struct map_slot *slot = map_find(&fields->numbers, key);
	if (!slot) {
		TRY(in_first_entry(fields, &field));
		const struct map_slot *first = map_find(&fields->numbers, key_of(&field));
		number = first ? first->value : 0;
		if (!first)
			TRY(make_field(fields, &field, pointee, &number));
		TRY(map_insert(&fields->numbers, key_of(&field), number, &slot));
		TRY(map_insert(&fields->numbers, key, number, &slot));
	}
	*ret = slot->value ? (uint32_t)slot->value - 1 : VIEW_FIELD_NONE;
	return NULL;
}

struct error *view_fields_of_root(struct view_fields *fields, uint32_t root, uint64_t offset,
				  uint32_t pointee, uint32_t *ret)
{
	struct map_slot *slot;
	struct heap_view_field field = {
		.holder = HEAP_TYPE_UNKNOWN,
		.root = root,
		.offset = offset,
	};
	*ret = VIEW_FIELD_NONE;
	TRY(find_kind(fields, pointee, &field));
	if (!has_kind(&field) || offset >> OFFSET_BITS)
		return NULL;
	TRY(map_insert(&fields->numbers, ROOT_BIT | (uint64_t)root << OFFSET_BITS | offset, 0,
		       &slot));
	if (!slot->value) {
		TRY(find_owner_in_root(fields, &field));
		TRY(heap_view_field_vector_append(&fields->list, &field));
		slot->value = fields->list.count;
	}
	*ret = (uint32_t)slot->value - 1;
	return NULL;
}

static struct error *write_root(const struct heap *heap, const struct heap_view_field *field,
				struct writer *writer)
{
	const struct heap_root *root = heap_vertex_root(heap, field->root);
	const struct variable *variable = variables_find(heap->roots.variables, root->address);
	writer_string(writer, root->name ? root->name : "a global");
	if (variable && variable->type && variable->address == root->address)
		variables_path(heap->roots.variables, variable->type, field->offset, writer);
	return NULL;
}

/* "keys of map[string]int"; of structs their field, "main.Session.head". */
static struct error *write_entry(struct heap_types *types, const struct heap_view_field *field,
				 struct writer *writer)
{
	struct heap_type known;
	uint32_t type;
	const char *name;
	bool key = field->part == HEAP_VIEW_OF_KEY;
	heap_types_get(types, field->holder, &known);
	TRY(heap_types_intern(types, field->whole_element ? HEAP_MAP : HEAP_VALUE,
			      field->whole_element ? known.descriptor : field->element, &type));
	TRY(heap_types_name(types, type, &name));
	if (field->whole_element)
		writer_string(writer, key ? "keys of " : "values of ");
	writer_string(writer, name);
	return field->whole_element ? NULL : heap_types_path(types, type, field->inside, writer);
}

struct error *heap_view_field_name(const struct heap *heap, const struct heap_view_field *field,
				   struct writer *writer)
{
	struct heap_types *types = heap->types;
	struct heap_type known;
	uint32_t holder = field->holder;
	const char *name;
	if (field->root != VERTEX_NONE)
		return write_root(heap, field, writer);
	if (field->part != HEAP_VIEW_OF_OBJECT)
		return write_entry(types, field, writer);
	heap_types_get(types, holder, &known);
	/* Of an array of structs: the struct's field. */
	if (known.form == HEAP_ARRAY && !field->whole_element)
		TRY(heap_types_intern(types, HEAP_VALUE, known.descriptor, &holder));
	TRY(heap_types_name(types, holder, &name));
	writer_string(writer, name);
	return field->whole_element ? NULL : heap_types_path(types, holder, field->offset, writer);
}
