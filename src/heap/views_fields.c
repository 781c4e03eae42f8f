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

/* Whose field it is: a bytes.Buffer's, though that is a part of something else. */
static struct error *find_owner(const struct view_fields *fields, uint32_t holder, uint64_t offset,
				struct heap_view_field *field)
{
	enum { DEPTH_MAX = 64 };
	struct heap_types *types = fields->heap->types;
	const struct heap_type_entry *entry = types_entry(types, holder);
	struct types_own_name name;
	const char *package;
	TRY(heap_types_package(types, holder, &package));
	snprintf(field->owner, sizeof(field->owner), "%s", package);
	if (entry->form != HEAP_VALUE && entry->form != HEAP_ARRAY)
		return NULL;
	struct type type = entry->type;
	if (type.size)
		offset %= type.size;
	field->whole_element = entry->form == HEAP_ARRAY && type.kind != TYPE_STRUCT;
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

static struct error *number_field(struct view_fields *fields, struct map_slot *slot,
				  const struct heap_view_field *field, uint32_t *ret)
{
	slot->value = fields->list.count + 1;
	*ret = (uint32_t)fields->list.count;
	return heap_view_field_vector_append(&fields->list, field);
}

#define OFFSET_BITS 32
#define ROOT_BIT    (UINT64_C(1) << 63)

struct error *view_fields_of_type(struct view_fields *fields, uint32_t holder, uint64_t offset,
				  uint32_t pointee, uint32_t *ret)
{
	struct map_slot *slot;
	const struct heap_type_layout *layout;
	*ret = VIEW_FIELD_NONE;
	TRY(heap_types_layout(fields->heap->types, holder, &layout));
	/* The same field of all elements. */
	if (layout->stride && offset >= layout->start)
		offset = layout->start + (offset - layout->start) % layout->stride;
	if (offset >> OFFSET_BITS)
		return NULL;
	uint64_t key = (uint64_t)holder << OFFSET_BITS | offset;
	slot = map_find(&fields->numbers, key);
	if (slot) {
		*ret = slot->value ? (uint32_t)slot->value - 1 : VIEW_FIELD_NONE;
		return NULL;
	}
	struct heap_view_field field = {
		.holder = holder,
		.root = VERTEX_NONE,
		.offset = offset,
	};
	TRY(find_owner(fields, holder, offset, &field));
	TRY(find_kind(fields, pointee, &field));
	TRY(map_insert(&fields->numbers, key, 0, &slot));
	if (!has_kind(&field) || is_runtimes(field.owner))
		return NULL;
	return number_field(fields, slot, &field, ret);
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
	if (slot->value) {
		*ret = (uint32_t)slot->value - 1;
		return NULL;
	}
	return number_field(fields, slot, &field, ret);
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

struct error *heap_view_field_name(const struct heap *heap, const struct heap_view_field *field,
				   struct writer *writer)
{
	struct heap_types *types = heap->types;
	struct heap_type known;
	uint32_t holder = field->holder;
	const char *name;
	if (field->root != VERTEX_NONE)
		return write_root(heap, field, writer);
	heap_types_get(types, holder, &known);
	/* Of an array of structs: the struct's field. */
	if (known.form == HEAP_ARRAY && !field->whole_element)
		TRY(heap_types_intern(types, HEAP_VALUE, known.descriptor, &holder));
	TRY(heap_types_name(types, holder, &name));
	writer_string(writer, name);
	return field->whole_element ? NULL : heap_types_path(types, holder, field->offset, writer);
}
