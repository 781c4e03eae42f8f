/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/live/contexts.h"

#include <string.h>

#include "base/vector.h"
#include "binary/type.h"
#include "heap/edge_names.h"

/*
 * A context of package context is cancelled once its `err` is set, which no release stores beside
 * anything else: an interface up to 1.24, an atomic.Value later, whose first word says so either way.
 * A context with values leads to its parent by the first pointer in it.
 */
#define CONTEXTS_MAX ((size_t)1 << 20)
#define READ_AT_ONCE ((size_t)1024)
#define PARENTS_MAX  32
#define FIELDS_MAX   64 /* of an object that a goroutine points to */

enum context_kind {
	KIND_NONE,
	KIND_CANCEL,
	KIND_VALUE,
	KIND_TEST, /* package testing's own: *T and the like */
};

struct context_type {
	uint8_t kind;
	uint64_t err; /* where that is in the value */
};

struct contexts {
	const struct heap *heap;
	struct context_type *types; /* by number */
	uint32_t type_count;
	struct map states; /* vertex → enum context_state */
};

DEFINE_VECTOR(context_vector, uint32_t);

static struct context_type type_of(const struct contexts *contexts, uint32_t vertex)
{
	uint32_t type = heap_object_type(contexts->heap, vertex);
	return type <= contexts->type_count ? contexts->types[type] : (struct context_type){ 0 };
}

/* Where the field is in a struct, or in one that is embedded in it. */
static bool find_field(const struct binary *binary, uint64_t descriptor, const char *name,
		       bool embedded, uint64_t *ret)
{
	struct type type;
	struct type_field field;
	if (!error_ignore(type_read(binary, descriptor, &type)) || type.kind != TYPE_STRUCT)
		return false;
	for (size_t i = 0; i < type.count; i++) {
		uint64_t inside = 0;
		if (!error_ignore(type_field(binary, &type, i, &field)))
			return false;
		if (strcmp(field.name, name) == 0 ||
		    (field.embedded && !embedded &&
		     find_field(binary, field.type, name, true, &inside))) {
			*ret = field.offset + inside;
			return true;
		}
	}
	return false;
}

static struct error *find_types(struct contexts *contexts)
{
	static const char *const with_cancel[] = { "context.cancelCtx", "context.timerCtx",
						   "context.afterFuncCtx" };
	const struct heap *heap = contexts->heap;
	const struct binary *binary = runtime_binary(heap->runtime);
	for (uint32_t number = 1; number <= contexts->type_count; number++) {
		struct context_type *type = &contexts->types[number];
		struct heap_type known;
		const char *name;
		heap_types_get(heap->types, number, &known);
		if (known.form != HEAP_VALUE)
			continue;
		TRY(heap_types_name(heap->types, number, &name));
		if (strcmp(name, "context.valueCtx") == 0)
			type->kind = KIND_VALUE;
		if (strncmp(name, "testing.", 8) == 0)
			type->kind = KIND_TEST;
		for (size_t i = 0; i < ARRAY_SIZE(with_cancel); i++) {
			if (strcmp(name, with_cancel[i]) == 0 &&
			    find_field(binary, known.descriptor, "err", false, &type->err))
				type->kind = KIND_CANCEL;
		}
	}
	return NULL;
}

static struct error *find_contexts(const struct contexts *contexts, struct context_vector *ret)
{
	const struct heap *heap = contexts->heap;
	for (uint32_t vertex = 0; vertex < heap->scan.graph.object_count; vertex++) {
		if (!heap->scan.types[vertex] || type_of(contexts, vertex).kind != KIND_CANCEL ||
		    !heap_is_reached(heap, vertex))
			continue;
		TRY(context_vector_append(ret, &vertex));
		if (ret->count == CONTEXTS_MAX)
			break;
	}
	return NULL;
}

static struct error *read_some(struct contexts *contexts, const uint32_t *vertices, size_t count)
{
	struct target_range ranges[READ_AT_ONCE];
	uint64_t words[READ_AT_ONCE];
	const struct heap *heap = contexts->heap;
	for (size_t i = 0; i < count; i++) {
		uint64_t address = heap_value_address(heap, vertices[i]) +
				   type_of(contexts, vertices[i]).err;
		ranges[i] = (struct target_range){ address, sizeof(words[i]), &words[i], false };
	}
	TRY(target_read_ranges(runtime_target(heap->runtime), ranges, count));
	for (size_t i = 0; i < count; i++) {
		struct map_slot *slot;
		if (ranges[i].done)
			TRY(map_insert(&contexts->states, vertices[i],
				       words[i] ? CONTEXT_CANCELLED : CONTEXT_LIVE, &slot));
	}
	return NULL;
}

static struct error *read_all(struct contexts *contexts)
{
	_cleanup_(context_vector_deinit) struct context_vector list = { 0 };
	TRY(find_types(contexts));
	TRY(find_contexts(contexts, &list));
	for (size_t from = 0; from < list.count; from += READ_AT_ONCE)
		TRY(read_some(contexts, list.items + from, MIN(list.count - from, READ_AT_ONCE)));
	return NULL;
}

struct error *contexts_read(const struct heap *heap, struct contexts **ret)
{
	_cleanup_(contexts_cleanup) struct contexts *contexts = calloc(1, sizeof(*contexts));
	if (!contexts)
		return error_no_memory();
	contexts->heap = heap;
	contexts->type_count = heap_types_count(heap->types);
	contexts->types = calloc((size_t)contexts->type_count + 1, sizeof(*contexts->types));
	if (!contexts->types)
		return error_no_memory();
	TRY(read_all(contexts));
	*ret = TAKE_PTR(contexts);
	return NULL;
}

void contexts_destroy(struct contexts *contexts)
{
	if (!contexts)
		return;
	free(contexts->types);
	map_deinit(&contexts->states);
	free(contexts);
}

/* The first object that a vertex points to; VERTEX_NONE. */
static uint32_t first_target(const struct heap_graph *graph, uint32_t vertex)
{
	uint32_t first = graph->rows[vertex];
	return first < graph->rows[vertex + 1] && graph->edges[first] != EDGE_NONE
		       ? edge_target(graph->edges[first])
		       : VERTEX_NONE;
}

enum context_state contexts_state(const struct contexts *contexts, uint32_t vertex)
{
	const struct heap_graph *graph = &contexts->heap->scan.graph;
	for (int i = 0; i < PARENTS_MAX && vertex != VERTEX_NONE && vertex < graph->object_count;
	     i++) {
		uint8_t kind = type_of(contexts, vertex).kind;
		if (kind == KIND_CANCEL) {
			const struct map_slot *slot = map_find(&contexts->states, vertex);
			return slot ? (enum context_state)slot->value : CONTEXT_NONE;
		}
		if (kind != KIND_VALUE)
			return CONTEXT_NONE;
		vertex = first_target(graph, vertex);
	}
	return CONTEXT_NONE;
}

/* What a goroutine holds. */
struct held {
	bool of_test; /* the goroutine is */
	bool live;
	bool cancelled;
};

static bool take(const struct contexts *contexts, uint32_t vertex, struct held *held)
{
	enum context_state state = contexts_state(contexts, vertex);
	held->live |= state == CONTEXT_LIVE;
	held->cancelled |= state == CONTEXT_CANCELLED;
	return state != CONTEXT_NONE;
}

/*
 * Each *testing.T has a context, which ends with the test: whoever was handed the T, to log by it, was not told
 * to go by that. A test binary without debug information often does not say what is one.
 */
static bool may_be_test(const struct contexts *contexts, uint32_t vertex)
{
	return type_of(contexts, vertex).kind == KIND_TEST ||
	       heap_object_type(contexts->heap, vertex) == HEAP_TYPE_UNKNOWN;
}

static void take_with_fields(const struct contexts *contexts, uint32_t vertex, struct held *held)
{
	const struct heap_graph *graph = &contexts->heap->scan.graph;
	if (take(contexts, vertex, held) || (held->of_test && may_be_test(contexts, vertex)))
		return;
	uint32_t first = graph->rows[vertex];
	uint32_t end = MIN(graph->rows[vertex + 1], first + FIELDS_MAX);
	for (uint32_t i = first; i < end; i++) {
		if (graph->edges[i] != EDGE_NONE)
			take(contexts, edge_target(graph->edges[i]), held);
	}
}

/* Which machine frames are of the program's own functions: a bit for each of the inner ones. */
static uint64_t own_frames(const struct place_rule *places, const struct stack *stack)
{
	uint64_t own = 0;
	uint32_t machine = 0;
	for (uint32_t i = 0; i < stack->count && machine < 64 && !stack->elided; i++) {
		if (place_is_users(places, stack->frames[i].function))
			own |= UINT64_C(1) << machine;
		machine += !stack->frames[i].inlined;
	}
	return own;
}

bool contexts_given_up(const struct contexts *contexts, const struct place_rule *places,
		       uint32_t vertex, bool of_test)
{
	const struct heap *heap = contexts->heap;
	const struct heap_graph *graph = &heap->scan.graph;
	const struct heap_root *root = &heap->roots.list.items[vertex - graph->object_count];
	uint64_t own = own_frames(places,
				  heap->roots.goroutines->list.items[root->goroutine].stack);
	struct held held = { .of_test = of_test };
	for (size_t i = 0; i < graph->rows[vertex + 1] - graph->rows[vertex] && i < root->count;
	     i++) {
		uint32_t edge = graph->edges[graph->rows[vertex] + i];
		const struct heap_root_pointer *pointer =
			&heap->roots.pointers.items[root->first + i];
		if (edge != EDGE_NONE && !pointer->conservative && pointer->frame < 64 &&
		    (own >> pointer->frame & 1))
			take_with_fields(contexts, edge_target(edge), &held);
	}
	return held.cancelled && !held.live;
}
