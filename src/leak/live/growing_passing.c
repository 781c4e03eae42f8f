/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/live/growing_private.h"

#include "binary/way_out.h"
#include "heap/holders.h"
#include "leak/live/holder.h"

#define DEPTH_MAX 64 /* of a chain from a holder to what it holds */

/*
 * What a job gathers grows until the job is done. So what no global and not goroutine 1 leads to may
 * go with the goroutine that does: unless that one stands in a loop of its own that nothing leaves.
 */
static struct error *can_end(const struct live_evidence *evidence,
			     const struct goroutine *goroutine, bool *ret)
{
	const struct binary *binary = runtime_binary(evidence->heap->runtime);
	const struct stack *stack = goroutine->stack;
	*ret = true;
	for (uint32_t i = 0; i < stack->count; i++) {
		const struct frame *frame = &stack->frames[i];
		if (!frame->pc || !place_is_users(&evidence->places, frame->function))
			continue;
		return way_out_find(binary, frame->pc, ret);
	}
	return NULL;
}

struct error *growing_is_passing(const struct live_evidence *evidence,
				 const struct growing *growing, bool *ret)
{
	uint32_t vertex;
	*ret = false;
	TRY(live_holder_root(evidence, growing->example, &vertex));
	const struct heap_root *root = vertex == VERTEX_NONE
					       ? NULL
					       : heap_vertex_root(evidence->heap, vertex);
	if (!root || root->kind != HEAP_ROOT_GOROUTINE || root->goroutine == HEAP_NO_GOROUTINE)
		return NULL;
	const struct goroutine *goroutine = &evidence->goroutines->list.items[root->goroutine];
	return goroutine->id == 1 ? NULL : can_end(evidence, goroutine, ret);
}

static bool is_map(const struct heap *heap, uint32_t vertex)
{
	struct heap_type type;
	uint32_t number = vertex < heap->scan.graph.object_count ? heap_object_type(heap, vertex)
								 : HEAP_TYPE_UNKNOWN;
	if (number == HEAP_TYPE_UNKNOWN)
		return false;
	heap_types_get(heap->types, number, &type);
	return type.form == HEAP_MAP;
}

/* By the shortest way from what lives longest: who works on an entry leads to it, too. */
struct error *growing_is_entrys(const struct live_evidence *evidence,
				struct growing_deletions *deletions, const struct growing *growing,
				bool *ret)
{
	const struct heap *heap = evidence->heap;
	uint32_t vertex = growing->example;
	*ret = false;
	for (int depth = 0; depth < DEPTH_MAX && !*ret; depth++) {
		TRY(live_holder_above(evidence, vertex, &vertex));
		if (vertex == VERTEX_NONE)
			break;
		if (is_map(heap, vertex))
			TRY(growing_deletes_from(evidence, deletions,
						 heap_object_type(heap, vertex), ret));
	}
	return NULL;
}
