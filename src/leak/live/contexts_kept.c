/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "heap/edge_names.h"
#include "heap/names.h"
#include "leak/live/callers.h"
#include "leak/live/library.h"
#include "leak/live/timer_queues.h"
#include "model/quantity.h"

/*
 * L11: contexts whose cancel function was lost. A context is known to its parent until it is cancelled,
 * and one with a timeout to the runtime's timers. Where nothing else leads to it, neither a goroutine
 * nor the function that cancels it, nobody can cancel it any more but its parent, or its time.
 *
 * One or a few are set up at a program's start and meant to last. A hundred are made by something that
 * goes on. Those with a timeout go away by themselves, so the last must have a minute left. What is
 * still used by a request that is going on is led to by its goroutine, however many there are.
 */
#define LOST_LIKELY    100
#define LOST_SUSPECT   20
#define TIMEOUT_LEFT   (UINT64_C(60) * 1000000000)
#define FINDINGS_MAX   5
#define CONTEXTS_LEAST LOST_SUSPECT

enum context_type { CONTEXT_CANCEL, CONTEXT_TIMER, CONTEXT_VALUE, CONTEXT_STOP, CONTEXT_AFTER };

static const struct library_type context_types[] = {
	{ "context", "context.cancelCtx" },    { "context", "context.timerCtx" },
	{ "context", "context.valueCtx" },     { "context", "context.stopCtx" },
	{ "context", "context.afterFuncCtx" },
};

#define NO_CONTEXT UINT32_MAX

struct context {
	uint32_t vertex;
	enum context_type type;
	uint32_t children; /* vertex of its parent's map of children; VERTEX_NONE */
	bool held;
	uint32_t first; /* who is held by it: links; NO_CONTEXT */
};

DEFINE_VECTOR(context_vector, struct context);

/* One context leads to another. */
struct link {
	uint32_t to;
	uint32_t next;
};

DEFINE_VECTOR(link_vector, struct link);
DEFINE_VECTOR(vertex_vector, uint32_t);

struct contexts {
	const struct heap *heap;
	struct context_vector list;
	struct link_vector links;
	struct map by_vertex;      /* vertex → place in the list */
	struct map timer_closures; /* vertices: what timers call */
	uint64_t *wanted;          /* a bit for each object: a context */
	uint64_t last;             /* when the last timeout is due */
};

static struct error *contexts_read(const struct live_evidence *evidence, void **ret_notes)
{
	struct timer_queues *queues = calloc(1, sizeof(*queues));
	*ret_notes = queues;
	return queues ? timer_queues_read(evidence->heap, queues) : error_no_memory();
}

static void contexts_forget(void *notes)
{
	timer_queues_deinit(notes);
	free(notes);
}

static void contexts_deinit(struct contexts *contexts)
{
	context_vector_deinit(&contexts->list);
	link_vector_deinit(&contexts->links);
	map_deinit(&contexts->by_vertex);
	map_deinit(&contexts->timer_closures);
	free(contexts->wanted);
}

static struct error *gather(struct contexts *contexts, const struct library_objects *objects,
			    const struct timer_queues *queues)
{
	const struct heap *heap = contexts->heap;
	struct map_slot *slot;
	contexts->wanted = calloc(heap->scan.graph.object_count / 64 + 1,
				  sizeof(*contexts->wanted));
	if (!contexts->wanted)
		return error_no_memory();
	for (size_t i = 0; i < objects->list.count; i++) {
		const struct context context = {
			.vertex = objects->list.items[i].vertex,
			.type = (enum context_type)objects->list.items[i].type,
			.children = VERTEX_NONE,
			.first = NO_CONTEXT,
		};
		heap_bit_set(contexts->wanted, context.vertex);
		TRY(map_insert(&contexts->by_vertex, context.vertex, contexts->list.count, &slot));
		TRY(context_vector_append(&contexts->list, &context));
	}
	for (size_t i = 0; i < queues->list.count; i++) {
		const struct queued_timer *timer = &queues->list.items[i];
		if (timer->calls == TIMER_FUNCTION && timer->argument != VERTEX_NONE)
			TRY(map_insert(&contexts->timer_closures, timer->argument, timer->when,
				       &slot));
	}
	return NULL;
}

/* The word of a map's piece that leads to it: is that a parent's map of its children? */
static struct error *is_children(const struct heap *heap, uint32_t vertex, bool *ret)
{
	const char *name;
	TRY(heap_types_name(heap->types, heap_object_type(heap, vertex), &name));
	*ret = strncmp(name, "map[context.canceler]", strlen("map[context.canceler]")) == 0;
	return NULL;
}

static struct error *note_edge(struct contexts *contexts, uint32_t from, uint32_t to)
{
	const struct heap *heap = contexts->heap;
	const struct map_slot *slot = map_find(&contexts->by_vertex, to), *source;
	const struct map_slot *timer;
	struct context *context = &contexts->list.items[slot->value];
	bool children = false;
	if (context->held || from == to)
		return NULL;
	if (from >= heap->scan.graph.object_count) {
		context->held = true;
		return NULL;
	}
	if ((timer = map_find(&contexts->timer_closures, from))) {
		contexts->last = MAX(contexts->last, timer->value);
		return NULL;
	}
	if ((source = map_find(&contexts->by_vertex, from))) {
		const struct link link = {
			.to = (uint32_t)slot->value,
			.next = contexts->list.items[source->value].first,
		};
		contexts->list.items[source->value].first = (uint32_t)contexts->links.count;
		return link_vector_append(&contexts->links, &link);
	}
	if (heap_is_map_piece(heap, from))
		TRY(is_children(heap, from, &children));
	if (!children) {
		context->held = true;
		return NULL;
	}
	context->children = heap_map_of_piece(heap, from);
	return NULL;
}

/* Who leads to a context: one pass over all edges of what can be reached. */
static struct error *note_edges(struct contexts *contexts)
{
	const struct heap *heap = contexts->heap;
	const struct heap_graph *graph = &heap->scan.graph;
	for (uint32_t vertex = 0; vertex < graph->vertex_count; vertex++) {
		uint32_t end = graph->rows[vertex + 1];
		if (graph->rows[vertex] == end || !heap_is_reached(heap, vertex))
			continue;
		for (uint32_t i = graph->rows[vertex]; i < end; i++) {
			uint32_t target = edge_target(graph->edges[i]);
			if (graph->edges[i] != EDGE_NONE && heap_bit(contexts->wanted, target))
				TRY(note_edge(contexts, vertex, target));
		}
	}
	return NULL;
}

/* What a held one leads to is held. */
static struct error *spread(struct contexts *contexts)
{
	_cleanup_(vertex_vector_deinit) struct vertex_vector queue = { 0 };
	for (uint32_t i = 0; i < contexts->list.count; i++) {
		if (contexts->list.items[i].held)
			TRY(vertex_vector_append(&queue, &i));
	}
	for (size_t i = 0; i < queue.count; i++) {
		uint32_t at = contexts->list.items[queue.items[i]].first;
		for (; at != NO_CONTEXT; at = contexts->links.items[at].next) {
			uint32_t to = contexts->links.items[at].to;
			if (contexts->list.items[to].held)
				continue;
			contexts->list.items[to].held = true;
			TRY(vertex_vector_append(&queue, &to));
		}
	}
	return NULL;
}

/* Lost ones of one parent; those with a timeout apart. */
struct lost {
	uint32_t children; /* the parent's map; VERTEX_NONE: no parent that can be cancelled */
	bool timeout;
	uint64_t count;
	uint64_t bytes;
	uint32_t example;
};

DEFINE_VECTOR(lost_vector, struct lost);

static struct error *lost_add(struct lost_vector *list, const struct heap *heap,
			      const struct context *context)
{
	bool timeout = context->type == CONTEXT_TIMER;
	size_t i = 0;
	while (i < list->count &&
	       (list->items[i].children != context->children || list->items[i].timeout != timeout))
		i++;
	if (i == list->count) {
		const struct lost fresh = {
			.children = context->children,
			.timeout = timeout,
			.example = context->vertex,
			.bytes = context->children == VERTEX_NONE
					 ? 0
					 : heap_retained(heap, context->children),
		};
		TRY(lost_vector_append(list, &fresh));
	}
	struct lost *lost = &list->items[i];
	lost->count++;
	if (lost->children == VERTEX_NONE ||
	    !library_dominates(heap, lost->children, context->vertex))
		lost->bytes += heap_retained(heap, context->vertex);
	return NULL;
}

static int lost_compare(const void *left, const void *right)
{
	const struct lost *a = left, *b = right;
	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	return a->example < b->example ? -1 : a->example > b->example;
}

static struct error *tell(const struct live_evidence *evidence, const struct lost *lost,
			  uint64_t left_ns, struct findings *ret)
{
	static const char *const cancels[] = {
		"context.WithCancel",
		"context.WithCancelCause",
		"context.withCancel",
		"os/signal.NotifyContext",
		NULL,
	};
	static const char *const timeouts[] = {
		"context.WithTimeout",
		"context.WithDeadline",
		"context.WithTimeoutCause",
		"context.WithDeadlineCause",
		NULL,
	};
	char count[QUANTITY_SIZE], left[QUANTITY_SIZE];
	bool many = lost->count >= LOST_LIKELY;
	struct finding finding = {
		.rule = RULE_CANCEL_NEVER_CALLED,
		.certainty = many ? CERTAINTY_LIKELY : CERTAINTY_SUSPECT,
		.count = lost->count,
		.bytes = (int64_t)lost->bytes,
		.growth_per_hour = INT64_MIN,
		.bytes_per_hour = INT64_MIN,
		.wait_min_ns = -1,
		.wait_max_ns = -1,
	};
	quantity_count(lost->count, count);
	if (lost->timeout) {
		finding.also = UINT64_C(1) << RULE_TIMER_NOT_STOPPED;
		finding.title = findings_text(
			ret,
			"%s contexts wait for their timeout, the last for %s: nobody cancels them",
			count, quantity_duration((int64_t)left_ns, left));
		finding.why =
			"Nothing but their timers, and the context that they were derived from, leads to them: the functions that would cancel them are gone. Each keeps its timer, its values and its place with its parent until its time is over.";
	} else {
		finding.title = findings_text(
			ret,
			"%s contexts can be cancelled by nobody but the one they were derived from",
			count);
		finding.why =
			"Nothing but their parent's list of children leads to them: the functions that would cancel them are gone. They stay there, with their values, for as long as the parent lives.";
	}
	if (!many)
		finding.settle =
			"Count them again after a while at like load: what is made at the start keeps its number.";
	TRY(live_callers_tell(evidence, lost->example, lost->timeout ? timeouts : cancels, 0, ret,
			      &finding));
	return finding_vector_append(&ret->list, &finding);
}

static struct error *judge(const struct live_evidence *evidence, const struct contexts *contexts,
			   uint64_t now, struct findings *ret)
{
	_cleanup_(lost_vector_deinit) struct lost_vector lost = { 0 };
	uint64_t left_ns = contexts->last > now ? contexts->last - now : 0;
	for (size_t i = 0; i < contexts->list.count; i++) {
		const struct context *context = &contexts->list.items[i];
		if (!context->held &&
		    (context->type == CONTEXT_CANCEL || context->type == CONTEXT_TIMER))
			TRY(lost_add(&lost, contexts->heap, context));
	}
	if (lost.count)
		qsort(lost.items, lost.count, sizeof(*lost.items), lost_compare);
	for (size_t i = 0; i < lost.count && i < FINDINGS_MAX; i++) {
		if (lost.items[i].count < LOST_SUSPECT)
			break;
		if (lost.items[i].timeout &&
		    (left_ns < TIMEOUT_LEFT || lost.items[i].count < LOST_LIKELY))
			continue;
		TRY(tell(evidence, &lost.items[i], left_ns, ret));
	}
	return NULL;
}

static struct error *contexts_find(const struct live_evidence *evidence, void *notes,
				   struct findings *ret)
{
	const struct timer_queues *queues = notes;
	_cleanup_(library_objects_deinit) struct library_objects objects = { 0 };
	_cleanup_(contexts_deinit) struct contexts contexts = { .heap = evidence->heap };
	if (!queues || !evidence->heap->dominators.count)
		return NULL;
	TRY(library_objects_find(evidence->heap, context_types, ARRAY_SIZE(context_types),
				 &objects));
	if (objects.list.count < CONTEXTS_LEAST)
		return NULL;
	TRY(gather(&contexts, &objects, queues));
	TRY(note_edges(&contexts));
	TRY(spread(&contexts));
	return judge(evidence, &contexts, queues->now, ret);
}

const struct live_detector live_contexts_kept = {
	.read = contexts_read,
	.find = contexts_find,
	.forget = contexts_forget,
};
