/* SPDX-License-Identifier: Apache-2.0 */
#include "heap/why_private.h"

#include <string.h>

#include "heap/tops.h"

#define LOOK_AHEAD 64

void wanted_note_top(const struct heap *heap, struct wanted *wanted, uint32_t top)
{
	uint32_t vertex = heap->dominators.vertices[top];
	if (vertex >= heap->scan.graph.object_count)
		wanted->roots[vertex - heap->scan.graph.object_count] = true;
	else
		wanted->shared = true;
}

static void wanted_deinit(struct wanted *wanted)
{
	free(wanted->vertices);
	free(wanted->roots);
}

static struct error *wanted_init(const struct heap *heap, struct wanted *wanted)
{
	wanted->vertices = calloc((size_t)heap->scan.graph.vertex_count / 64 + 1, sizeof(uint64_t));
	wanted->roots = calloc(heap->roots.list.count + 1, sizeof(*wanted->roots));
	return wanted->vertices && wanted->roots ? NULL : error_no_memory();
}

/* One path for each kind of root; none is looked for where there is none. */
static struct error *find_paths(struct heap_why *why, const struct wanted *wanted)
{
	const struct heap *heap = why->heap;
	const struct heap_graph *graph = &heap->scan.graph;
	_cleanup_(free_pointer) uint8_t *kinds = calloc(heap->roots.list.count + 1, 1);
	if (!kinds)
		return error_no_memory();
	for (size_t i = 0; i < heap->roots.list.count; i++)
		kinds[i] = wanted->shared || wanted->roots[i]
				   ? (uint8_t)heap->roots.list.items[i].kind
				   : HEAP_PATH_NO_KIND;
	return why->query.kind == HEAP_QUERY_OBJECT
		       ? heap_paths_find_one(graph, heap->spans.used, &heap->dominators, kinds,
					     why->query.vertex, &why->paths)
		       : heap_paths_find(graph, heap->spans.used, kinds, wanted->vertices,
					 &why->paths);
}

static struct error *ask_one(struct heap_why *why, struct wanted *wanted)
{
	const struct dominators *dominators = &why->heap->dominators;
	uint32_t number = dominators->numbers[why->query.vertex], top;
	why->bytes = heap_object_size(why->heap, why->query.vertex);
	if (number == VERTEX_NONE)
		return NULL;
	why->retained = dominators->retained[number];
	TRY(heap_tops_of(dominators, &number, 1, &top));
	wanted_note_top(why->heap, wanted, top);
	return NULL;
}

/* The end of the shortest path stands for the others. */
static void choose_example(struct heap_why *why)
{
	size_t least = SIZE_MAX;
	for (uint32_t i = 0; i < why->paths.count; i++) {
		const struct heap_steps *steps = &why->paths.items[i].steps;
		if (steps->count >= least)
			continue;
		least = steps->count;
		why->example = steps->items[steps->count - 1].vertex;
	}
}

/* Asked of every step of a path, and there may be millions. */
static struct error *find_pieces(struct heap_why *why)
{
	const struct heap_types *types = why->heap->types;
	uint32_t count = heap_types_count(types);
	why->pieces = calloc((size_t)count + 1, sizeof(*why->pieces));
	if (!why->pieces)
		return error_no_memory();
	for (uint32_t number = 1; number <= count; number++) {
		struct heap_type type;
		heap_types_get(types, number, &type);
		why->pieces[number] = heap_form_is_map_piece(type.form);
	}
	return NULL;
}

/* After that, no object has a type that was not known then. */
static bool is_piece(const struct heap_why *why, uint32_t vertex)
{
	return vertex < why->heap->scan.graph.object_count &&
	       why->pieces[heap_object_type(why->heap, vertex)];
}

/* The type of an object that is asked for soon. */
static void look_ahead(const struct heap *heap, uint32_t vertex)
{
	if (vertex < heap->scan.graph.object_count)
		__builtin_prefetch(&heap->scan.types[vertex]);
}

/* Leave out of the list's middle what nobody sees. */
static void keep_ends(struct heap_vertex_vector *list)
{
	if (list->count <= (size_t)2 * HEAP_WHY_ENDS)
		return;
	memmove(list->items + HEAP_WHY_ENDS, list->items + list->count - HEAP_WHY_ENDS,
		HEAP_WHY_ENDS * sizeof(*list->items));
	list->count = (size_t)2 * HEAP_WHY_ENDS;
}

static struct error *note_dominator(struct heap_why *why, uint32_t vertex)
{
	if (!why->all && why->dominators.count == (size_t)4 * HEAP_WHY_ENDS)
		keep_ends(&why->dominators);
	why->dominator_count++;
	return heap_vertex_vector_append(&why->dominators, &vertex);
}

static struct error *climb(struct heap_why *why)
{
	const struct dominators *dominators = &why->heap->dominators;
	if (why->example == VERTEX_NONE)
		return NULL;
	uint32_t number = dominators->numbers[why->example];
	while (number != VERTEX_NONE && (number = dominators->parents[number])) {
		uint32_t vertex = dominators->vertices[number];
		/* In a long list they have one number after the other. */
		if (number > LOOK_AHEAD)
			look_ahead(why->heap, dominators->vertices[number - LOOK_AHEAD]);
		if (why->all || !is_piece(why, vertex))
			TRY(note_dominator(why, vertex));
	}
	if (!why->all)
		keep_ends(&why->dominators);
	return NULL;
}

static struct error *ask_objects(struct heap_why *why)
{
	_cleanup_(wanted_deinit) struct wanted wanted = { 0 };
	bool one = why->query.kind == HEAP_QUERY_OBJECT;
	TRY(wanted_init(why->heap, &wanted));
	TRY(one ? ask_one(why, &wanted) : why_type_ask(why, &wanted));
	TRY(find_paths(why, &wanted));
	if (one)
		why->example = why->query.vertex;
	else
		choose_example(why);
	return climb(why);
}

static struct error *ask_root(struct heap_why *why)
{
	uint32_t number = why->heap->dominators.numbers[why->query.vertex];
	if (number == VERTEX_NONE)
		return NULL;
	why->retained = why->heap->dominators.retained[number];
	return why_root_ask(why, number);
}

static struct error *ask(struct heap_why *why)
{
	TRY(heap_edge_names_init(&why->names, why->heap));
	TRY(heap_dominate(why->heap));
	TRY(find_pieces(why));
	switch (why->query.kind) {
	case HEAP_QUERY_OBJECT:
	case HEAP_QUERY_TYPE:
		return ask_objects(why);
	case HEAP_QUERY_ROOT:
		return ask_root(why);
	default:
		return NULL;
	}
}

struct error *heap_why_ask(struct heap *heap, struct heap_query *query, bool all,
			   struct heap_why *ret)
{
	struct heap_why why = {
		.heap = heap,
		.query = *query,
		.all = all,
		.example = VERTEX_NONE,
	};
	*query = (struct heap_query){ 0 };
	struct error *error = ask(&why);
	if (error)
		heap_why_deinit(&why);
	else
		*ret = why;
	return error;
}

void heap_why_deinit(struct heap_why *why)
{
	heap_query_deinit(&why->query);
	heap_edge_names_deinit(&why->names);
	heap_paths_deinit(&why->paths);
	for (size_t i = 0; i < HEAP_PATH_KINDS; i++)
		heap_shown_step_vector_deinit(&why->shown[i].steps);
	heap_vertex_vector_deinit(&why->dominators);
	free(why->pieces);
	heap_holder_vector_deinit(&why->holders);
	heap_held_vector_deinit(&why->held);
}

struct error *heap_why_field(struct heap_why *why, const struct heap_path *path, size_t index,
			     bool all, struct writer *writer)
{
	const struct heap_step *before = &path->steps.items[index - 1];
	bool piece = heap_is_map_piece(why->heap, path->steps.items[index].vertex);
	return heap_edge_word(&why->names, before->vertex, before->position, all || piece, writer);
}
