/* SPDX-License-Identifier: Apache-2.0 */
#include "heap/landmarks.h"

#include "base/big_array.h"

struct error *landmarks_create(const struct heap_graph *graph, uint32_t **ret)
{
	size_t count = landmarks_count(graph);
	uint32_t *landmarks;
	TRY(big_array_allocate(count, sizeof(*landmarks), &landmarks));
	for (size_t i = 0; i < count; i++)
		landmarks[i] = graph->rows[MIN(i << LANDMARK_SHIFT, (size_t)graph->vertex_count)];
	*ret = landmarks;
	return NULL;
}
