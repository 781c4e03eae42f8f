/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "binary/type.h"
#include "heap/names.h"
#include "leak/live/crowd.h"
#include "leak/live/endless_private.h"
#include "leak/live/library.h"
#include "leak/live/lone_channels.h"
#include "leak/live/past.h"
#include "model/quantity.h"

/*
 * L40: background work whose owner is gone. A goroutine that waits for a ticker never comes to an end by
 * itself; it is to be stopped by who started it. Several of them from one go statement, each of which
 * alone still leads to what it works on, were left behind: nobody can reach the object any more, to use
 * it or to stop its work, nor send on or close what else the goroutine waits for.
 *
 * One of a kind is what a program has for itself. So are as many as it has processors, each with what
 * it needs; and a dozen, one for each of those that it works for, all started at once. From 3 on it is a
 * suspicion. 10, and twice as many as there are processors, are more than that if one came after
 * another: others have been started between them, or more have come since an earlier look. One is
 * enough that a test has left behind which has ended.
 */
#define JOBS_SUSPECT 3
#define JOBS_LIKELY  10
#define JOBS_MANY    32 /* nobody starts as many on purpose, once each */
#define FINDINGS_MAX 5

/* So many others that were started meanwhile, for each of them; ids are handed out by the dozen. */
#define OTHERS_BETWEEN  3
#define IDS_A_PROCESSOR 16
#define FRESH_LEAST     2

/* crowds_gather() hands the evidence along, which is the first part of this. */
struct jobs_evidence {
	struct live_evidence evidence;
	const uint32_t *roots; /* by goroutine: its vertex; VERTEX_NONE */
	const bool *chosen;    /* by goroutine */
};

/* The channel is of a timer: it has times in it, and room for one at most. */
static bool is_ticks(const struct wait_channel *channel)
{
	return !channel->send && channel->capacity <= 1 && channel->element &&
	       strcmp(channel->element, "time.Time") == 0;
}

/* It waits for ticks, and perhaps for more: those channels are added. */
static struct error *waits_for_ticks(const struct heap *heap, const struct goroutine *goroutine,
				     uint32_t index, struct lone_channel_vector *others, bool *ret)
{
	const struct wait *wait = &goroutine->wait;
	bool ticks = false, known = wait->kind == WAIT_CHANNEL || wait->kind == WAIT_SELECT;
	size_t before = others->count;
	for (uint32_t i = 0; known && i < wait->channel_count; i++) {
		const struct wait_channel *channel = &wait->channels[i];
		const struct lone_channel other = {
			.vertex = library_vertex(heap, channel->address),
			.goroutine = index,
		};
		bool is_tick = is_ticks(channel);
		ticks |= is_tick;
		known = channel->known && !channel->closed &&
			(is_tick || other.vertex != VERTEX_NONE);
		if (known && !is_tick)
			TRY(lone_channel_vector_append(others, &other));
	}
	*ret = ticks && known;
	if (!*ret)
		others->count = before;
	return NULL;
}

static bool is_users(const struct live_evidence *evidence, uint32_t vertex)
{
	char package[256];
	struct heap_type type;
	uint32_t number = heap_object_type(evidence->heap, vertex);
	if (number == HEAP_TYPE_UNKNOWN)
		return false;
	heap_types_get(evidence->heap->types, number, &type);
	if (type.form != HEAP_VALUE ||
	    !error_ignore(type_package(runtime_binary(evidence->heap->runtime), type.descriptor,
				       package, sizeof(package) - 2)) ||
	    !package[0])
		return false;
	/* As a function's name begins. */
	memcpy(package + strlen(package), ".", 2);
	return place_is_users(&evidence->places, package);
}

/*
 * A stripped program has no types of most objects: `go test` makes such. Whoever stands in a method has
 * its receiver; of a test's alone, since one that the program has for itself may stand there as well.
 */
static bool may_be_receiver(const struct live_evidence *evidence, const struct goroutine *goroutine,
			    uint32_t vertex)
{
	const struct place place = goroutine_place(goroutine, &evidence->places);
	return goroutine->owner_ended && place.function && strstr(place.function, ".(*") &&
	       heap_object_type(evidence->heap, vertex) == HEAP_TYPE_UNKNOWN;
}

/* It alone holds a value of one of the program's own types. */
static bool has_owner_alone(const struct live_evidence *evidence, const struct goroutine *goroutine,
			    uint32_t root)
{
	const struct heap_graph *graph = &evidence->heap->scan.graph;
	for (uint32_t i = graph->rows[root]; i < graph->rows[root + 1]; i++) {
		uint32_t target = edge_target(graph->edges[i]);
		if (graph->edges[i] != EDGE_NONE &&
		    library_dominator(evidence->heap, target) == root &&
		    (is_users(evidence, target) || may_be_receiver(evidence, goroutine, target)))
			return true;
	}
	return false;
}

static bool is_wanted(const struct live_evidence *evidence, const struct goroutine *goroutine)
{
	const struct jobs_evidence *jobs = (const struct jobs_evidence *)evidence;
	return jobs->chosen[goroutine - evidence->goroutines->list.items];
}

static struct error *find_roots(const struct live_evidence *evidence, uint32_t **ret)
{
	const struct heap *heap = evidence->heap;
	size_t count = evidence->goroutines->list.count;
	uint32_t *roots = malloc((count + 1) * sizeof(*roots));
	if (!roots)
		return error_no_memory();
	for (size_t i = 0; i < count; i++)
		roots[i] = VERTEX_NONE;
	for (size_t i = 0; i < heap->roots.list.count; i++) {
		const struct heap_root *root = &heap->roots.list.items[i];
		if (root->kind == HEAP_ROOT_GOROUTINE && root->goroutine < count)
			roots[root->goroutine] = heap->scan.graph.object_count + (uint32_t)i;
	}
	*ret = roots;
	return NULL;
}

static bool may_be_job(const struct live_evidence *evidence, const struct goroutine *goroutine,
		       uint32_t root)
{
	return goroutine->id != 1 && !goroutine->system && !goroutine->bubble &&
	       goroutine->state == GOROUTINE_WAITING && goroutine->creator.function &&
	       root != VERTEX_NONE && has_owner_alone(evidence, goroutine, root);
}

/* Those that wait for ticks, and for nothing else that somebody leads to. */
static struct error *choose(const struct live_evidence *evidence, const uint32_t *roots,
			    bool *chosen)
{
	_cleanup_(lone_channel_vector_deinit) struct lone_channel_vector others = { 0 };
	for (size_t i = 0; i < evidence->goroutines->list.count; i++) {
		const struct goroutine *goroutine = &evidence->goroutines->list.items[i];
		if (may_be_job(evidence, goroutine, roots[i]))
			TRY(waits_for_ticks(evidence->heap, goroutine, (uint32_t)i, &others,
					    &chosen[i]));
	}
	TRY(lone_channels_check(evidence->heap, others.items, others.count));
	for (size_t i = 0; i < others.count; i++) {
		if (others.items[i].held)
			chosen[others.items[i].goroutine] = false;
	}
	return NULL;
}

/* Did one come after another, while the program did something else besides? */
static bool came_with_time(const struct live_evidence *evidence, const struct crowds *crowds,
			   const struct crowd *crowd, uint64_t processors)
{
	uint64_t first = UINT64_MAX, last = 0, fresh = 0;
	for (uint32_t i = crowd->first; i != CROWD_END; i = crowds->next[i]) {
		const struct goroutine *goroutine = &evidence->goroutines->list.items[i];
		first = MIN(first, goroutine->id);
		last = MAX(last, goroutine->id);
		fresh += evidence->past && !live_past_has(evidence, goroutine);
	}
	return last - first >= crowd->count * OTHERS_BETWEEN + processors * IDS_A_PROCESSOR ||
	       (fresh >= FRESH_LEAST && fresh < crowd->count);
}

static bool is_likely(const struct live_evidence *evidence, const struct crowds *crowds,
		      const struct crowd *crowd)
{
	uint64_t processors = evidence->counters
				      ? (uint64_t)MAX(evidence->counters->processors, INT64_C(0))
				      : 0;
	if (crowd->count < JOBS_LIKELY || crowd->count <= 2 * processors)
		return false;
	return crowd->count >= JOBS_MANY || came_with_time(evidence, crowds, crowd, processors);
}

static struct error *tell(const struct jobs_evidence *jobs, const struct crowds *crowds,
			  const struct crowd *crowd, struct findings *ret)
{
	const struct live_evidence *evidence = &jobs->evidence;
	char count[QUANTITY_SIZE];
	struct endless_loop loop;
	struct finding finding = crowd_finding(crowd, RULE_JOB_WITHOUT_STOP);
	TRY(endless_find_loop(evidence, crowd->example, &loop));
	bool left = crowd->example->owner_ended;
	bool likely = left || is_likely(evidence, crowds, crowd);
	finding.certainty = likely ? CERTAINTY_LIKELY : CERTAINTY_SUSPECT;
	for (uint32_t i = crowd->first; i != CROWD_END; i = crowds->next[i])
		finding.bytes += (int64_t)heap_retained(evidence->heap, jobs->roots[i]);
	finding.title = findings_text(ret,
				      "%s goroutine%s on working at every tick for what nobody "
				      "uses any more",
				      quantity_count(crowd->count, count),
				      crowd->count == 1 ? " goes" : "s go");
	finding.why =
		left ? "It alone still leads to the object that it works on: the test that started it has ended, and nobody can stop it any more."
		     : "Each of them alone still leads to the object that it works on: whoever made that has let go of it, and can neither use it nor stop the goroutine.";
	/* It has something else to wait for besides ticks, and stays whatever comes. */
	if (loop.frame && loop.select) {
		finding.also = UINT64_C(1) << RULE_EXIT_STAYS_IN_LOOP;
		finding.why = findings_text(
			ret,
			"%s No path of the function's machine code leaves the loop around its select, either: a case that was to end it leaves the select alone.",
			finding.why);
	}
	if (!likely)
		finding.settle =
			"Count them again after a while at like load: a fixed set of workers keeps its number.";
	return crowd_report(evidence, crowds, crowd, &finding, ret);
}

static struct error *jobs_find(const struct live_evidence *evidence, void *notes,
			       struct findings *ret)
{
	_cleanup_(crowds_deinit) struct crowds crowds = { 0 };
	_cleanup_(free_pointer) uint32_t *roots = NULL;
	(void)notes;
	if (!evidence->heap || !evidence->heap->dominators.count)
		return NULL;
	TRY(find_roots(evidence, &roots));
	_cleanup_(free_pointer) bool *chosen = calloc(evidence->goroutines->list.count + 1,
						      sizeof(*chosen));
	if (!chosen)
		return error_no_memory();
	TRY(choose(evidence, roots, chosen));
	struct jobs_evidence jobs = { .evidence = *evidence, .roots = roots, .chosen = chosen };
	TRY(crowds_gather(&jobs.evidence, is_wanted, &crowds));
	unsigned found = 0;
	for (size_t i = 0; i < crowds.list.count; i++) {
		const struct crowd *crowd = &crowds.list.items[i];
		bool owned = crowd->example->owner;
		if (owned ? !crowd->example->owner_ended
			  : crowd->count < JOBS_SUSPECT || found == FINDINGS_MAX)
			continue;
		TRY(tell(&jobs, &crowds, crowd, ret));
		found += !owned;
	}
	return NULL;
}

const struct live_detector live_jobs = { .find = jobs_find };
