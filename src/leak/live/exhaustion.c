/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "heap/holders.h"
#include "heap/names.h"
#include "leak/live/holder.h"
#include "leak/live/library.h"
#include "leak/live/live.h"
#include "model/quantity.h"

/*
 * L38: what is alive comes near to what there may be. Not how much memory the process has now, which
 * is garbage for the most part, but what the last collection found in use:
 *
 *   - A limit of the runtime's own (GOMEMLIMIT): as what is alive, and what Go needs beside the heap,
 *     come near it, collections follow one another. At nine tenths that is at hand.
 *   - A limit of the control group: with GOGC=100 the heap grows to twice what is alive before it is
 *     collected. If that does not fit, the kernel ends the process first, unless a limit of the
 *     runtime's own makes it collect earlier.
 *
 * Two collections must have been, so that what is alive is what stays.
 */
#define LIVE_LEAST     (INT64_C(32) << 20)
#define COLLECTIONS    2
#define PERCENT_LIKELY 90
#define PERCENT_LOOK   75

struct limit {
	int64_t bytes;  /* that there may be; INT64_MAX: none */
	int64_t needed; /* at the next peak, or always */
	int64_t live;
	bool group; /* the control group's */
};

/* What Go itself takes beside its objects, as GOMEMLIMIT counts. */
static int64_t go_besides(const struct runtime_counters *counters)
{
	return MAX(counters->stacks, INT64_C(0)) + MAX(counters->runtime_in_heap, INT64_C(0)) +
	       MAX(counters->runtime_outside, INT64_C(0));
}

static int64_t group_besides(const struct runtime_memory *memory)
{
	int64_t heap = memory->parts[MEMORY_LIVE] + memory->parts[MEMORY_SINCE_GC] +
		       memory->parts[MEMORY_GARBAGE] + memory->parts[MEMORY_FRAGMENTS] +
		       memory->parts[MEMORY_FREE];
	return MAX(memory->cgroup.used - MAX(memory->cgroup.page_cache, INT64_C(0)) - heap,
		   INT64_C(0));
}

static bool own_limit(const struct live_evidence *evidence, struct limit *ret)
{
	const struct runtime_counters *counters = evidence->counters;
	if (counters->memory_limit <= 0 || counters->memory_limit == INT64_MAX)
		return false;
	*ret = (struct limit){
		.bytes = counters->memory_limit,
		.needed = counters->heap_marked + go_besides(counters),
		.live = counters->heap_marked,
	};
	return true;
}

static bool group_limit(const struct live_evidence *evidence, struct limit *ret)
{
	const struct runtime_counters *counters = evidence->counters;
	const struct runtime_memory *memory = evidence->memory;
	if (!memory || memory->cgroup.limit <= 0 || memory->cgroup.used < 0)
		return false;
	int64_t peak = counters->heap_marked;
	/* Collected by its own limit first, or never by growth. */
	bool earlier = counters->memory_limit > 0 && counters->memory_limit <= memory->cgroup.limit;
	if (!earlier && counters->gc_percent > 0)
		peak += peak / 100 * counters->gc_percent;
	*ret = (struct limit){
		.bytes = memory->cgroup.limit,
		.needed = peak + group_besides(memory),
		.live = counters->heap_marked,
		.group = true,
	};
	return true;
}

/* False: there is room. */
static bool is_near(const struct limit *limit, enum certainty *ret)
{
	int64_t percent = limit->needed / MAX(limit->bytes / 100, INT64_C(1));
	if (percent < PERCENT_LOOK || (limit->group && percent < 100))
		return false;
	/* At twice what is alive, less than half of the limit may be alive: that is no need yet. */
	if (limit->group && limit->live * 100 / limit->bytes < PERCENT_LOOK / 2)
		return false;
	*ret = percent >= PERCENT_LIKELY ? CERTAINTY_LIKELY : CERTAINTY_SUSPECT;
	return true;
}

/* The root that holds most; VERTEX_NONE. */
static uint32_t largest_root(const struct heap *heap)
{
	uint32_t largest = VERTEX_NONE;
	uint64_t most = 0;
	for (uint32_t i = heap->scan.graph.object_count; i < heap->scan.graph.vertex_count; i++) {
		uint64_t retained = heap_retained(heap, i);
		if (retained <= most)
			continue;
		most = retained;
		largest = i;
	}
	return largest;
}

static uint32_t largest_child(const struct heap *heap, uint32_t vertex)
{
	const struct heap_graph *graph = &heap->scan.graph;
	uint32_t largest = VERTEX_NONE;
	uint64_t most = 0;
	for (uint32_t i = graph->rows[vertex]; i < graph->rows[vertex + 1]; i++) {
		uint32_t target = edge_target(graph->edges[i]);
		if (graph->edges[i] == EDGE_NONE || heap_retained(heap, target) <= most ||
		    library_dominator(heap, target) != vertex)
			continue;
		most = heap_retained(heap, target);
		largest = target;
	}
	return largest;
}

/* Down from the root while one child holds most of it; then one of its largest children. */
static uint32_t find_example(const struct heap *heap, uint32_t root)
{
	uint32_t vertex = root;
	for (int depth = 0; depth < 64; depth++) {
		uint32_t child = largest_child(heap, vertex);
		if (child == VERTEX_NONE)
			return vertex;
		if (heap_retained(heap, child) < heap_retained(heap, vertex) / 2)
			return child;
		vertex = child;
	}
	return vertex;
}

static struct error *tell_holder(const struct live_evidence *evidence, struct findings *ret,
				 struct finding *finding)
{
	const struct heap *heap = evidence->heap;
	char held[QUANTITY_SIZE];
	uint32_t root = heap && heap->dominators.count ? largest_root(heap) : VERTEX_NONE;
	if (root == VERTEX_NONE)
		return NULL;
	TRY(live_holder_tell(evidence, find_example(heap, root), ret, finding));
	struct writer name = WRITER_TO_MEMORY;
	struct error *error = heap_vertex_text(heap, root, &name);
	const char *text = error ? NULL : writer_text(&name);
	if (text)
		finding->why = findings_text(
			ret, "%s Most of it, %s, is held by %s.", finding->why,
			quantity_bytes((int64_t)heap_retained(heap, root), held), text);
	writer_deinit(&name);
	return error;
}

static struct error *tell(const struct live_evidence *evidence, const struct limit *limit,
			  enum certainty certainty, struct findings *ret)
{
	char live[QUANTITY_SIZE], may[QUANTITY_SIZE], needed[QUANTITY_SIZE];
	struct finding finding = {
		.rule = RULE_OUT_OF_MEMORY_AHEAD,
		.certainty = certainty,
		.count = 1,
		.bytes = limit->live,
		.growth_per_hour = INT64_MIN,
		.bytes_per_hour = INT64_MIN,
		.wait_min_ns = -1,
		.wait_max_ns = -1,
	};
	quantity_bytes(limit->live, live);
	quantity_bytes(limit->bytes, may);
	quantity_bytes(limit->needed, needed);
	finding.title =
		limit->group
			? findings_text(ret, "%s are alive, and the control group allows %s", live,
					may)
			: findings_text(ret, "%s are alive, and the memory limit is %s", live, may);
	finding.why =
		limit->group
			? findings_text(
				  ret,
				  "Before the next collection begins, the process needs %s (GOGC=%lld, and what is not Go's heap): the kernel ends it before that.",
				  needed, (long long)evidence->counters->gc_percent)
			: findings_text(
				  ret,
				  "The last collection found so much in use, and with stacks and the runtime's own structures Go needs %s: the nearer that comes to the limit, the more time goes into collections.",
				  needed);
	if (certainty == CERTAINTY_SUSPECT)
		finding.settle =
			"Look again after a while at like load: what grows gets there, a cache stays where it is.";
	TRY(tell_holder(evidence, ret, &finding));
	return finding_vector_append(&ret->list, &finding);
}

static struct error *exhaustion_find(const struct live_evidence *evidence, void *notes,
				     struct findings *ret)
{
	struct limit limit;
	enum certainty certainty;
	(void)notes;
	if (!evidence->counters || evidence->counters->gc_count < COLLECTIONS ||
	    evidence->counters->heap_marked < LIVE_LEAST)
		return NULL;
	if (own_limit(evidence, &limit) && is_near(&limit, &certainty))
		return tell(evidence, &limit, certainty, ret);
	if (group_limit(evidence, &limit) && is_near(&limit, &certainty))
		return tell(evidence, &limit, certainty, ret);
	return NULL;
}

const struct live_detector live_exhaustion = { .find = exhaustion_find };
