/* SPDX-License-Identifier: Apache-2.0 */
#include "heap/type_tree.h"

#include <stdlib.h>

#include "base/big_array.h"
#include "base/hash.h"
#include "base/map.h"
#include "heap/holders.h"

#define NODES_MAX ((size_t)1 << 20)
#define DEPTH_MAX 256

/* What a node is below its parent: kinds in the upper half, a type, a root or a stack in the lower. */
typedef uint64_t label;

DEFINE_VECTOR(label_vector, uint64_t);

struct making {
	const struct heap *heap;
	struct heap_grouping grouping;
	uint32_t *wholes; /* by group: of a map's pieces the map, of others themselves */
	struct type_tree_vector nodes;
	struct label_vector labels; /* by node */
	struct map children;        /* parent and label → node */
	uint32_t *places;           /* by number in the dominator tree: its node */
};

static label label_of(const struct making *making, uint32_t vertex, enum type_tree_kind *ret_kind)
{
	const struct heap *heap = making->heap;
	const struct heap_root *root = heap_vertex_root(heap, vertex);
	*ret_kind = root ? TYPE_TREE_ROOT : TYPE_TREE_OBJECTS;
	if (!root)
		return making->wholes[heap_grouping_of(&making->grouping, vertex)];
	if (root->kind == HEAP_ROOT_GOROUTINE && root->goroutine != HEAP_NO_GOROUTINE) {
		const struct goroutine *goroutine =
			&heap->roots.goroutines->list.items[root->goroutine];
		return (uint64_t)(uintptr_t)goroutine->stack;
	}
	return UINT64_C(1) << 62 | vertex;
}

/* The nearest node from here up that is the same already; `parent` itself where the tree is full. */
static uint32_t find_above(const struct making *making, uint32_t parent, label label, bool *ret)
{
	unsigned depth = 0;
	*ret = true;
	for (uint32_t node = parent; node; node = making->nodes.items[node].parent, depth++) {
		if (making->labels.items[node] == label)
			return node;
	}
	if (depth >= DEPTH_MAX || making->nodes.count >= NODES_MAX)
		return parent;
	*ret = false;
	return 0;
}

static struct error *add_node(struct making *making, uint32_t parent, label label,
			      enum type_tree_kind kind, uint32_t example)
{
	struct type_tree_node fresh = { .kind = kind, .parent = parent, .example = example };
	if (kind == TYPE_TREE_OBJECTS) {
		fresh.group.type = label < making->grouping.types ? (uint32_t)label
								  : HEAP_TYPE_UNKNOWN;
		fresh.group.shape = making->heap->scan.shapes[example];
	}
	TRY(label_vector_append(&making->labels, &label));
	return type_tree_vector_append(&making->nodes, &fresh);
}

static struct error *find_child(struct making *making, uint32_t parent, label label,
				enum type_tree_kind kind, uint32_t example, uint32_t *ret)
{
	struct map_slot *slot;
	uint64_t key = hash_more(hash_more(hash_word(parent + 1), label), kind) >> 1;
	bool found;
	TRY(map_insert(&making->children, key, UINT64_MAX, &slot));
	if (slot->value == UINT64_MAX) {
		slot->value = find_above(making, parent, label, &found);
		if (!found) {
			slot->value = making->nodes.count;
			TRY(add_node(making, parent, label, kind, example));
		}
	}
	*ret = (uint32_t)slot->value;
	return NULL;
}

static struct error *place(struct making *making, uint32_t number)
{
	const struct dominators *dominators = &making->heap->dominators;
	uint32_t vertex = dominators->vertices[number], parent = 0, node;
	enum type_tree_kind kind;
	label label = label_of(making, vertex, &kind);
	if (dominators->parents[number])
		parent = making->places[dominators->parents[number]];
	else if (kind == TYPE_TREE_OBJECTS)
		TRY(find_child(making, 0, UINT64_MAX, TYPE_TREE_SHARED, vertex, &parent));
	TRY(find_child(making, parent, label, kind, vertex, &node));
	making->places[number] = node;
	struct type_tree_node *into = &making->nodes.items[node];
	if (kind == TYPE_TREE_ROOT) {
		into->members++;
	} else {
		into->group.count++;
		into->group.bytes += heap_object_size(making->heap, vertex);
	}
	return NULL;
}

/* A node's parent has a smaller number, so one pass from the last tells the sums. */
static void sum(struct type_tree_vector *nodes)
{
	for (size_t i = 0; i < nodes->count; i++) {
		nodes->items[i].count = nodes->items[i].group.count;
		nodes->items[i].bytes = nodes->items[i].group.bytes;
	}
	for (size_t i = nodes->count; i-- > 1;) {
		struct type_tree_node *node = &nodes->items[i];
		nodes->items[node->parent].count += node->count;
		nodes->items[node->parent].bytes += node->bytes;
	}
}

/* What is left out is the parent's own. */
static struct error *cut(struct type_tree_vector *nodes, uint64_t least)
{
	_cleanup_(free_pointer) uint32_t *moved = calloc(nodes->count, sizeof(*moved));
	size_t left = 1;
	if (!moved)
		return error_no_memory();
	for (size_t i = 1; i < nodes->count; i++) {
		struct type_tree_node node = nodes->items[i];
		node.parent = moved[node.parent];
		if (node.bytes < least || !node.bytes) {
			nodes->items[node.parent].group.count += node.group.count;
			nodes->items[node.parent].group.bytes += node.group.bytes;
			moved[i] = node.parent;
			continue;
		}
		moved[i] = (uint32_t)left;
		nodes->items[left++] = node;
	}
	nodes->count = left;
	return NULL;
}

/* A map is one thing to a reader, and so is a channel. */
static struct error *find_whole(const struct making *making, uint32_t type, uint32_t *ret)
{
	struct heap_type known;
	uint32_t whole = HEAP_TYPE_UNKNOWN;
	*ret = type;
	heap_types_get(making->heap->types, type, &known);
	if (known.form > HEAP_MAP && known.form <= HEAP_MAP_OVERFLOW_LIST)
		TRY(heap_types_intern(making->heap->types, HEAP_MAP, known.descriptor, &whole));
	if (whole != HEAP_TYPE_UNKNOWN && whole < making->grouping.types)
		*ret = making->grouping.synonyms[whole];
	return NULL;
}

static struct error *find_wholes(struct making *making)
{
	making->wholes = calloc(making->grouping.count, sizeof(*making->wholes));
	if (!making->wholes)
		return error_no_memory();
	for (uint32_t i = 0; i < making->grouping.count; i++) {
		making->wholes[i] = i;
		if (i && i < making->grouping.types)
			TRY(find_whole(making, i, &making->wholes[i]));
	}
	return NULL;
}

static struct error *make(struct making *making, uint64_t least)
{
	uint32_t count = making->heap->dominators.count;
	TRY(heap_grouping_init(&making->grouping, making->heap));
	TRY(find_wholes(making));
	TRY(big_array_allocate(count, sizeof(*making->places), &making->places));
	TRY(add_node(making, 0, UINT64_MAX - 1, TYPE_TREE_ALL, VERTEX_NONE));
	for (uint32_t number = 1; number < count; number++)
		TRY(place(making, number));
	sum(&making->nodes);
	return cut(&making->nodes, least);
}

struct error *type_tree_make(const struct heap *heap, uint64_t least, struct type_tree_vector *ret)
{
	struct making making = { .heap = heap };
	struct error *error = make(&making, least);
	heap_grouping_deinit(&making.grouping);
	free(making.wholes);
	label_vector_deinit(&making.labels);
	map_deinit(&making.children);
	big_array_free(making.places, heap->dominators.count, sizeof(*making.places));
	if (error)
		type_tree_vector_deinit(&making.nodes);
	else
		*ret = making.nodes;
	return error;
}
