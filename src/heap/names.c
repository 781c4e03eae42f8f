/* SPDX-License-Identifier: Apache-2.0 */
#include "heap/names.h"

#include <inttypes.h>

#include "model/quantity.h"

struct error *heap_group_text(const struct heap *heap, const struct heap_group *group,
			      struct writer *writer)
{
	const char *name;
	if (group->type != HEAP_TYPE_UNKNOWN) {
		TRY(heap_types_name(heap->types, group->type, &name));
		writer_string(writer, name);
		return NULL;
	}
	const struct heap_shape *shape = &heap->scan.shape_list.list[group->shape];
	if (shape->kind == SHAPE_POINTERS || shape->kind == SHAPE_DATA) {
		writer_printf(writer, "? of %" PRIu32 " bytes, ", shape->size);
		quantity_write(writer, (uint64_t)__builtin_popcountll(shape->mask), "pointer",
			       "pointers");
	} else {
		writer_printf(writer, "? of %" PRIu32 " bytes", shape->size);
	}
	return NULL;
}

void heap_root_text(const struct heap *heap, const struct heap_root *root, struct writer *writer)
{
	const struct goroutine *goroutine =
		root->goroutine != HEAP_NO_GOROUTINE
			? &heap->roots.goroutines->list.items[root->goroutine]
			: NULL;
	switch (root->kind) {
	case HEAP_ROOT_GLOBAL:
		if (root->name)
			writer_string(writer, root->name);
		else if (root->user)
			writer_printf(writer, "a global that %s uses", root->user);
		else
			writer_printf(writer, "a global at %#" PRIx64, root->address);
		return;
	case HEAP_ROOT_GOROUTINE:
		if (goroutine)
			writer_printf(writer, "goroutine %" PRIu64, goroutine->id);
		else
			writer_printf(writer, "a goroutine at %#" PRIx64, root->address);
		return;
	case HEAP_ROOT_THREAD:
		if (goroutine)
			writer_printf(writer, "the thread that runs goroutine %" PRIu64,
				      goroutine->id);
		else
			writer_string(writer, "a thread");
		return;
	case HEAP_ROOT_TINY:
		writer_string(writer, "a processor's block of small values");
		return;
	case HEAP_ROOT_RUNTIME:
		writer_printf(writer, "the runtime%s%s", root->name ? ": " : "",
			      root->name ? root->name : "");
		return;
	default:
		writer_printf(writer, "the %s of %#" PRIx64, heap_root_kind_name(root->kind),
			      root->address);
	}
}

struct error *heap_vertex_text(const struct heap *heap, uint32_t vertex, struct writer *writer)
{
	const struct heap_root *root = heap_vertex_root(heap, vertex);
	if (root) {
		heap_root_text(heap, root, writer);
		return NULL;
	}
	struct heap_group group = {
		.type = heap_object_type(heap, vertex),
		.shape = heap->scan.shapes[vertex],
	};
	return heap_group_text(heap, &group, writer);
}

uint64_t heap_retained(const struct heap *heap, uint32_t vertex)
{
	const struct dominators *dominators = &heap->dominators;
	uint32_t number = dominators->count ? dominators->numbers[vertex] : VERTEX_NONE;
	return number == VERTEX_NONE ? 0 : dominators->retained[number];
}
