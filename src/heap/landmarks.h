/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_HEAP_LANDMARKS_H
#define DOWSE_HEAP_LANDMARKS_H

#include "heap/graph.h"

/*
 * Where a vertex's edges lie is in its row, and waiting for the one before the other can be asked
 * for is most of the time of a walk along a list. So the place of the edges is guessed: vertices of
 * one span have mostly as many edges each, so that between landmarks, which all fit into the
 * processor's cache, rows rise evenly.
 */
#define LANDMARK_SHIFT 5

/* rows[i << LANDMARK_SHIFT], and the end; a big_array of landmarks_count() items. */
struct error *landmarks_create(const struct heap_graph *graph, uint32_t **ret) must_use;

static inline size_t landmarks_count(const struct heap_graph *graph)
{
	return ((size_t)graph->vertex_count >> LANDMARK_SHIFT) + 2;
}

/* About where the edges of a vertex begin. */
static inline uint32_t landmarks_guess(const uint32_t *landmarks, uint32_t vertex)
{
	const uint32_t *landmark = &landmarks[vertex >> LANDMARK_SHIFT];
	uint64_t part = vertex & ((1 << LANDMARK_SHIFT) - 1);
	uint64_t rise = landmark[1] - landmark[0];
	return landmark[0] + (uint32_t)(rise * part >> LANDMARK_SHIFT);
}

#endif
