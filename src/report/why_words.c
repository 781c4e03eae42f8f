/* SPDX-License-Identifier: Apache-2.0 */
#include "report/why_report.h"

#include "report/heap_members.h"

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

struct error *why_path_frame(const struct heap_why *why, const struct heap_path *path,
			     struct heap_frame_place *ret)
{
	const struct heap_step *first = &path->steps.items[0];
	const struct heap_root *root = heap_vertex_root(why->heap, first->vertex);
	const struct heap_root_pointer *pointer = heap_root_edge(why->heap, first->vertex,
								 first->position);
	*ret = (struct heap_frame_place){ 0 };
	return root && pointer ? heap_frame_place(why->heap, root, pointer, ret) : NULL;
}
