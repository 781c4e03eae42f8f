/* SPDX-License-Identifier: Apache-2.0 */
#include "heap/why.h"

#include "base/big_array.h"
#include "base/hash.h"

struct error *heap_tops_find(const struct dominators *dominators, uint32_t **ret)
{
	uint32_t *tops;
	TRY(big_array_allocate(dominators->count, sizeof(*tops), &tops));
	/* A dominator's number is smaller than those of what it dominates. */
	for (uint32_t number = 1; number < dominators->count; number++) {
		uint32_t parent = dominators->parents[number];
		tops[number] = parent ? tops[parent] : number;
	}
	*ret = tops;
	return NULL;
}

/* One path for each kind of root. */
static struct error *find_paths(struct heap_why *why, const uint64_t *wanted)
{
	const struct heap *heap = why->heap;
	const struct heap_graph *graph = &heap->scan.graph;
	_cleanup_(free_pointer) uint8_t *kinds = calloc(heap->roots.list.count + 1, 1);
	if (!kinds)
		return error_no_memory();
	for (size_t i = 0; i < heap->roots.list.count; i++)
		kinds[i] = (uint8_t)heap->roots.list.items[i].kind;
	TRY(heap_paths_find(graph, heap->spans.used, kinds, wanted, &why->paths));
	return heap_paths_weigh(graph, &heap->dominators, &why->tree, &why->paths);
}

static uint32_t group_of_wanted(const void *argument, uint32_t vertex)
{
	return heap_query_wants(argument, vertex) ? 0 : DOMINATOR_GROUP_NONE;
}

/* Mark them, and add up what they take. */
static struct error *mark_wanted(struct heap_why *why, uint64_t *wanted)
{
	const struct heap *heap = why->heap;
	const struct dominators *dominators = &heap->dominators;
	for (uint32_t vertex = 0; vertex < heap->scan.graph.object_count; vertex++) {
		if (!heap_query_wants(&why->query, vertex))
			continue;
		heap_bit_set(wanted, vertex);
		why->bytes += heap_object_size(heap, vertex);
	}
	if (why->query.kind == HEAP_QUERY_TYPE)
		return dominator_tree_sum_groups(&why->tree, dominators,
						 heap->scan.graph.object_count, group_of_wanted,
						 &why->query, 1, &why->retained);
	uint32_t number = dominators->numbers[why->query.vertex];
	why->retained = number == VERTEX_NONE ? 0 : dominators->retained[number];
	return NULL;
}

/* The end of the shortest path stands for the others. */
static void choose_example(struct heap_why *why)
{
	size_t least = SIZE_MAX;
	for (uint32_t i = 0; i < why->paths.count; i++) {
		const struct heap_step_vector *steps = &why->paths.items[i].steps;
		if (steps->count >= least)
			continue;
		least = steps->count;
		why->example = steps->items[steps->count - 1].vertex;
	}
}

static struct error *climb(struct heap_why *why)
{
	const struct dominators *dominators = &why->heap->dominators;
	if (why->example == VERTEX_NONE)
		return NULL;
	uint32_t number = dominators->numbers[why->example];
	while (number != VERTEX_NONE && (number = dominators->parents[number])) {
		const uint32_t *vertex = &dominators->vertices[number];
		if (why->all || !heap_is_map_piece(why->heap, *vertex))
			TRY(heap_vertex_vector_append(&why->dominators, vertex));
	}
	return NULL;
}

/* What stands for the same holder has the same key. */
static uint64_t holder_key(const struct heap_why *why, uint32_t vertex, enum heap_holder_kind *kind)
{
	const struct heap *heap = why->heap;
	const struct heap_root *root = heap_vertex_root(heap, vertex);
	*kind = HOLDER_SHARED;
	if (!root)
		return hash_more(1, heap_grouping_of(&why->query.grouping, vertex)) >> 1;
	*kind = HOLDER_ROOT;
	if (root->kind != HEAP_ROOT_GOROUTINE || root->goroutine == HEAP_NO_GOROUTINE)
		return hash_more(3, vertex) >> 1;
	*kind = HOLDER_GOROUTINES;
	const struct goroutine *goroutine = &heap->roots.goroutines->list.items[root->goroutine];
	return hash_more(2, (uint64_t)(uintptr_t)goroutine->stack) >> 1;
}

/* The holder that the one at the top is, in a list by keys. */
static struct error *find_holder(struct heap_why *why, struct map *by_key, uint32_t top,
				 struct heap_holder **ret)
{
	uint32_t vertex = why->heap->dominators.vertices[top];
	struct heap_holder fresh = { .example = vertex };
	struct map_slot *slot;
	uint64_t key = holder_key(why, vertex, &fresh.kind);
	TRY(map_insert(by_key, key, why->holders.count, &slot));
	if (slot->value == why->holders.count)
		TRY(heap_holder_vector_append(&why->holders, &fresh));
	*ret = &why->holders.items[slot->value];
	return NULL;
}

static int compare_holders(const void *left, const void *right)
{
	const struct heap_holder *a = left, *b = right;
	if (a->count != b->count)
		return a->count < b->count ? 1 : -1;
	return a->example < b->example ? -1 : a->example > b->example;
}

/* Each object of the type to its holder; `seen` has a bit for each top that was met before. */
static struct error *count_holders(struct heap_why *why, const uint32_t *tops, struct map *by_key,
				   uint64_t *seen)
{
	const struct heap *heap = why->heap;
	const struct dominators *dominators = &heap->dominators;
	for (uint32_t number = 1; number < dominators->count; number++) {
		uint32_t vertex = dominators->vertices[number];
		struct heap_holder *holder;
		if (!heap_query_wants(&why->query, vertex))
			continue;
		TRY(find_holder(why, by_key, tops[number], &holder));
		holder->count++;
		holder->retained += heap_object_size(heap, vertex);
		holder->members += !heap_bit(seen, tops[number]);
		heap_bit_set(seen, tops[number]);
	}
	if (why->holders.count)
		qsort(why->holders.items, why->holders.count, sizeof(*why->holders.items),
		      compare_holders);
	return NULL;
}

static struct error *find_holders(struct heap_why *why)
{
	const struct dominators *dominators = &why->heap->dominators;
	struct map by_key = { 0 };
	uint32_t *tops = NULL;
	uint64_t *seen = calloc(dominators->count / 64 + 1, sizeof(*seen));
	struct error *error = seen ? heap_tops_find(dominators, &tops) : error_no_memory();
	if (!error)
		error = count_holders(why, tops, &by_key, seen);
	big_array_free(tops, dominators->count, sizeof(*tops));
	map_deinit(&by_key);
	free(seen);
	return error;
}

static struct error *ask_objects(struct heap_why *why)
{
	_cleanup_(free_pointer) uint64_t *wanted =
		calloc(why->heap->scan.graph.vertex_count / 64 + 1, sizeof(*wanted));
	if (!wanted)
		return error_no_memory();
	TRY(mark_wanted(why, wanted));
	TRY(find_paths(why, wanted));
	if (why->query.kind == HEAP_QUERY_OBJECT)
		why->example = why->query.vertex;
	else
		choose_example(why);
	TRY(climb(why));
	return why->query.kind == HEAP_QUERY_TYPE ? find_holders(why) : NULL;
}

/*
 * What is below a root, floor by floor: pieces of maps are no floor of their own. By place behind
 * the root's: on which floor it is, and which group of floor 1 it belongs to.
 */
struct floors {
	struct heap_why *why;
	uint32_t first; /* place of the root */
	uint32_t count;
	uint8_t *floor;
	uint32_t *above;
	struct map groups; /* group of floor 1 and group → index into `list` */
	struct heap_held_vector list;
};

#define FLOORS 2

static struct error *count_held(struct floors *floors, uint32_t number, uint32_t place,
				uint32_t parent_place)
{
	const struct heap *heap = floors->why->heap;
	uint32_t vertex = heap->dominators.vertices[number];
	uint32_t group = heap_grouping_of(&floors->why->query.grouping, vertex);
	unsigned floor = floors->floor[place];
	uint64_t above = floor == 1 ? 0 : (uint64_t)floors->above[parent_place] + 1;
	struct map_slot *slot;
	floors->above[place] = floor == 1 ? group : floors->above[parent_place];
	TRY(map_insert(&floors->groups, above << 32 | group, floors->list.count, &slot));
	if (slot->value == floors->list.count) {
		struct heap_held fresh = {
			.group = { .type = group < floors->why->query.grouping.types
						   ? group
						   : HEAP_TYPE_UNKNOWN,
				   .shape = heap->scan.shapes[vertex] },
			.floor = floor,
			.above = floors->above[place],
		};
		TRY(heap_held_vector_append(&floors->list, &fresh));
	}
	struct heap_group *sum = &floors->list.items[slot->value].group;
	sum->count++;
	sum->bytes += heap_object_size(heap, vertex);
	sum->retained += heap->dominators.retained[number];
	return NULL;
}

static struct error *walk_floors(struct floors *floors)
{
	const struct heap *heap = floors->why->heap;
	const struct dominator_tree *tree = &floors->why->tree;
	for (uint32_t place = 1; place < floors->count; place++) {
		uint32_t number = tree->order[floors->first + place];
		uint32_t parent = tree->places[heap->dominators.parents[number]] - floors->first;
		uint32_t vertex = heap->dominators.vertices[number];
		bool piece = heap_is_map_piece(heap, vertex);
		unsigned floor = floors->floor[parent] + !piece;
		floors->floor[place] = (uint8_t)MIN(floor, FLOORS + 1);
		floors->above[place] = floors->above[parent];
		if (!piece && floor <= FLOORS)
			TRY(count_held(floors, number, place, parent));
	}
	return NULL;
}

/* Each type of floor 1, and behind it those that its objects hold. */
static int compare_held(const void *left, const void *right)
{
	const struct heap_held *a = left, *b = right;
	if (a->above_retained != b->above_retained)
		return a->above_retained < b->above_retained ? 1 : -1;
	if (a->above != b->above)
		return a->above < b->above ? -1 : 1;
	if (a->floor != b->floor)
		return a->floor < b->floor ? -1 : 1;
	if (a->group.retained != b->group.retained)
		return a->group.retained < b->group.retained ? 1 : -1;
	return a->group.type < b->group.type ? -1 : a->group.type > b->group.type;
}

static void order_held(struct floors *floors)
{
	struct heap_held_vector *list = &floors->list;
	for (size_t i = 0; i < list->count; i++) {
		const struct map_slot *slot = map_find(&floors->groups, list->items[i].above);
		list->items[i].above_retained = list->items[slot->value].group.retained;
	}
	if (list->count)
		qsort(list->items, list->count, sizeof(*list->items), compare_held);
}

static struct error *find_held(struct heap_why *why, uint32_t number)
{
	struct floors floors = {
		.why = why,
		.first = why->tree.places[number],
		.count = why->tree.sizes[number],
	};
	struct error *error = NULL;
	floors.floor = calloc(floors.count, sizeof(*floors.floor));
	floors.above = calloc(floors.count, sizeof(*floors.above));
	error = floors.floor && floors.above ? walk_floors(&floors) : error_no_memory();
	if (!error)
		order_held(&floors);
	free(floors.floor);
	free(floors.above);
	map_deinit(&floors.groups);
	why->held = floors.list;
	return error;
}

static struct error *ask_root(struct heap_why *why)
{
	uint32_t number = why->heap->dominators.numbers[why->query.vertex];
	if (number == VERTEX_NONE)
		return NULL;
	why->retained = why->heap->dominators.retained[number];
	return find_held(why, number);
}

static struct error *ask(struct heap_why *why)
{
	TRY(heap_edge_names_init(&why->names, why->heap));
	TRY(heap_dominate(why->heap));
	TRY(dominator_tree_create(&why->heap->dominators, &why->tree));
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
	dominator_tree_deinit(&why->tree);
	heap_paths_deinit(&why->paths);
	heap_vertex_vector_deinit(&why->dominators);
	heap_holder_vector_deinit(&why->holders);
	heap_held_vector_deinit(&why->held);
}

size_t heap_why_next(const struct heap_why *why, const struct heap_path *path, size_t index,
		     bool all)
{
	const struct heap_step_vector *steps = &path->steps;
	size_t next = index + 1;
	while (!all && next + 1 < steps->count &&
	       heap_is_map_piece(why->heap, steps->items[next].vertex))
		next++;
	return MIN(next, steps->count);
}

struct error *heap_why_field(struct heap_why *why, const struct heap_path *path, size_t index,
			     bool all, struct writer *writer)
{
	const struct heap_step *before = &path->steps.items[index - 1];
	bool piece = heap_is_map_piece(why->heap, path->steps.items[index].vertex);
	return heap_edge_word(&why->names, before->vertex, before->position, all || piece, writer);
}
