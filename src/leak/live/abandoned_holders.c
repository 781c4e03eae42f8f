/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/live/abandoned.h"

#include <stdio.h>
#include <string.h>

#include "heap/edge_names.h"


struct holders {
	const struct live_evidence *evidence;
	uint64_t *wanted;   /* a bit for each object: a channel that is waited for */
	uint32_t *crowd_of; /* by goroutine: the crowd it is a member of; CROWD_END */
	const struct map *channels;
	struct abandoned_vector *list;
};

static bool is_of_program(const struct live_evidence *evidence, const char *package)
{
	char name[512];
	int length = snprintf(name, sizeof(name), "%s.x", package);
	return length > 0 && (size_t)length < sizeof(name) &&
	       place_is_users(&evidence->places, name);
}

/* What the runtime has noted of the wait itself holds nobody. */
static bool is_record(const char *name)
{
	return strcmp(name, "runtime.sudog") == 0 || strcmp(name, "runtime.g") == 0;
}

/* Something of a library's that has the channel may do anything with it. */
static bool is_programs(const struct holders *holders, const struct heap_type *type,
			const char *package)
{
	switch (type->form) {
	case HEAP_VALUE:
	case HEAP_ARRAY:
		return !*package || is_of_program(holders->evidence, package);
	case HEAP_CLOSURE:
		return is_of_program(holders->evidence, package);
	case HEAP_MAP_GROUPS:
	case HEAP_MAP_BUCKETS:
	case HEAP_MAP_OVERFLOW:
		return true;
	default:
		return false;
	}
}

static struct error *take_object(struct holders *holders, uint32_t vertex,
				 struct abandoned_crowd *ret)
{
	struct heap *heap = holders->evidence->heap;
	const char *name, *package;
	struct heap_type type;
	uint32_t number = heap_object_type(heap, vertex);
	if (number == HEAP_TYPE_UNKNOWN) {
		ret->foreign = true;
		return NULL;
	}
	TRY(heap_types_name(heap->types, number, &name));
	if (is_record(name))
		return NULL;
	ret->held = true;
	heap_types_get(heap->types, number, &type);
	TRY(heap_types_package(heap->types, number, &package));
	if (!is_programs(holders, &type, package))
		ret->foreign = true;
	return NULL;
}

/* Of another goroutine: one of the same crowd waits, too; a function of the program can be read. */
static struct error *take_frame(struct holders *holders, const struct heap_root *root,
				const struct heap_root_pointer *pointer, uint32_t crowd,
				struct abandoned_crowd *ret)
{
	struct heap_frame_place place;
	if (root->goroutine == HEAP_NO_GOROUTINE || holders->crowd_of[root->goroutine] == crowd)
		return NULL;
	ret->held = true;
	if (!pointer || pointer->conservative) {
		ret->foreign = true;
		return NULL;
	}
	TRY(heap_frame_place(holders->evidence->heap, root, pointer, &place));
	if (!place.frame || !place_is_users(&holders->evidence->places, place.frame->function))
		ret->foreign = true;
	return NULL;
}

static struct error *take_root(struct holders *holders, uint32_t vertex, uint32_t position,
			       uint32_t crowd, struct abandoned_crowd *ret)
{
	const struct heap *heap = holders->evidence->heap;
	const struct heap_root *root =
		&heap->roots.list.items[vertex - heap->scan.graph.object_count];
	const struct heap_root_pointer *pointer = heap_root_edge(heap, vertex, position);
	if (root->kind == HEAP_ROOT_GOROUTINE)
		return take_frame(holders, root, pointer, crowd, ret);
	ret->held = true;
	if (root->kind != HEAP_ROOT_GLOBAL || !pointer || pointer->conservative ||
	    (root->name && !place_is_users(&holders->evidence->places, root->name)))
		ret->foreign = true;
	return NULL;
}

static struct error *take_vertex(struct holders *holders, uint32_t vertex)
{
	const struct heap *heap = holders->evidence->heap;
	const struct heap_graph *graph = &heap->scan.graph;
	for (uint32_t i = graph->rows[vertex]; i < graph->rows[vertex + 1]; i++) {
		if (graph->edges[i] == EDGE_NONE)
			continue;
		uint32_t target = edge_target(graph->edges[i]);
		if (!heap_bit(holders->wanted, target))
			continue;
		const struct map_slot *slot = map_find(holders->channels, target);
		struct abandoned_crowd *crowd = &holders->list->items[slot->value];
		if (crowd->foreign || target == vertex)
			continue;
		uint32_t position = i - graph->rows[vertex];
		TRY(vertex < graph->object_count
			    ? take_object(holders, vertex, crowd)
			    : take_root(holders, vertex, position, (uint32_t)slot->value, crowd));
	}
	return NULL;
}

static struct error *find_all(struct holders *holders, const struct crowds *crowds)
{
	const struct heap *heap = holders->evidence->heap;
	const struct heap_graph *graph = &heap->scan.graph;
	size_t goroutines = holders->evidence->goroutines->list.count;
	for (size_t i = 0; i < goroutines; i++)
		holders->crowd_of[i] = CROWD_END;
	for (size_t k = 0; k < holders->list->count; k++) {
		const struct crowd *crowd = holders->list->items[k].crowd;
		for (uint32_t i = crowd->first; i != CROWD_END; i = crowds->next[i])
			holders->crowd_of[i] = (uint32_t)k;
	}
	for (size_t i = 0; holders->channels->count && i <= holders->channels->mask; i++) {
		const struct map_slot *slot = &holders->channels->slots[i];
		if (slot->key != UINT64_MAX)
			heap_bit_set(holders->wanted, (uint32_t)slot->key);
	}
	uint32_t vertices = graph->object_count + (uint32_t)heap->roots.list.count;
	for (uint32_t vertex = 0; vertex < vertices; vertex++) {
		if (heap_is_reached(heap, vertex))
			TRY(take_vertex(holders, vertex));
	}
	return NULL;
}

struct error *abandoned_find_holders(const struct live_evidence *evidence,
				     const struct crowds *crowds, const struct map *channels,
				     struct abandoned_vector *list)
{
	size_t words = evidence->heap->scan.graph.object_count / 64 + 1;
	size_t goroutines = evidence->goroutines->list.count + 1;
	_cleanup_(free_pointer) uint64_t *wanted = calloc(words, sizeof(*wanted));
	_cleanup_(free_pointer) uint32_t *crowd_of = calloc(goroutines, sizeof(*crowd_of));
	if (!wanted || !crowd_of)
		return error_no_memory();
	struct holders holders = {
		.evidence = evidence,
		.wanted = wanted,
		.crowd_of = crowd_of,
		.channels = channels,
		.list = list,
	};
	return find_all(&holders, crowds);
}
