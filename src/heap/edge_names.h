/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_HEAP_EDGE_NAMES_H
#define DOWSE_HEAP_EDGE_NAMES_H

#include "binary/frame_variables.h"
#include "heap/heap.h"
#include "heap/typing.h"

/*
 * What the edges of a heap's graph are called. Nothing of it is stored: which word an edge is
 * follows from its position and from what is known of the object.
 */
struct heap_edge_names {
	struct heap *heap; /* borrowed */
	struct heap_typing typing;
};

struct error *heap_edge_names_init(struct heap_edge_names *names, struct heap *heap) must_use;
void heap_edge_names_deinit(struct heap_edge_names *names);

/*
 * The field of the edge at a position of a vertex's row, as Go writes it: ".next", "[3].buf"; "+24"
 * where only the offset is known, "?" where not even that is. Of a root: the place in the variable.
 */
struct error *heap_edge_name(struct heap_edge_names *names, uint32_t vertex, uint32_t position,
			     struct writer *writer) must_use;

/*
 * The same of an edge to what is no piece of a map: an edge of a piece is called "[value].name" or
 * "[key]", as if it were the map's, unless `all`.
 */
struct error *heap_edge_word(struct heap_edge_names *names, uint32_t vertex, uint32_t position,
			     bool all, struct writer *writer) must_use;

/* Where in the object the word is, from where the value begins; false: not known. */
struct error *heap_edge_offset(struct heap_edge_names *names, uint32_t vertex, uint32_t position,
			       uint64_t *ret, bool *ret_known) must_use;

/* The pointer that is the edge of a root; NULL for what a finalizer's object leads to. */
const struct heap_root_pointer *heap_root_edge(const struct heap *heap, uint32_t vertex,
					       uint32_t position);

/* Where the value of an object begins: behind the allocator's header, if it has one. */
uint64_t heap_value_address(const struct heap *heap, uint32_t vertex);

/*
 * The frame that a goroutine's pointer is in: NULL where none is known. The variable's name lies in
 * debug information; NULL.
 */
struct heap_frame_place {
	const struct frame *frame;
	const char *variable; /* as long as heap->roots */
	uint64_t type;        /* of the variable: for variables_path() */
	uint64_t offset;      /* of the word in it */
};

struct error *heap_frame_place(const struct heap *heap, const struct heap_root *root,
			       const struct heap_root_pointer *pointer,
			       struct heap_frame_place *ret) must_use;

/* Is the object a piece that a map is made of, but for its header? */
bool heap_is_map_piece(const struct heap *heap, uint32_t vertex);
bool heap_form_is_map_piece(enum heap_form form);

/* The header of a piece's map; VERTEX_NONE: none is known. After heap_dominate(). */
uint32_t heap_map_of_piece(const struct heap *heap, uint32_t vertex);

#endif
