/* SPDX-License-Identifier: Apache-2.0 */
#include "base/map.h"
#include "leak/live/liveness.h"
#include "leak/live/locks_private.h"

/*
 * A goroutine that holds a lock may wait for something else: a WaitGroup, a channel. If those that
 * are to call Done, to send or to receive wait for its lock, all of them wait for ever.
 *
 * Who is to do that is not written anywhere. It must be one that can reach the WaitGroup or channel.
 * Where nobody who may still run can, that is all there is to know: any of those that wait for the
 * lock and can reach it will do. Otherwise one is believed that the waiting goroutine has started,
 * and of a WaitGroup alone, which needs every Done; a channel may be served by anybody.
 */
#define REACH_STEPS    3
#define REACH_VERTICES 256

static uint32_t vertex_at(const struct locks *locks, uint64_t address)
{
	uint32_t edge = heap_spans_edge(&locks->evidence->heap->spans, address);
	return edge == EDGE_NONE ? VERTEX_NONE : edge_target(edge);
}

bool lock_reaches(const struct locks *locks, uint32_t goroutine, uint64_t address)
{
	const struct heap_graph *graph = &locks->evidence->heap->scan.graph;
	uint32_t target = vertex_at(locks, address), queue[REACH_VERTICES];
	uint32_t root = locks->roots[goroutine];
	size_t count = 0, begin = 0;
	if (root == VERTEX_NONE || target == VERTEX_NONE)
		return false;
	queue[count++] = root;
	for (int step = 0; step < REACH_STEPS; step++) {
		size_t end = count;
		for (; begin < end; begin++) {
			for (uint32_t i = graph->rows[queue[begin]];
			     i < graph->rows[queue[begin] + 1]; i++) {
				if (graph->edges[i] == EDGE_NONE)
					continue;
				if (edge_target(graph->edges[i]) == target)
					return true;
				if (count < REACH_VERTICES)
					queue[count++] = edge_target(graph->edges[i]);
			}
		}
	}
	return false;
}

static bool has_started(const struct goroutine *parent, const struct goroutine *child)
{
	return child->creator.goroutine && child->creator.goroutine == parent->id;
}

/* Does the one owe the other something that it waits for? */
static bool owes(const struct locks *locks, uint32_t waiting, uint32_t debtor)
{
	const struct live_evidence *evidence = locks->evidence;
	const struct goroutine *goroutine = &evidence->goroutines->list.items[waiting];
	const struct wait *wait = &goroutine->wait;
	bool never = evidence->liveness &&
		     liveness_of(evidence->liveness, goroutine) == LIVENESS_NEVER;
	bool child = has_started(goroutine, &evidence->goroutines->list.items[debtor]);
	switch (wait->kind) {
	case WAIT_WAITGROUP:
		return (never || child) && lock_reaches(locks, debtor, wait->address);
	case WAIT_CHANNEL:
	case WAIT_SELECT:
		for (uint32_t i = 0; never && i < wait->channel_count; i++) {
			if (lock_reaches(locks, debtor, wait->channels[i].address))
				return true;
		}
		return false;
	default:
		return false;
	}
}

struct error *locks_add_debts(struct locks *locks)
{
	/* What was added so far are the waits for locks. */
	size_t count = locks->graph.edges.count;
	for (size_t i = 0; i < count; i++) {
		const struct wait_edge edge = locks->graph.edges.items[i];
		const struct goroutine *holder = &locks->evidence->goroutines->list.items[edge.to];
		if (lock_is_awaited(holder) || !owes(locks, edge.to, edge.from))
			continue;
		TRY(wait_for_add(&locks->graph, edge.to, edge.from, WAIT_FOR_NONE));
	}
	return NULL;
}
