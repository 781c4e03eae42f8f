/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_LEAK_LIVE_WAIT_FOR_H
#define DOWSE_LEAK_LIVE_WAIT_FOR_H

#include "base/error.h"
#include "base/vector.h"

/*
 * Who waits for whom. A vertex is a goroutine; an edge says that it goes on only after another one
 * has done something that this one does while it runs. So goroutines on a cycle never go on, and
 * neither do those from which a way leads there.
 */
struct wait_edge {
	uint32_t from, to;
	uint32_t held; /* index of what `to` holds; WAIT_FOR_NONE: it owes something else */
};

#define WAIT_FOR_NONE UINT32_MAX

DEFINE_VECTOR(wait_edge_vector, struct wait_edge);

struct wait_for {
	uint32_t count;
	struct wait_edge_vector edges; /* sorted by `from` once it is solved */
	uint32_t *rows;                /* count + 1: where the edges of each begin */
	uint32_t *component; /* the set of those on cycles with it; WAIT_FOR_NONE: on none */
	uint32_t component_count;
	uint32_t *leads_to; /* a component that a way leads to, its own included; WAIT_FOR_NONE */
	/* For wait_for_cycle(), so that many short cycles take no more than they are long. */
	uint32_t *by; /* all WAIT_FOR_NONE in between */
	uint32_t *queue;
};

struct error *wait_for_add(struct wait_for *graph, uint32_t from, uint32_t to, uint32_t held)
	must_use;

/* Find the cycles, among `count` goroutines. */
struct error *wait_for_solve(struct wait_for *graph, uint32_t count) must_use;
void wait_for_deinit(struct wait_for *graph);

/* The edges of a goroutine. */
static inline const struct wait_edge *wait_for_edges(const struct wait_for *graph, uint32_t from,
						     uint32_t *ret_count)
{
	*ret_count = graph->rows[from + 1] - graph->rows[from];
	return graph->edges.items + graph->rows[from];
}

/*
 * A shortest cycle through a goroutine of a component, as edges, at most `capacity`; 0 when it is
 * longer.
 */
size_t wait_for_cycle(struct wait_for *graph, uint32_t through, struct wait_edge *ret,
		      size_t capacity);

#endif
