/* SPDX-License-Identifier: Apache-2.0 */
#include "heap/views.h"

#include <stdlib.h>
#include <string.h>

#include "base/big_array.h"
#include "base/progress.h"
#include "heap/edge_names.h"
#include "heap/types_private.h"
#include "heap/views_private.h"
#include "runtime/batch.h"

#define BATCH_MAX 32768
#define WORD      8

/* A reference whose words are still to be read. */
struct awaited {
	uint32_t vertex; /* the array's */
	uint32_t field;
};

DEFINE_VECTOR(awaited_vector, struct awaited);

struct viewing {
	struct heap *heap;
	struct view_candidates candidates;
	struct heap_typing typing;
	struct view_fields fields;
	struct view_vector views;
	struct heap_slice_vector slices;
	uint64_t *opaque; /* by candidate: something leads there that does not say how far */
	struct arena arena;
	struct batch batch;
	struct awaited_vector awaited; /* by range of the batch */
	const struct heap_span *span;  /* that a vertex was found in last */
};

static void set_opaque(struct viewing *viewing, uint32_t vertex)
{
	heap_bit_set(viewing->opaque, view_candidate(&viewing->candidates, vertex));
}

static struct error *add_view(struct viewing *viewing, uint32_t vertex, uint32_t field,
			      uint64_t start, uint64_t length, uint64_t capacity)
{
	const struct view view = {
		.array = view_candidate(&viewing->candidates, vertex),
		.field = field,
		.start = start,
		.length = length,
		.capacity = capacity,
	};
	return view_vector_append(&viewing->views, &view);
}

/* The words of a header, or a pointer alone. What makes no sense is of something else. */
static struct error *take_words(struct viewing *viewing, const struct awaited *awaited,
				uint64_t address, const uint64_t *words)
{
	const struct heap *heap = viewing->heap;
	const struct heap_view_field *field = &viewing->fields.list.items[awaited->field];
	uint32_t vertex = awaited->vertex;
	uint64_t start = words[0] - heap_value_address(heap, vertex);
	uint64_t size = heap_object_size(heap, vertex) - heap_spans_of(&heap->spans, vertex)->head;
	uint64_t length = field->kind == HEAP_VIEW_POINTER ? 1 : words[1];
	uint64_t capacity = field->kind == HEAP_VIEW_SLICE ? words[2] : length;
	uint64_t bytes;
	if (start > size || length > capacity ||
	    __builtin_mul_overflow(capacity, field->element_size, &bytes) || bytes > size - start) {
		set_opaque(viewing, vertex);
		return NULL;
	}
	if (field->kind == HEAP_VIEW_SLICE && size >= HEAP_SLICE_LARGE) {
		const struct heap_slice slice = {
			.address = address,
			.vertex = vertex,
			.field = awaited->field,
			.start = start,
			.length = length * field->element_size,
			.capacity = bytes,
		};
		TRY(heap_slice_vector_append(&viewing->slices, &slice));
	}
	return add_view(viewing, vertex, awaited->field, start, length * field->element_size,
			bytes);
}

static struct error *flush(struct viewing *viewing)
{
	TRY(batch_run(&viewing->batch));
	for (size_t i = 0; i < viewing->awaited.count; i++) {
		const struct awaited *awaited = &viewing->awaited.items[i];
		const uint8_t *bytes = batch_bytes(&viewing->batch, i);
		const struct target_range *range = &viewing->batch.ranges.items[i];
		uint64_t words[3] = { 0 };
		if (!bytes) {
			set_opaque(viewing, awaited->vertex);
			continue;
		}
		memcpy(words, bytes, range->length);
		TRY(take_words(viewing, awaited, range->address, words));
	}
	viewing->awaited.count = 0;
	batch_clear(&viewing->batch);
	arena_deinit(&viewing->arena);
	return NULL;
}

static struct error *await(struct viewing *viewing, uint32_t vertex, uint32_t field,
			   uint64_t address)
{
	static const size_t lengths[] = {
		[HEAP_VIEW_SLICE] = 3 * WORD,
		[HEAP_VIEW_STRING] = 2 * WORD,
		[HEAP_VIEW_POINTER] = WORD,
	};
	const struct awaited awaited = { vertex, field };
	size_t length = lengths[viewing->fields.list.items[field].kind];
	if (viewing->awaited.count >= BATCH_MAX)
		TRY(flush(viewing));
	TRY(batch_add(&viewing->batch, address, length));
	return awaited_vector_append(&viewing->awaited, &awaited);
}

static force_inline bool is_candidate(const struct viewing *viewing, uint32_t edge)
{
	return edge != EDGE_NONE && heap_bit(viewing->candidates.bits, edge_target(edge));
}

/* What an object's word says of the array that it leads to. */
static struct error *take_edge(struct viewing *viewing, uint32_t from, uint32_t position,
			       uint32_t edge)
{
	const struct heap *heap = viewing->heap;
	uint32_t type = heap_object_type(heap, from), field = VIEW_FIELD_NONE;
	uint64_t offset = 0;
	if (type != HEAP_TYPE_UNKNOWN) {
		const struct heap_plan *plan;
		TRY(heap_typing_plan(&viewing->typing, type, heap->scan.shapes[from], &plan));
		if (plan->count && (position < plan->count || plan->stride)) {
			uint32_t at = position % plan->count;
			offset = plan->offsets[at] + position / plan->count * plan->stride;
			TRY(view_fields_of_type(&viewing->fields, type, offset, plan->pointees[at],
						&field));
		}
	}
	if (field == VIEW_FIELD_NONE) {
		set_opaque(viewing, edge_target(edge));
		return NULL;
	}
	return await(viewing, edge_target(edge), field, heap_value_address(heap, from) + offset);
}

static struct error *take_objects(struct viewing *viewing)
{
	const struct heap_graph *graph = &viewing->heap->scan.graph;
	for (uint32_t vertex = 0; vertex < graph->object_count; vertex++) {
		for (uint32_t i = graph->rows[vertex]; i < graph->rows[vertex + 1]; i++) {
			if (is_candidate(viewing, graph->edges[i]) &&
			    heap_is_reached(viewing->heap, vertex))
				TRY(take_edge(viewing, vertex, i - graph->rows[vertex],
					      graph->edges[i]));
		}
	}
	return NULL;
}

/* A global whose type is known says it; what is on a stack is in use. */
static struct error *take_root(struct viewing *viewing, uint32_t vertex, uint32_t position,
			       uint32_t edge)
{
	const struct heap_root *root =
		&viewing->heap->roots.list.items[vertex - viewing->heap->scan.graph.object_count];
	const struct heap_root_pointer *pointer = heap_root_edge(viewing->heap, vertex, position);
	uint32_t field = VIEW_FIELD_NONE;
	if (root->kind == HEAP_ROOT_GLOBAL && pointer && pointer->where &&
	    pointer->type != HEAP_TYPE_UNKNOWN)
		TRY(view_fields_of_root(&viewing->fields, vertex, pointer->where - root->address,
					pointer->type, &field));
	if (field != VIEW_FIELD_NONE)
		return await(viewing, edge_target(edge), field, pointer->where);
	set_opaque(viewing, edge_target(edge));
	return NULL;
}

static struct error *take_roots(struct viewing *viewing)
{
	const struct heap_graph *graph = &viewing->heap->scan.graph;
	for (uint32_t root = graph->object_count; root < graph->vertex_count; root++) {
		for (uint32_t i = graph->rows[root]; i < graph->rows[root + 1]; i++) {
			if (is_candidate(viewing, graph->edges[i]))
				TRY(take_root(viewing, root, i - graph->rows[root],
					      graph->edges[i]));
		}
	}
	return NULL;
}

/* The views, array by array: `starts` says where those of each begin, and one more. */
static struct error *sort_views(const struct viewing *viewing, uint32_t *starts, struct view *ret)
{
	const struct view_vector *views = &viewing->views;
	uint32_t count = viewing->candidates.count;
	for (size_t i = 0; i < views->count; i++)
		starts[views->items[i].array + 1]++;
	for (uint32_t i = 0; i < count; i++)
		starts[i + 1] += starts[i];
	for (size_t i = 0; i < views->count; i++)
		ret[starts[views->items[i].array]++] = views->items[i];
	/* Each has moved on to where the next one begins. */
	memmove(starts + 1, starts, count * sizeof(*starts));
	starts[0] = 0;
	return NULL;
}

static struct error *keep_array(const struct viewing *viewing, uint32_t vertex, struct view *views,
				size_t count, struct heap_views *ret)
{
	const struct heap *heap = viewing->heap;
	const struct heap_span *span = heap_spans_of(&heap->spans, vertex);
	struct heap_viewed viewed = {
		.vertex = vertex,
		.weight = span->slot_size >= VIEW_LARGE ? viewing->candidates.large_weight
							: viewing->candidates.small_weight,
		.size = span->slot_size - span->head,
	};
	views_cover(views, count, &viewed);
	return heap_viewed_vector_append(&ret->list, &viewed);
}

static struct error *cover_all(const struct viewing *viewing, uint32_t *starts, struct view *views,
			       struct heap_views *ret)
{
	uint32_t array = 0;
	for (uint32_t block = 0; array < viewing->candidates.count; block++) {
		uint64_t bits = viewing->candidates.bits[block];
		for (; bits; bits &= bits - 1, array++) {
			uint32_t vertex = block * 64 + (uint32_t)__builtin_ctzll(bits);
			size_t count = starts[array + 1] - starts[array];
			if (count && !heap_bit(viewing->opaque, array))
				TRY(keep_array(viewing, vertex, views + starts[array], count, ret));
		}
	}
	return NULL;
}

static struct error *cover(const struct viewing *viewing, struct heap_views *ret)
{
	if (viewing->views.count >= UINT32_MAX)
		return error_no_memory();
	_cleanup_(free_pointer)
		uint32_t *starts = calloc((size_t)viewing->candidates.count + 2, sizeof(*starts));
	_cleanup_(free_pointer) struct view *views =
		malloc((viewing->views.count + 1) * sizeof(*views));
	if (!starts || !views)
		return error_no_memory();
	TRY(sort_views(viewing, starts, views));
	return cover_all(viewing, starts, views, ret);
}

static struct error *read_all(struct viewing *viewing, struct heap_views *ret)
{
	struct heap *heap = viewing->heap;
	TRY(view_candidates_find(heap, &viewing->candidates, &ret->reachable_bytes));
	if (!viewing->candidates.count)
		return NULL;
	viewing->opaque = calloc(viewing->candidates.count / 64 + 1, sizeof(*viewing->opaque));
	if (!viewing->opaque)
		return error_no_memory();
	TRY(heap_typing_init(&viewing->typing, heap->types, &heap->scan.shape_list));
	progress_begin("looking at arrays", 0);
	TRY(take_roots(viewing));
	TRY(take_objects(viewing));
	TRY(flush(viewing));
	TRY(cover(viewing, ret));
	ret->fields = viewing->fields.list;
	viewing->fields.list = (struct heap_view_field_vector){ 0 };
	ret->slices = viewing->slices;
	viewing->slices = (struct heap_slice_vector){ 0 };
	return NULL;
}

static void viewing_deinit(struct viewing *viewing)
{
	view_candidates_deinit(viewing->heap, &viewing->candidates);
	heap_typing_deinit(&viewing->typing);
	heap_view_field_vector_deinit(&viewing->fields.list);
	map_deinit(&viewing->fields.numbers);
	map_deinit(&viewing->fields.pointees);
	view_vector_deinit(&viewing->views);
	heap_slice_vector_deinit(&viewing->slices);
	awaited_vector_deinit(&viewing->awaited);
	batch_deinit(&viewing->batch);
	arena_deinit(&viewing->arena);
	free(viewing->opaque);
}

struct error *heap_views_read(struct heap *heap, struct heap_views *ret)
{
	struct viewing viewing = { .heap = heap, .fields = { .heap = heap } };
	struct heap_views views = { 0 };
	viewing.batch.target = runtime_target(heap->runtime);
	viewing.batch.arena = &viewing.arena;
	struct error *error = read_all(&viewing, &views);
	viewing_deinit(&viewing);
	if (error)
		heap_views_deinit(&views);
	else
		*ret = views;
	return error;
}

void heap_views_deinit(struct heap_views *views)
{
	heap_view_field_vector_deinit(&views->fields);
	heap_viewed_vector_deinit(&views->list);
	heap_slice_vector_deinit(&views->slices);
	*views = (struct heap_views){ 0 };
}
