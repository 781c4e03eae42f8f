/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_HEAP_TYPE_TREE_H
#define DOWSE_HEAP_TYPE_TREE_H

#include "base/vector.h"
#include "heap/summary.h"

/*
 * The dominator tree with its objects put together by type: who holds what, as few enough rows for a
 * picture. A node stands for all objects of one type that those of the node above it hold; at the
 * top are the roots, goroutines at one place as one, and a node for what several roots lead to. What
 * a map consists of is one with it. A type that comes again below itself (the next one of a list) is
 * the same node, so that no way down is longer than there are types.
 */
enum type_tree_kind {
	TYPE_TREE_ALL,    /* number 0 */
	TYPE_TREE_ROOT,   /* `example` is its vertex; of several goroutines that of one */
	TYPE_TREE_SHARED, /* what hangs below it is held by no single root */
	TYPE_TREE_OBJECTS,
};

struct type_tree_node {
	enum type_tree_kind kind;
	uint32_t parent; /* smaller than its own number */
	uint32_t example;
	uint32_t members; /* roots that it stands for */
	struct heap_group
		group;  /* of objects: type or shape; count and bytes: of this node alone */
	uint64_t count; /* with all that is below it */
	uint64_t bytes;
};

DEFINE_VECTOR(type_tree_vector, struct type_tree_node);

/* After heap_dominate(). Nodes of less than `least` bytes in all are left out: the one above has them. */
struct error *type_tree_make(const struct heap *heap, uint64_t least, struct type_tree_vector *ret)
	must_use;

#endif
