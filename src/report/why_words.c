/* SPDX-License-Identifier: Apache-2.0 */
#include "report/why_report.h"

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
