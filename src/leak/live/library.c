/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/live/library.h"

#include <string.h>

#include "binary/type.h"
#include "heap/edge_names.h"
#include "heap/names.h"

#define STEPS_MAX 64

void library_objects_deinit(struct library_objects *objects)
{
	library_object_vector_deinit(&objects->list);
	*objects = (struct library_objects){ 0 };
}

/* Which of the types a number is: `count` for none. */
static struct error *which_type(const struct heap *heap, uint32_t number,
				const struct library_type *types, size_t count, size_t *ret)
{
	struct heap_type type;
	const char *name, *package;
	*ret = count;
	heap_types_get(heap->types, number, &type);
	if (type.form != HEAP_VALUE)
		return NULL;
	TRY(heap_types_name(heap->types, number, &name));
	for (size_t i = 0; i < count; i++) {
		if (strcmp(types[i].name, name) != 0)
			continue;
		TRY(heap_types_package(heap->types, number, &package));
		if (strcmp(types[i].package, package) == 0)
			*ret = i;
	}
	return NULL;
}

static struct error *gather(const struct heap *heap, const uint8_t *which, size_t count,
			    struct library_objects *objects)
{
	for (size_t i = 0; i < heap->spans.list.count; i++) {
		const struct heap_span *span = &heap->spans.list.items[i];
		if (span->bits == HEAP_BITS_NONE)
			continue;
		for (uint32_t slot = 0; slot < span->count; slot++) {
			uint32_t vertex = span->first + slot;
			size_t type = which[heap_object_type(heap, vertex)];
			if (type == count || !heap_is_reached(heap, vertex))
				continue;
			const struct library_object object = {
				.vertex = vertex,
				.type = (uint32_t)type,
				.address = heap_value_address(heap, vertex),
			};
			TRY(library_object_vector_append(&objects->list, &object));
		}
	}
	return NULL;
}

struct error *library_objects_find(const struct heap *heap, const struct library_type *types,
				   size_t count, struct library_objects *ret)
{
	uint32_t numbers = heap_types_count(heap->types);
	_cleanup_(library_objects_deinit) struct library_objects objects = { 0 };
	_cleanup_(free_pointer) uint8_t *which = malloc((size_t)numbers + 1);
	bool any = false;
	if (!which)
		return error_no_memory();
	which[HEAP_TYPE_UNKNOWN] = (uint8_t)count;
	for (uint32_t number = 1; number <= numbers; number++) {
		size_t type;
		TRY(which_type(heap, number, types, count, &type));
		which[number] = (uint8_t)type;
		if (type == count)
			continue;
		struct heap_type found;
		heap_types_get(heap->types, number, &found);
		objects.descriptors[type] = found.descriptor;
		any = true;
	}
	if (any)
		TRY(gather(heap, which, count, &objects));
	*ret = objects;
	objects = (struct library_objects){ 0 };
	return NULL;
}

/* The field of a struct with that name; false: there is none. */
static bool find_field(const struct binary *binary, uint64_t descriptor, const char *name,
		       size_t length, struct type_field *ret)
{
	struct type type;
	if (!error_ignore(type_read(binary, descriptor, &type)) || type.kind != TYPE_STRUCT)
		return false;
	for (size_t i = 0; i < type.count && i < TYPE_COUNT_MAX; i++) {
		if (error_ignore(type_field(binary, &type, i, ret)) &&
		    strlen(ret->name) == length && memcmp(ret->name, name, length) == 0)
			return true;
	}
	return false;
}

uint64_t library_field_typed(const struct heap *heap, uint64_t descriptor, const char *path,
			     uint64_t *ret_type)
{
	const struct binary *binary = runtime_binary(heap->runtime);
	uint64_t offset = 0;
	for (const char *at = path; descriptor; at++) {
		struct type_field field;
		size_t length = strcspn(at, ".");
		if (!find_field(binary, descriptor, at, length, &field))
			break;
		offset += field.offset;
		descriptor = field.type;
		at += length;
		if (!*at) {
			if (ret_type)
				*ret_type = descriptor;
			return offset;
		}
	}
	if (ret_type)
		*ret_type = 0;
	return LIBRARY_NO_FIELD;
}

uint64_t library_field(const struct heap *heap, uint64_t descriptor, const char *path)
{
	return library_field_typed(heap, descriptor, path, NULL);
}

uint64_t library_word(const uint8_t *bytes, size_t size, uint64_t offset)
{
	uint64_t word;
	if (offset > size || size - offset < sizeof(word))
		return 0;
	memcpy(&word, bytes + offset, sizeof(word));
	return word;
}

uint32_t library_vertex(const struct heap *heap, uint64_t address)
{
	uint32_t edge = heap_spans_edge(&heap->spans, address);
	if (edge == EDGE_NONE || !heap_bit(heap->spans.used, edge_target(edge)))
		return VERTEX_NONE;
	return edge_target(edge);
}

const char *library_closure(const struct heap *heap, uint64_t closure, uint64_t *ret_entry)
{
	struct function function;
	uint64_t entry = 0;
	const struct binary *binary = runtime_binary(heap->runtime);
	const uint8_t *bytes = binary_bytes_at(binary, closure, sizeof(entry));
	/* Without captured variables it lies in the file. */
	if (bytes)
		memcpy(&entry, bytes, sizeof(entry));
	else if (!closure ||
		 !error_ignore(target_read_u64(runtime_target(heap->runtime), closure, &entry)))
		return NULL;
	if (!binary_function(binary, entry, &function) || function.entry != entry)
		return NULL;
	if (ret_entry)
		*ret_entry = entry;
	return function.name;
}

uint32_t library_dominator(const struct heap *heap, uint32_t vertex)
{
	const struct dominators *dominators = &heap->dominators;
	if (vertex >= dominators->vertex_count || dominators->numbers[vertex] == VERTEX_NONE)
		return VERTEX_NONE;
	uint32_t parent = dominators->parents[dominators->numbers[vertex]];
	return parent ? dominators->vertices[parent] : VERTEX_NONE;
}

bool library_dominates(const struct heap *heap, uint32_t above, uint32_t below)
{
	for (int i = 0; i < STEPS_MAX && below != VERTEX_NONE; i++) {
		if (below == above)
			return true;
		below = library_dominator(heap, below);
	}
	return false;
}

uint32_t library_goroutine_above(const struct heap *heap, uint32_t vertex)
{
	for (int step = 0; step < STEPS_MAX && vertex != VERTEX_NONE; step++) {
		const struct heap_root *root = heap_vertex_root(heap, vertex);
		if (root)
			return root->kind == HEAP_ROOT_GOROUTINE ? root->goroutine
								 : HEAP_NO_GOROUTINE;
		vertex = library_dominator(heap, vertex);
	}
	return HEAP_NO_GOROUTINE;
}
