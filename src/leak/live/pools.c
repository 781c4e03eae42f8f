/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "heap/names.h"
#include "heap/pools.h"
#include "leak/live/callers.h"
#include "leak/live/library.h"
#include "leak/live/live.h"
#include "model/quantity.h"

/*
 * L30: a sync.Pool in which things have become heavy. What lies in a pool is dropped by the second
 * collection after nobody took it, so that a pool at rest is empty: what is found there is in use again
 * and again, and stays as large as it ever was.
 *
 * A pool of buffers that are large by design is what pools are for. Two things tell those from buffers
 * that have grown: they have all one size; and they are not of a kind that grows by itself, as
 * bytes.Buffer does. So a pool is reported when it holds at least 8 MiB in things of 1 MiB and more on
 * average, and these are of very different sizes, or bytes.Buffers; otherwise from 64 MiB on as a
 * suspicion, if that is half of all that is alive.
 */
#define HEAVY_TOTAL   (UINT64_C(8) << 20)
#define HEAVY_EACH    (UINT64_C(1) << 20)
#define UNEVEN_TIMES  4
#define SUSPECT_TOTAL (UINT64_C(64) << 20)
#define FINDINGS_MAX  5

static struct error *pools_read(const struct live_evidence *evidence, void **ret_notes)
{
	struct heap_pool_vector *notes = calloc(1, sizeof(*notes));
	*ret_notes = notes;
	return notes ? heap_pools_find(evidence->heap, notes) : error_no_memory();
}

static void pools_forget(void *notes)
{
	heap_pool_vector_deinit(notes);
	free(notes);
}

/* What is in a pool. */
struct contents {
	const struct live_evidence *evidence;
	uint64_t count; /* heavy things */
	uint64_t bytes; /* of these */
	uint64_t light; /* the others */
	uint64_t smallest, largest;
	uint32_t example; /* the largest */
	bool grows;       /* one of them is of a kind that grows by itself */
};

/* What the pool holds of it: a buffer that somebody else holds as well is no matter of the pool. */
static struct error *take_item(void *argument, uint32_t vertex)
{
	struct contents *contents = argument;
	const struct heap *heap = contents->evidence->heap;
	uint64_t bytes = heap_retained(heap, vertex);
	const char *name;
	contents->smallest = MIN(contents->smallest, bytes);
	if (bytes < HEAVY_EACH) {
		contents->light++;
		return NULL;
	}
	TRY(heap_types_name(heap->types, heap_object_type(heap, vertex), &name));
	contents->grows |= strcmp(name, "bytes.Buffer") == 0;
	contents->count++;
	contents->bytes += bytes;
	if (bytes > contents->largest) {
		contents->largest = bytes;
		contents->example = vertex;
	}
	return NULL;
}

static bool judge(const struct contents *contents, enum certainty *ret)
{
	const struct runtime_counters *counters = contents->evidence->counters;
	bool uneven = contents->largest / UNEVEN_TIMES >= contents->smallest;
	if (!contents->count || contents->bytes < HEAVY_TOTAL)
		return false;
	*ret = CERTAINTY_LIKELY;
	if (contents->grows || uneven)
		return true;
	*ret = CERTAINTY_SUSPECT;
	return contents->bytes >= SUSPECT_TOTAL && counters && counters->heap_marked > 0 &&
	       contents->bytes >= (uint64_t)counters->heap_marked / 2;
}

/* The largest thing that it leads to and holds alone: that is what has grown. */
static uint32_t heaviest_part(const struct heap *heap, uint32_t vertex)
{
	const struct heap_graph *graph = &heap->scan.graph;
	uint32_t heaviest = vertex;
	uint64_t most = heap_object_size(heap, vertex);
	for (uint32_t i = graph->rows[vertex]; i < graph->rows[vertex + 1]; i++) {
		uint32_t target = edge_target(graph->edges[i]);
		if (graph->edges[i] == EDGE_NONE || heap_object_size(heap, target) <= most)
			continue;
		most = heap_object_size(heap, target);
		heaviest = target;
	}
	return heaviest;
}

static struct error *name_pool(const struct heap *heap, const struct heap_pool *pool,
			       const char **ret)
{
	const struct variable *variable =
		heap->roots.variables ? variables_find(heap->roots.variables, pool->address) : NULL;
	*ret = variable ? variable->name : NULL;
	return NULL;
}

static struct error *tell(const struct live_evidence *evidence, const struct heap_pool *pool,
			  const struct contents *contents, enum certainty certainty,
			  struct findings *ret)
{
	static const char *const makers[] = { "sync.(*Pool).Put", NULL };
	const struct heap *heap = evidence->heap;
	const char *type;
	char count[QUANTITY_SIZE], bytes[QUANTITY_SIZE], light[QUANTITY_SIZE], most[QUANTITY_SIZE];
	struct finding finding = {
		.rule = RULE_HEAVY_POOL,
		.certainty = certainty,
		.count = contents->count,
		.bytes = (int64_t)contents->bytes,
		.growth_per_hour = INT64_MIN,
		.bytes_per_hour = INT64_MIN,
		.wait_min_ns = -1,
		.wait_max_ns = -1,
	};
	TRY(name_pool(heap, pool, &finding.subject));
	TRY(heap_types_name(heap->types, heap_object_type(heap, contents->example), &type));
	finding.title = findings_text(ret, "%s keeps %s in %s of %s",
				      finding.subject ? finding.subject : "a sync.Pool",
				      quantity_bytes((int64_t)contents->bytes, bytes),
				      quantity_count(contents->count, count), type);
	finding.why = findings_text(
		ret,
		"The largest takes %s, and %s in the pool take less than 1 MiB. Whoever takes one of the large ones for something small puts it back as large as it is, so that it is never dropped while the pool is in use.",
		quantity_bytes((int64_t)contents->largest, most),
		quantity_count(contents->light, light));
	if (certainty == CERTAINTY_SUSPECT)
		finding.settle =
			"See whether they were made as large as they are: then the pool holds what it is meant to.";
	TRY(live_callers_tell(evidence, heaviest_part(heap, contents->example), makers, 0, ret,
			      &finding));
	return finding_vector_append(&ret->list, &finding);
}

static struct error *pools_find(const struct live_evidence *evidence, void *notes,
				struct findings *ret)
{
	const struct heap_pool_vector *pools = notes;
	size_t found = 0;
	if (!pools || !evidence->heap->dominators.count)
		return NULL;
	for (size_t i = 0; i < pools->count && found < FINDINGS_MAX; i++) {
		const struct heap_pool *pool = &pools->items[i];
		struct contents contents = { .evidence = evidence, .smallest = UINT64_MAX };
		enum certainty certainty;
		if (pool->locals != VERTEX_NONE)
			TRY(heap_pool_items(evidence->heap, pool->locals, take_item, &contents));
		if (pool->victims != VERTEX_NONE && pool->victims != pool->locals)
			TRY(heap_pool_items(evidence->heap, pool->victims, take_item, &contents));
		if (!judge(&contents, &certainty))
			continue;
		TRY(tell(evidence, pool, &contents, certainty, ret));
		found++;
	}
	return NULL;
}

const struct live_detector live_pools = {
	.read = pools_read,
	.find = pools_find,
	.forget = pools_forget,
};
