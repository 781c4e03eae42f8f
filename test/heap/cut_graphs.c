/* SPDX-License-Identifier: Apache-2.0 */

/*
 * cut_graphs PID COUNT: cut so many small pieces out of the object graph of a process, each around
 * another object, and hold their dominators against the naive ones. Prints "COUNT pieces, of N
 * vertices on average", or what is wrong; the status is 1 then.
 */
#include <stdio.h>
#include <stdlib.h>

#include "heap/heap.h"
#include "naive_dominators.h"
#include "target/process.h"

#define INSIDE 48 /* objects of a piece; the rest of its vertices are roots */

struct piece {
	const struct heap *heap;
	uint32_t inside[INSIDE];
	uint32_t count;
	struct small_graph small;
	uint32_t edge_count;
};

static uint32_t place(const struct piece *piece, uint32_t vertex)
{
	for (uint32_t i = 0; i < piece->count; i++) {
		if (piece->inside[i] == vertex)
			return i;
	}
	return VERTEX_NONE;
}

static void take(struct piece *piece, uint32_t vertex)
{
	if (piece->count < INSIDE && heap_is_reached(piece->heap, vertex) &&
	    place(piece, vertex) == VERTEX_NONE)
		piece->inside[piece->count++] = vertex;
}

/* Breadth-first, along some of each object's edges, so that wide ones do not fill the piece. */
static void gather(struct piece *piece, uint32_t start)
{
	const struct heap_graph *graph = &piece->heap->scan.graph;
	take(piece, start);
	for (uint32_t i = 0; i < piece->count; i++) {
		uint32_t first = graph->rows[piece->inside[i]];
		uint32_t end = MIN(graph->rows[piece->inside[i] + 1], first + 12);
		for (uint32_t k = first; k < end; k++) {
			if (graph->edges[k] != EDGE_NONE)
				take(piece, edge_target(graph->edges[k]));
		}
	}
}

/* The words that lead into the piece; false when there are none. */
static bool add_row(struct piece *piece, uint32_t vertex)
{
	const struct heap_graph *graph = &piece->heap->scan.graph;
	bool any = false;
	for (uint32_t k = graph->rows[vertex]; k < graph->rows[vertex + 1]; k++) {
		uint32_t edge = graph->edges[k];
		uint32_t inside = edge == EDGE_NONE ? VERTEX_NONE : place(piece, edge_target(edge));
		if (piece->edge_count == SMALL_EDGES)
			break;
		piece->small.edges[piece->edge_count++] =
			inside == VERTEX_NONE ? EDGE_NONE
					      : edge_make(inside, edge_is_interior(edge));
		any |= inside != VERTEX_NONE;
	}
	return any;
}

/* Whoever points into it from outside is a root of the piece, up to as many as there is room for. */
static void add_roots(struct piece *piece)
{
	const struct heap_graph *graph = &piece->heap->scan.graph;
	struct heap_graph *small = &piece->small.graph;
	for (uint32_t vertex = 0; vertex < graph->vertex_count; vertex++) {
		uint32_t before = piece->edge_count;
		if (small->vertex_count == SMALL_VERTICES - 1 ||
		    place(piece, vertex) != VERTEX_NONE || !heap_is_reached(piece->heap, vertex))
			continue;
		if (add_row(piece, vertex))
			piece->small.rows[++small->vertex_count] = piece->edge_count;
		else
			piece->edge_count = before;
	}
}

static const char *judge(const struct heap *heap, uint32_t start, uint32_t *ret_vertices)
{
	static struct piece piece;
	piece = (struct piece){ .heap = heap };
	struct heap_graph *small = &piece.small.graph;
	gather(&piece, start);
	small->rows = piece.small.rows;
	small->edges = piece.small.edges;
	small->object_count = small->vertex_count = piece.count;
	piece.small.may_use = UINT64_MAX;
	for (uint32_t i = 0; i < piece.count; i++) {
		add_row(&piece, piece.inside[i]);
		piece.small.rows[i + 1] = piece.edge_count;
	}
	add_roots(&piece);
	*ret_vertices = small->vertex_count;
	return naive_dominators_judge(&piece.small);
}

static struct error *run(pid_t pid, unsigned count)
{
	_cleanup_(target_cleanup) struct target *target = NULL;
	_cleanup_(runtime_cleanup) struct runtime *runtime = NULL;
	_cleanup_(heap_cleanup) struct heap *heap = NULL;
	uint64_t random = 88172645463325252u, sum = 0;
	TRY(process_open(pid, &target));
	TRY(runtime_open(target, &runtime));
	TRY(target_stop(target));
	struct error *error = heap_read(runtime, &heap);
	target_release(target, NULL);
	TRY(error);
	TRY(heap_search(heap));
	for (unsigned done = 0; done < count;) {
		uint32_t vertices;
		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		uint32_t start = (uint32_t)(random % heap->scan.graph.object_count);
		if (!heap_bit(heap->reached, start) ||
		    heap->scan.graph.rows[start] == heap->scan.graph.rows[start + 1])
			continue;
		const char *wrong = judge(heap, start, &vertices);
		if (wrong)
			return error_new(ERROR_OTHER, "the piece around vertex %u: %s", start,
					 wrong);
		sum += vertices;
		done++;
	}
	printf("%u pieces, of %.1f vertices on average\n", count, (double)sum / count);
	return NULL;
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	struct error *error = run((pid_t)strtol(argv[1], NULL, 10),
				  (unsigned)strtoul(argv[2], NULL, 10));
	if (!error)
		return 0;
	printf("%s\n", error->message);
	error_destroy(error);
	return 1;
}
