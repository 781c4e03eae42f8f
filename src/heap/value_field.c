/* SPDX-License-Identifier: Apache-2.0 */
#include "heap/value_field.h"

#include <string.h>

#include "heap/types_private.h"

#define EMBEDDED_MAX 16

/* Embedded structs, whose fields count as the outer one's. */
struct embedded {
	struct type types[EMBEDDED_MAX];
	uint64_t offsets[EMBEDDED_MAX];
	size_t count;
};

static void note_embedded(const struct binary *binary, const struct type_field *field,
			  uint64_t base, struct embedded *into)
{
	struct type type;
	if (!field->embedded || into->count == EMBEDDED_MAX ||
	    !error_ignore(type_read(binary, field->type, &type)) || type.kind != TYPE_STRUCT)
		return;
	into->types[into->count] = type;
	into->offsets[into->count++] = base + field->offset;
}

/* A field by its name, those of embedded structs included, the outermost first. */
static bool find_field(const struct binary *binary, const struct type *type, const char *name,
		       size_t length, struct type_field *ret)
{
	struct embedded queue = { .types = { *type }, .count = 1 };
	for (size_t k = 0; k < queue.count; k++) {
		for (size_t i = 0; i < queue.types[k].count; i++) {
			if (!error_ignore(type_field(binary, &queue.types[k], i, ret)))
				break;
			if (strlen(ret->name) == length && memcmp(ret->name, name, length) == 0) {
				ret->offset += queue.offsets[k];
				return true;
			}
			note_embedded(binary, ret, queue.offsets[k], &queue);
		}
	}
	return false;
}

static struct error *set_kind(const struct type *type, const char *text, struct value_field *field)
{
	field->width = (unsigned)type->size;
	switch (type->kind) {
	case TYPE_BOOL:
		field->kind = HEAP_VALUE_BOOL;
		return NULL;
	case TYPE_STRING:
		field->kind = HEAP_VALUE_STRING;
		return NULL;
	case TYPE_INT ... TYPE_INT64:
		field->kind = HEAP_VALUE_SIGNED;
		return NULL;
	case TYPE_UINT ... TYPE_UINTPTR:
		field->kind = HEAP_VALUE_UNSIGNED;
		return NULL;
	default:
		return error_new(ERROR_USAGE,
				 "%s is a %s: objects can be grouped by an integer, a bool or a "
				 "string",
				 text, type_kind_name(type->kind));
	}
}

static struct error *follow(const struct binary *binary, const struct type *whole, const char *text,
			    struct value_field *field)
{
	struct type type = *whole;
	for (const char *at = field->name;;) {
		struct type_field found;
		size_t length = strcspn(at, ".");
		if (type.kind != TYPE_STRUCT)
			return error_new(ERROR_USAGE, "%s: what %.*s is of is a %s, no struct",
					 text, (int)length, at, type_kind_name(type.kind));
		if (!find_field(binary, &type, at, length, &found))
			return error_new(ERROR_USAGE, "%s: there is no field %.*s", text,
					 (int)length, at);
		TRY(type_read(binary, found.type, &type));
		field->offset += found.offset;
		if (!at[length])
			return set_kind(&type, text, field);
		at += length + 1;
	}
}

static struct error *find_in(struct heap *heap, const char *text, const struct heap_query *query,
			     struct value_field *field)
{
	const struct binary *binary = runtime_binary(heap->runtime);
	struct heap_type known;
	struct type type;
	heap_types_get(heap->types, query->group, &known);
	if (known.form != HEAP_VALUE)
		return error_new(ERROR_USAGE, "%s: objects of type %s have no fields", text,
				 query->name);
	TRY(type_read(binary, known.descriptor, &type));
	field->type_size = MAX(type.size, UINT64_C(1));
	TRY(follow(binary, &type, text, field));
	if (field->offset > type.size || type.size - field->offset < field->width ||
	    field->width > 16 || (field->kind != HEAP_VALUE_STRING && field->width > 8))
		return error_new(ERROR_CORRUPT, "%s: its type contradicts itself", text);
	return NULL;
}

/* As much of the text as is a type: up to one of its dots, from the last to the first. */
static struct error *find_type(struct heap *heap, const char *text, const char **ret_rest,
			       struct heap_query *ret)
{
	for (size_t length = strlen(text); length; length--) {
		if (text[length] != '.')
			continue;
		_cleanup_(free_pointer) char *type = strndup(text, length);
		if (!type)
			return error_no_memory();
		struct error *error = heap_query_find_type(heap, type, ret);
		*ret_rest = text + length + 1;
		if (!error || error->code != ERROR_NOT_FOUND)
			return error;
		error_destroy(error);
	}
	return error_new(ERROR_USAGE,
			 "'%s' is no field of a type that can be reached: write it like "
			 "main.Session.tenant",
			 text);
}

struct error *value_field_find(struct heap *heap, const char *text, struct value_field *ret,
			       struct heap_query *ret_query)
{
	struct value_field field = { 0 };
	struct heap_query query;
	TRY(find_type(heap, text, &field.name, &query));
	struct error *error = find_in(heap, text, &query, &field);
	if (error) {
		heap_query_deinit(&query);
		return error;
	}
	*ret = field;
	*ret_query = query;
	return NULL;
}

void value_field_take(const struct value_field *field, const uint8_t *bytes, uint64_t *ret,
		      uint64_t *ret_length)
{
	const uint8_t *at = bytes + field->offset;
	uint64_t number = 0;
	memcpy(&number, at, MIN(field->width, 8u));
	if (field->kind == HEAP_VALUE_STRING)
		memcpy(ret_length, at + 8, 8);
	unsigned unused = 64 - 8 * MIN(field->width, 8u);
	if (field->kind == HEAP_VALUE_SIGNED)
		number = (uint64_t)((int64_t)(number << unused) >> unused);
	if (field->kind == HEAP_VALUE_BOOL)
		number = number != 0;
	*ret = number;
}
