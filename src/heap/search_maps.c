/* SPDX-License-Identifier: Apache-2.0 */
#include "heap/search_private.h"

/*
 * A map's header looks the same whatever its keys and values are. Its buckets or groups do not: the
 * program has few types of maps with pointers at the same places, and of those only the right ones
 * are not contradicted by what keys and values lead to.
 */
#define CANDIDATES_MAX 64

/* What maps can have pieces of a shape; there may be millions of one shape. */
struct map_candidates {
	uint16_t count;
	uint32_t types[CANDIDATES_MAX];
};

void search_maps_deinit(struct search *search)
{
	arena_deinit(&search->candidates_arena);
	map_deinit(&search->candidates);
}

static struct error *candidates_of(struct search *search, uint32_t vertex,
				   const struct map_candidates **ret)
{
	uint16_t shape = search->scan->shapes[vertex];
	struct map_slot *slot = map_find(&search->candidates, shape);
	if (!slot) {
		size_t count = 0;
		struct map_candidates *found = arena_allocate(&search->candidates_arena,
							      sizeof(*found));
		if (!found)
			return error_no_memory();
		TRY(heap_types_map_candidates(search->typing.types,
					      &search->scan->shape_list.list[shape], found->types,
					      CANDIDATES_MAX, &count));
		found->count = count <= CANDIDATES_MAX ? (uint16_t)count : 0;
		TRY(map_insert(&search->candidates, shape, (uint64_t)(uintptr_t)found, &slot));
	}
	*ret = (const struct map_candidates *)(uintptr_t)slot->value;
	return NULL;
}

enum agreement {
	AGREES,
	POSSIBLE, /* but the object is larger than what would point to it says */
	CONTRADICTED,
};

/* The object at the first pointer of another one, if its beginning is meant; VERTEX_NONE. */
static uint32_t first_target(const struct search *search, uint32_t vertex)
{
	const struct heap_graph *graph = &search->scan->graph;
	uint32_t row = graph->rows[vertex];
	if (row == graph->rows[vertex + 1] || graph->edges[row] == EDGE_NONE ||
	    edge_is_interior(graph->edges[row]))
		return VERTEX_NONE;
	uint32_t target = edge_target(graph->edges[row]);
	return search_has(search, target, MARK_FREE) ? VERTEX_NONE : target;
}

static const struct heap_shape *shape_of(const struct search *search, uint32_t vertex)
{
	return &search->scan->shape_list.list[search->scan->shapes[vertex]];
}

/* A directory begins with a pointer, groups begin with none. */
static uint32_t pieces_of(const struct search *search, uint32_t header)
{
	uint32_t target = first_target(search, header);
	if (target == VERTEX_NONE || !(shape_of(search, target)->mask & 1))
		return target;
	uint32_t table = first_target(search, target);
	return table == VERTEX_NONE ? table : first_target(search, table);
}

/* Does the object begin as a value of the type does, as far as its pointers are known? */
static bool begins_like(const struct heap_type_layout *layout, const struct heap_shape *shape)
{
	if (shape->kind == SHAPE_DATA)
		return layout->slot_count == 0;
	if (shape->kind == SHAPE_UNKNOWN || (shape->kind == SHAPE_LARGE && !shape->last))
		return true;
	for (uint64_t word = 0; word < MIN(layout->size / 8, (uint64_t)64); word++) {
		if ((shape->mask >> word & 1) != !!heap_layout_slot(layout, 8 * word))
			return false;
	}
	return true;
}

/* Is another type of the same size known of the object? */
static struct error *is_other(struct search *search, uint32_t vertex, uint32_t type,
			      const struct heap_type_layout *layout, bool *ret)
{
	uint32_t mark = search_mark(search, vertex), number = heap_type_number(mark);
	const struct heap_type_layout *known;
	struct heap_type a, b;
	bool refines = false, refined = false;
	*ret = false;
	if (heap_type_rank(mark) < TYPE_RANK_POINTER || number == type)
		return NULL;
	heap_types_get(search->typing.types, type, &a);
	heap_types_get(search->typing.types, number, &b);
	TRY(heap_types_layout(search->typing.types, number, &known));
	if (a.form != HEAP_VALUE || b.form != HEAP_VALUE || known->size != layout->size)
		return NULL;
	TRY(heap_typing_refines(&search->typing, type, number, &refines));
	TRY(heap_typing_refines(&search->typing, number, type, &refined));
	*ret = !refines && !refined;
	return NULL;
}

/* Would it do if that edge led to a value of the type? */
static struct error *compare(struct search *search, uint32_t edge, uint32_t type,
			     enum agreement *ret)
{
	uint32_t vertex = edge_target(edge);
	const struct heap_shape *shape = shape_of(search, vertex);
	uint64_t size = search_slot_size(search, vertex);
	const struct heap_type_layout *layout;
	bool other;
	*ret = AGREES;
	if (edge_is_interior(edge) || search_has(search, vertex, MARK_FREE))
		return NULL;
	TRY(heap_types_choose(search->typing.types, type, size, shape->kind != SHAPE_DATA, &type));
	TRY(heap_types_layout(search->typing.types, type, &layout));
	TRY(is_other(search, vertex, type, layout, &other));
	if (other || layout->size > size || (layout->complete && !begins_like(layout, shape)))
		*ret = CONTRADICTED;
	else if (!heap_types_fills(search->typing.types, type, size))
		*ret = POSSIBLE;
	return NULL;
}

/* The worst of what its edges say if the object is of the type. */
static struct error *compare_all(struct search *search, uint32_t vertex, uint32_t type,
				 enum agreement *ret)
{
	const struct heap_graph *graph = &search->scan->graph;
	uint32_t end = graph->rows[vertex + 1], position = 0;
	const struct heap_plan *plan;
	*ret = AGREES;
	TRY(heap_typing_plan(&search->typing, type, search->scan->shapes[vertex], &plan));
	for (uint32_t i = graph->rows[vertex]; i < end && search->compared_left; i++, position++) {
		enum agreement one = AGREES;
		if (position == plan->count)
			position = 0;
		if (!plan->count)
			break;
		if (graph->edges[i] == EDGE_NONE || !plan->pointees[position])
			continue;
		search->compared_left--;
		TRY(compare(search, graph->edges[i], plan->pointees[position], &one));
		*ret = MAX(*ret, one);
		if (*ret == CONTRADICTED)
			return NULL;
	}
	return NULL;
}

/* The only one that agrees, else the only one that is possible. */
static struct error *choose(struct search *search, uint32_t vertex,
			    const struct map_candidates *candidates, uint32_t *ret)
{
	uint32_t found[2] = { 0 };
	size_t counts[2] = { 0 };
	for (size_t i = 0; i < candidates->count; i++) {
		enum agreement agreement;
		TRY(compare_all(search, vertex, candidates->types[i], &agreement));
		if (agreement == CONTRADICTED)
			continue;
		found[agreement] = candidates->types[i];
		counts[agreement]++;
	}
	/* Not all was looked at: who knows. */
	if (!search->compared_left)
		return NULL;
	if (counts[AGREES] == 1)
		*ret = found[AGREES];
	else if (counts[AGREES] == 0 && counts[POSSIBLE] == 1)
		*ret = found[POSSIBLE];
	return NULL;
}

static bool is_pieces(const struct heap_type *type)
{
	return type->form == HEAP_MAP_BUCKETS || type->form == HEAP_MAP_GROUPS;
}

struct error *search_map_of(struct search *search, uint32_t vertex, uint32_t *ret)
{
	struct heap_types *types = search->typing.types;
	uint32_t pieces = pieces_of(search, vertex), type;
	const struct map_candidates *candidates = NULL;
	struct heap_type known;
	if (pieces == VERTEX_NONE)
		return NULL;
	type = heap_type_number(search->scan->types[pieces]);
	heap_types_get(types, type, &known);
	if (!is_pieces(&known)) {
		TRY(candidates_of(search, pieces, &candidates));
		type = HEAP_TYPE_UNKNOWN;
		TRY(choose(search, pieces, candidates, &type));
		heap_types_get(types, type, &known);
	}
	if (type == HEAP_TYPE_UNKNOWN || !is_pieces(&known))
		return NULL;
	return heap_types_intern(types, HEAP_MAP, known.descriptor, ret);
}
