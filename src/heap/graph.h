/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_HEAP_GRAPH_H
#define DOWSE_HEAP_GRAPH_H

#include "base/error.h"

/*
 * Who points at whom, as numbers. Vertices 0 to object_count - 1 are the slots of the heap's spans,
 * by rising addresses, free ones included; those behind them are the roots (a global, a goroutine).
 *
 * The edges of vertex v are edges[rows[v]] up to edges[rows[v + 1]], one for each word of it that
 * can hold a pointer, in the order of addresses: what a word is called follows from its position and
 * the vertex's type, so it need not be noted. A word that leads to no object is EDGE_NONE, but those
 * at the end are left out.
 */
struct heap_graph {
	uint32_t object_count;
	uint32_t vertex_count;
	uint32_t *rows; /* vertex_count + 1 */
	uint32_t *edges;
};

/* An edge is its target's number, and whether it points somewhere behind that object's beginning. */
#define EDGE_NONE     UINT32_MAX
#define EDGE_INTERIOR UINT32_C(1)
#define VERTEX_MAX    (UINT32_C(1) << 31) /* numbers lie below */
#define VERTEX_NONE   UINT32_MAX

static inline uint32_t edge_make(uint32_t vertex, bool interior)
{
	return vertex << 1 | (interior ? EDGE_INTERIOR : 0);
}

/* Not for EDGE_NONE. */
static inline uint32_t edge_target(uint32_t edge)
{
	return edge >> 1;
}

static inline bool edge_is_interior(uint32_t edge)
{
	return edge & EDGE_INTERIOR;
}

#endif
