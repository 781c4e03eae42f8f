/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/live/lone_channels.h"

#include <string.h>

#include "base/map.h"
#include "heap/names.h"
#include "leak/live/library.h"

struct checking {
	const struct heap *heap;
	struct lone_channel *list;
	struct map first; /* a channel → the first of the list that is about it */
	uint64_t *wanted; /* a bit for each object */
	bool *notes;      /* by type: the runtime's own of who waits, which hold nothing */
};

static void checking_deinit(struct checking *checking)
{
	map_deinit(&checking->first);
	free(checking->wanted);
	free(checking->notes);
}

static struct error *find_notes(const struct heap *heap, bool **ret)
{
	uint32_t count = heap_types_count(heap->types);
	bool *notes = calloc((size_t)count + 1, sizeof(*notes));
	if (!notes)
		return error_no_memory();
	struct error *error = NULL;
	for (uint32_t type = 1; type <= count && !error; type++) {
		const char *name;
		error = heap_types_name(heap->types, type, &name);
		notes[type] = !error && strcmp(name, "runtime.sudog") == 0;
	}
	if (error)
		free(notes);
	else
		*ret = notes;
	return error;
}

static struct error *prepare(struct checking *checking, size_t count)
{
	size_t words = checking->heap->scan.graph.object_count / 64 + 1;
	struct map_slot *slot;
	checking->wanted = calloc(words, sizeof(*checking->wanted));
	if (!checking->wanted)
		return error_no_memory();
	TRY(find_notes(checking->heap, &checking->notes));
	for (size_t i = 0; i < count; i++) {
		struct lone_channel *channel = &checking->list[i];
		heap_bit_set(checking->wanted, channel->vertex);
		TRY(map_insert(&checking->first, channel->vertex, i, &slot));
		struct lone_channel *first = &checking->list[slot->value];
		first->held |= first->goroutine != channel->goroutine;
	}
	return NULL;
}

static void check_vertex(struct checking *checking, uint32_t vertex)
{
	const struct heap *heap = checking->heap;
	const struct heap_graph *graph = &heap->scan.graph;
	for (uint32_t i = graph->rows[vertex]; i < graph->rows[vertex + 1]; i++) {
		uint32_t target = edge_target(graph->edges[i]);
		if (graph->edges[i] == EDGE_NONE || !heap_bit(checking->wanted, target))
			continue;
		struct lone_channel *channel =
			&checking->list[map_find(&checking->first, target)->value];
		/* What leads to it may lie on that goroutine's own stack. */
		if (!channel->held)
			channel->held = library_goroutine_above(heap, vertex) != channel->goroutine;
	}
}

struct error *lone_channels_check(const struct heap *heap, struct lone_channel *list, size_t count)
{
	_cleanup_(checking_deinit) struct checking checking = { .heap = heap, .list = list };
	const struct heap_graph *graph = &heap->scan.graph;
	if (!count)
		return NULL;
	for (size_t i = 0; i < count; i++)
		list[i].held = false;
	TRY(prepare(&checking, count));
	for (uint32_t vertex = 0; vertex < graph->vertex_count; vertex++) {
		bool is_object = !heap_vertex_root(heap, vertex);
		if (graph->rows[vertex] == graph->rows[vertex + 1] ||
		    !heap_is_reached(heap, vertex) ||
		    (is_object && checking.notes[heap_object_type(heap, vertex)]))
			continue;
		check_vertex(&checking, vertex);
	}
	for (size_t i = 0; i < count; i++)
		list[i].held = list[map_find(&checking.first, list[i].vertex)->value].held;
	return NULL;
}
