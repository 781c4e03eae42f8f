/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/map.h"
#include "binary/type.h"
#include "heap/names.h"
#include "heap/specials.h"
#include "leak/live/callers.h"
#include "leak/live/library.h"
#include "leak/live/live.h"
#include "model/quantity.h"
#include "runtime/member.h"

/*
 * L36: an object with a finalizer that leads to itself, through what it points to or through the
 * finalizer's own function. The collector keeps all that such an object leads to until the finalizer
 * has run, and runs it when nothing leads to the object: never. It needs no size and no age; where
 * the program can still reach the object by another way it is in use, and not reported: a ring may
 * yet be broken up.
 *
 * What a weak pointer leads to counts as reached: its Value() brings it back.
 */
#define STEPS_MAX    (UINT64_C(1) << 22) /* of all objects, for finding the way back */
#define STEPS_OF_ONE UINT64_C(100000)
#define FINDINGS_MAX 8

struct finalizer {
	uint32_t vertex;   /* of the object */
	uint32_t function; /* vertex of its closure; VERTEX_NONE */
	uint32_t through;  /* roots, as vertices: what the object leads to, */
	uint32_t keeps;    /* what the record itself keeps; VERTEX_NONE */
	uint32_t type;     /* of the object, as its finalizer is handed it */
	bool closes;       /* the function's closure points to the object */
};

DEFINE_VECTOR(finalizer_vector, struct finalizer);
DEFINE_VECTOR(vertex_vector, uint32_t);

struct finalizer_notes {
	struct finalizer_vector list;
	struct vertex_vector weak; /* objects that weak pointers lead to */
	struct map by_object;      /* vertex → place in the list */
	bool problem;
};

struct walking {
	const struct heap *heap;
	struct finalizer_notes *notes;
};

static struct error *take_special(void *argument, const struct heap_special *special)
{
	struct walking *walking = argument;
	struct finalizer_notes *notes = walking->notes;
	const struct layout *layout = &runtime_binary(walking->heap->runtime)->layout;
	uint32_t vertex = library_vertex(walking->heap, special->object);
	struct map_slot *slot;
	if (vertex == VERTEX_NONE)
		return NULL;
	if (special->kind == layout->special_kind_weak_handle &&
	    layout->special_weak_handle_handle >= 0)
		return vertex_vector_append(&notes->weak, &vertex);
	if (special->kind != layout->special_kind_finalizer || !special->pointers)
		return NULL;
	struct finalizer finalizer = {
		.vertex = vertex,
		.type = heap_object_type(walking->heap, vertex),
		.function = library_vertex(
			walking->heap, member_u64(special->bytes, layout->special_finalizer_fn)),
		.through = VERTEX_NONE,
		.keeps = VERTEX_NONE,
	};
	struct type pointer;
	if (error_ignore(type_read(runtime_binary(walking->heap->runtime),
				   member_u64(special->bytes, layout->special_finalizer_ot),
				   &pointer)) &&
	    pointer.kind == TYPE_POINTER)
		TRY(heap_types_intern(walking->heap->types, HEAP_VALUE, pointer.element,
				      &finalizer.type));
	TRY(map_insert(&notes->by_object, vertex, notes->list.count, &slot));
	return slot->value == notes->list.count ? finalizer_vector_append(&notes->list, &finalizer)
						: NULL;
}

static struct error *finalizers_read(const struct live_evidence *evidence, void **ret_notes)
{
	_cleanup_(address_range_vector_deinit) struct address_range_vector ranges = { 0 };
	struct finalizer_notes *notes = calloc(1, sizeof(*notes));
	struct walking walking = { .heap = evidence->heap, .notes = notes };
	const char *problem;
	*ret_notes = notes;
	if (!notes)
		return error_no_memory();
	TRY(heap_ranges_read(evidence->heap->runtime, &ranges));
	TRY(heap_specials_walk(evidence->heap->runtime, &ranges, take_special, &walking, &problem));
	notes->problem = problem != NULL;
	return NULL;
}

static void finalizers_forget(void *argument)
{
	struct finalizer_notes *notes = argument;
	finalizer_vector_deinit(&notes->list);
	vertex_vector_deinit(&notes->weak);
	map_deinit(&notes->by_object);
	free(notes);
}

/*
 * The roots that come of these records. A finalizer that is going to run soon is a root of that kind
 * as well: it is in a queue, and its object has no record any more.
 */
static void find_roots(const struct heap *heap, struct finalizer_notes *notes)
{
	for (size_t i = 0; i < heap->roots.list.count; i++) {
		const struct heap_root *root = &heap->roots.list.items[i];
		uint32_t vertex = library_vertex(heap, root->address);
		const struct map_slot *slot;
		if (root->kind != HEAP_ROOT_FINALIZER || vertex == VERTEX_NONE ||
		    !(slot = map_find(&notes->by_object, vertex)))
			continue;
		struct finalizer *finalizer = &notes->list.items[slot->value];
		uint32_t at = heap->scan.graph.object_count + (uint32_t)i;
		if (root->through)
			finalizer->through = at;
		else if (root->count == 1)
			finalizer->keeps = at;
	}
}

/* A search that is given up where it becomes long: `seen` are vertices. */
struct search {
	const struct heap *heap;
	struct map seen;
	struct vertex_vector queue;
	uint64_t steps;
};

static struct error *search_meet(struct search *search, uint32_t vertex)
{
	struct map_slot *slot;
	size_t before = search->seen.count;
	TRY(map_insert(&search->seen, vertex, 0, &slot));
	return search->seen.count > before ? vertex_vector_append(&search->queue, &vertex) : NULL;
}

static struct error *search_row(struct search *search, uint32_t vertex, uint32_t wanted,
				bool *ret_found)
{
	const struct heap_graph *graph = &search->heap->scan.graph;
	for (uint32_t i = graph->rows[vertex]; i < graph->rows[vertex + 1]; i++) {
		uint32_t edge = graph->edges[i];
		search->steps++;
		if (edge == EDGE_NONE || !heap_bit(search->heap->spans.used, edge_target(edge)))
			continue;
		if (edge_target(edge) == wanted)
			*ret_found = true;
		TRY(search_meet(search, edge_target(edge)));
	}
	return NULL;
}

/* Does the object, or its finalizer's function, lead to it? False where that takes too long. */
static struct error *reaches_itself(const struct heap *heap, const struct finalizer *finalizer,
				    uint64_t *steps, bool *ret)
{
	struct search search = { .heap = heap };
	bool found = false;
	struct error *error = search_row(&search, finalizer->vertex, finalizer->vertex, &found);
	if (!error && finalizer->function != VERTEX_NONE)
		error = search_meet(&search, finalizer->function);
	for (size_t i = 0; !error && !found && i < search.queue.count; i++) {
		if (search.steps > STEPS_OF_ONE || *steps + search.steps > STEPS_MAX)
			break;
		error = search_row(&search, search.queue.items[i], finalizer->vertex, &found);
	}
	*steps += search.steps;
	map_deinit(&search.seen);
	vertex_vector_deinit(&search.queue);
	*ret = found;
	return error;
}

static void mark(const struct heap *heap, uint64_t *reached, struct vertex_vector *queue,
		 uint32_t vertex)
{
	const struct heap_graph *graph = &heap->scan.graph;
	for (uint32_t i = graph->rows[vertex]; i < graph->rows[vertex + 1]; i++) {
		uint32_t target = edge_target(graph->edges[i]);
		if (graph->edges[i] == EDGE_NONE || !heap_bit(heap->spans.used, target) ||
		    heap_bit(reached, target))
			continue;
		heap_bit_set(reached, target);
		queue->items[queue->count++] = target; /* there is room for each object once */
	}
}

/*
 * What can be reached without the roots of those rings, a bit for each object. Finalizers of other
 * objects may yet run, and reach whatever these lead to.
 */
static struct error *reach_without(const struct heap *heap, const struct finalizer_notes *notes,
				   const struct finalizer_vector *rings, uint64_t *reached)
{
	const struct heap_graph *graph = &heap->scan.graph;
	_cleanup_(vertex_vector_deinit) struct vertex_vector queue = { 0 };
	_cleanup_(free_pointer) bool *left_out = calloc(heap->roots.list.count + 1, 1);
	if (!left_out)
		return error_no_memory();
	TRY(vertex_vector_reserve(&queue, (size_t)graph->object_count + 1));
	for (size_t i = 0; i < rings->count; i++) {
		const struct finalizer *finalizer = &rings->items[i];
		if (finalizer->through != VERTEX_NONE)
			left_out[finalizer->through - graph->object_count] = true;
		if (finalizer->keeps != VERTEX_NONE)
			left_out[finalizer->keeps - graph->object_count] = true;
	}
	for (size_t i = 0; i < notes->weak.count; i++) {
		uint32_t vertex = notes->weak.items[i];
		if (!heap_bit(reached, vertex)) {
			heap_bit_set(reached, vertex);
			queue.items[queue.count++] = vertex;
		}
	}
	for (uint32_t i = graph->object_count; i < graph->vertex_count; i++) {
		if (!left_out[i - graph->object_count])
			mark(heap, reached, &queue, i);
	}
	for (size_t i = 0; i < queue.count; i++)
		mark(heap, reached, &queue, queue.items[i]);
	return NULL;
}

/* Objects of one type. */
struct ring_group {
	uint32_t type;
	uint32_t example;
	uint64_t count;
	uint64_t bytes;
	uint64_t closures; /* whose function leads to them */
};

DEFINE_VECTOR(ring_group_vector, struct ring_group);

/* Bytes of all that a ring keeps and that was not counted before: what is counted is marked. */
static struct error *weigh(const struct heap *heap, const struct finalizer *finalizer,
			   uint64_t *reached, uint64_t *ret)
{
	_cleanup_(vertex_vector_deinit) struct vertex_vector queue = { 0 };
	const uint32_t starts[] = { finalizer->vertex, finalizer->function };
	const struct heap_graph *graph = &heap->scan.graph;
	for (size_t i = 0; i < ARRAY_SIZE(starts); i++) {
		if (starts[i] == VERTEX_NONE || heap_bit(reached, starts[i]))
			continue;
		heap_bit_set(reached, starts[i]);
		TRY(vertex_vector_append(&queue, &starts[i]));
	}
	for (size_t i = 0; i < queue.count; i++) {
		uint32_t vertex = queue.items[i];
		*ret += heap_object_size(heap, vertex);
		for (uint32_t at = graph->rows[vertex]; at < graph->rows[vertex + 1]; at++) {
			uint32_t target = edge_target(graph->edges[at]);
			if (graph->edges[at] == EDGE_NONE || !heap_bit(heap->spans.used, target) ||
			    heap_bit(reached, target))
				continue;
			heap_bit_set(reached, target);
			TRY(vertex_vector_append(&queue, &target));
		}
	}
	return NULL;
}

static struct error *group_add(const struct heap *heap, const struct finalizer *finalizer,
			       uint64_t *reached, struct ring_group_vector *groups)
{
	uint32_t type = finalizer->type;
	size_t i = 0;
	while (i < groups->count && groups->items[i].type != type)
		i++;
	if (i == groups->count) {
		const struct ring_group fresh = { .type = type, .example = finalizer->vertex };
		TRY(ring_group_vector_append(groups, &fresh));
	}
	struct ring_group *group = &groups->items[i];
	group->count++;
	group->closures += finalizer->closes;
	return weigh(heap, finalizer, reached, &group->bytes);
}

static struct error *tell(const struct live_evidence *evidence, const struct ring_group *group,
			  bool proved, struct findings *ret)
{
	static const char *const makers[] = { "runtime.SetFinalizer", NULL };
	const char *type;
	char count[QUANTITY_SIZE];
	struct finding finding = {
		.rule = RULE_FINALIZER_ON_CYCLE,
		.certainty = proved ? CERTAINTY_PROVED : CERTAINTY_LIKELY,
		.count = group->count,
		.bytes = (int64_t)group->bytes,
		.growth_per_hour = INT64_MIN,
		.bytes_per_hour = INT64_MIN,
		.wait_min_ns = -1,
		.wait_max_ns = -1,
	};
	struct place setter;
	size_t setters;
	TRY(heap_types_name(evidence->heap->types, group->type, &type));
	TRY(live_callers_find(evidence, makers, 0, ret, &setter, &setters));
	finding.title =
		group->count == 1
			? findings_text(ret, "a %s with a finalizer keeps itself alive", type)
			: findings_text(ret,
					"%s objects of %s with finalizers keep themselves alive",
					quantity_count(group->count, count), type);
	finding.why = findings_text(
		ret,
		"%s Nothing else in the program leads to it any more. A finalizer runs when nothing leads to its object, so these never run, and nothing of it is ever freed.%s",
		group->closures == group->count
			? "The finalizer's function is a closure that refers to the very object."
			: "The object leads back to itself through what it points to.",
		setters == 1 ? findings_text(ret, " The finalizer is set by %s.", setter.function)
			     : "");
	TRY(live_callers_tell(evidence, group->example, makers, 0, ret, &finding));
	return finding_vector_append(&ret->list, &finding);
}

static bool points_to(const struct heap *heap, uint32_t vertex, uint32_t target)
{
	const struct heap_graph *graph = &heap->scan.graph;
	for (uint32_t i = graph->rows[vertex]; i < graph->rows[vertex + 1]; i++) {
		if (graph->edges[i] != EDGE_NONE && edge_target(graph->edges[i]) == target)
			return true;
	}
	return false;
}

static struct error *find_rings(const struct heap *heap, const struct finalizer_notes *notes,
				struct finalizer_vector *ret)
{
	uint64_t steps = 0;
	for (size_t i = 0; i < notes->list.count && steps < STEPS_MAX; i++) {
		struct finalizer finalizer = notes->list.items[i];
		bool ring;
		if (!heap_is_reached(heap, finalizer.vertex))
			continue;
		TRY(reaches_itself(heap, &finalizer, &steps, &ring));
		if (!ring)
			continue;
		finalizer.closes = finalizer.function != VERTEX_NONE &&
				   points_to(heap, finalizer.function, finalizer.vertex);
		TRY(finalizer_vector_append(ret, &finalizer));
	}
	return NULL;
}

static struct error *finalizers_find(const struct live_evidence *evidence, void *argument,
				     struct findings *ret)
{
	struct finalizer_notes *notes = argument;
	const struct heap *heap = evidence->heap;
	_cleanup_(finalizer_vector_deinit) struct finalizer_vector rings = { 0 };
	_cleanup_(ring_group_vector_deinit) struct ring_group_vector groups = { 0 };
	_cleanup_(free_pointer) uint64_t *reached = NULL;
	if (!notes || !heap->dominators.count)
		return NULL;
	find_roots(heap, notes);
	TRY(find_rings(heap, notes, &rings));
	if (!rings.count)
		return NULL;
	reached = calloc(heap->scan.graph.object_count / 64 + 1, sizeof(*reached));
	if (!reached)
		return error_no_memory();
	TRY(reach_without(heap, notes, &rings, reached));
	size_t kept = 0;
	for (size_t i = 0; i < rings.count; i++) {
		if (!heap_bit(reached, rings.items[i].vertex))
			rings.items[kept++] = rings.items[i];
	}
	for (size_t i = 0; i < kept; i++)
		TRY(group_add(heap, &rings.items[i], reached, &groups));
	bool proved = !evidence->guessed && !heap->warning_count && !notes->problem &&
		      !evidence->goroutines->torn && evidence->goroutines->complete;
	for (size_t i = 0; i < groups.count && i < FINDINGS_MAX; i++)
		TRY(tell(evidence, &groups.items[i], proved, ret));
	return NULL;
}

const struct live_detector live_finalizers = {
	.read = finalizers_read,
	.find = finalizers_find,
	.forget = finalizers_forget,
};
