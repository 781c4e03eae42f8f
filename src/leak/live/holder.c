/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/live/holder.h"

#include <string.h>

#include "binary/references.h"
#include "heap/allocators.h"
#include "heap/edge_names.h"
#include "heap/names.h"
#include "heap/ways.h"
#include "leak/live/holder_private.h"

/*
 * Steps shown of a path: its beginning says who holds, its end what. What lies between is told by
 * its number.
 */
#define STEPS_HEAD 6
#define STEPS_TAIL 3
#define STEPS_MAX  4096

/* Worked out when the first finding asks. */
struct live_holders {
	struct heap *heap;
	struct heap_samples samples;
	struct heap_sites sites;
	bool sited;
	struct heap_allocators allocators;
	bool allocated;
	struct heap_ways ways;
	struct heap_edge_names names;
	bool named;
};

struct error *live_holders_create(struct heap *heap, struct live_holders **ret)
{
	struct live_holders *holders = calloc(1, sizeof(*holders));
	if (!holders)
		return error_no_memory();
	holders->heap = heap;
	struct error *error = heap_samples_read(heap, &holders->samples);
	if (error)
		free(holders);
	else
		*ret = holders;
	return error;
}

void live_holders_destroy(struct live_holders *holders)
{
	if (!holders)
		return;
	heap_samples_deinit(&holders->samples);
	heap_sites_deinit(&holders->sites);
	heap_allocators_deinit(&holders->allocators);
	heap_ways_deinit(&holders->ways);
	if (holders->named)
		heap_edge_names_deinit(&holders->names);
	free(holders);
}

/* What a person would rather hear: a variable of the program, then one of a library, a goroutine. */
static uint8_t rank_of(const struct live_evidence *evidence, const struct heap_root *root)
{
	switch (root->kind) {
	case HEAP_ROOT_GLOBAL:
		if (root->name && place_is_users(&evidence->places, root->name))
			return 0;
		return root->name && strncmp(root->name, "runtime.", 8) == 0 ? 4 : 1;
	case HEAP_ROOT_GOROUTINE:
		return 2;
	case HEAP_ROOT_THREAD:
		return 3;
	default:
		return 5;
	}
}

static struct error *find_ways(const struct live_evidence *evidence, struct live_holders *holders)
{
	const struct heap *heap = holders->heap;
	if (holders->ways.parents)
		return NULL;
	_cleanup_(free_pointer) uint8_t *ranks = calloc(heap->roots.list.count + 1, 1);
	if (!ranks)
		return error_no_memory();
	for (size_t i = 0; i < heap->roots.list.count; i++)
		ranks[i] = rank_of(evidence, &heap->roots.list.items[i]);
	TRY(heap_ways_find(&heap->scan.graph, heap->spans.used, ranks, &holders->ways));
	TRY(heap_edge_names_init(&holders->names, holders->heap));
	holders->named = true;
	return NULL;
}

static uint32_t edge_to(const struct heap_graph *graph, uint32_t vertex, uint32_t target)
{
	uint32_t first = graph->rows[vertex];
	for (uint32_t i = first; i < graph->rows[vertex + 1]; i++)
		if (graph->edges[i] != EDGE_NONE && edge_target(graph->edges[i]) == target)
			return i - first;
	return 0;
}

/* A text that was put together, in the findings' arena. */
static const char *keep(struct findings *findings, struct writer *text)
{
	const char *words = writer_text(text);
	const char *kept = findings_text(findings, "%s", words ? words : "");
	writer_deinit(text);
	return kept;
}

/* "main.sessions", "goroutine 18, list in main.serve" */
static struct error *root_words(const struct live_holders *holders, uint32_t root,
				uint32_t position, struct writer *text)
{
	const struct heap *heap = holders->heap;
	const struct heap_root_pointer *pointer = heap_root_edge(heap, root, position);
	struct heap_frame_place place = { 0 };
	TRY(heap_vertex_text(heap, root, text));
	if (pointer)
		TRY(heap_frame_place(heap, heap_vertex_root(heap, root), pointer, &place));
	if (place.variable)
		writer_printf(text, ", %s in %s", place.variable, place.frame->function);
	else if (place.frame)
		writer_printf(text, " in %s", place.frame->function);
	return NULL;
}

/* ".buf []uint8" */
static struct error *step_words(struct live_holders *holders, uint32_t from, uint32_t to,
				struct writer *text)
{
	const struct heap *heap = holders->heap;
	uint32_t position = edge_to(&heap->scan.graph, from, to);
	TRY(heap_edge_word(&holders->names, from, position, false, text));
	writer_string(text, " ");
	return heap_vertex_text(heap, to, text);
}

/* The way to it, from its end to its root; pieces of maps are left out, but for the last. */
static struct error *walk_back(const struct live_holders *holders, uint32_t vertex,
			       uint32_t ret[static STEPS_MAX], size_t *ret_count)
{
	size_t count = 0;
	for (uint32_t at = vertex; at != VERTEX_NONE && count < STEPS_MAX;
	     at = holders->ways.parents[at])
		ret[count++] = at;
	*ret_count = count;
	return NULL;
}

static bool is_shown(const struct heap *heap, const uint32_t *steps, size_t index)
{
	return index == 0 || !heap_is_map_piece(heap, steps[index]);
}

/* What is held by no global is called by the field that leads to it: "main.Shop.sessions". */
static struct error *tell_field(struct live_holders *holders, uint32_t from, uint32_t to,
				struct findings *findings, struct finding *finding)
{
	const struct heap *heap = holders->heap;
	struct writer text = WRITER_TO_MEMORY;
	struct heap_type type = { .form = HEAP_ARRAY };
	if (heap_object_type(heap, from) != HEAP_TYPE_UNKNOWN)
		heap_types_get(heap->types, heap_object_type(heap, from), &type);
	if (type.form != HEAP_VALUE)
		return NULL;
	struct error *error = heap_vertex_text(heap, from, &text);
	if (!error)
		error = heap_edge_word(&holders->names, from, edge_to(&heap->scan.graph, from, to),
				       false, &text);
	if (error)
		writer_deinit(&text);
	else
		finding->subject = keep(findings, &text);
	return error;
}

static struct error *tell_path(struct live_holders *holders, uint32_t vertex,
			       struct findings *findings, struct finding *finding)
{
	const struct heap *heap = holders->heap;
	uint32_t steps[STEPS_MAX];
	const char *words[STEPS_HEAD + 1 + STEPS_TAIL];
	size_t count, shown = 0, told = 0, at = 0;
	TRY(walk_back(holders, vertex, steps, &count));
	for (size_t i = 0; i + 1 < count; i++)
		shown += is_shown(heap, steps, i);
	for (size_t i = count; i-- > 0;) {
		struct writer text = WRITER_TO_MEMORY;
		bool root = i + 1 == count;
		if (!root && !is_shown(heap, steps, i))
			continue;
		bool middle = !root && shown > STEPS_HEAD + STEPS_TAIL && at >= STEPS_HEAD &&
			      at < shown - STEPS_TAIL;
		at += !root;
		if (middle) {
			if (at == shown - STEPS_TAIL)
				words[told++] = findings_text(findings, "... %zu more steps",
							      shown - STEPS_HEAD - STEPS_TAIL);
			continue;
		}
		struct error *error = root ? root_words(holders, steps[i],
							count > 1 ? edge_to(&heap->scan.graph,
									    steps[i], steps[i - 1])
								  : 0,
							&text)
					   : step_words(holders, steps[i + 1], steps[i], &text);
		words[told++] = keep(findings, &text);
		TRY(error);
		if (told == ARRAY_SIZE(words))
			break;
	}
	const char **path = arena_allocate(&findings->arena, (told + 1) * sizeof(*path));
	if (!path)
		return error_no_memory();
	memcpy(path, words, told * sizeof(*path));
	finding->path = path;
	finding->path_count = told;
	const struct heap_root *root = heap_vertex_root(heap, steps[count - 1]);
	if (!finding->subject && root && root->kind == HEAP_ROOT_GLOBAL && root->name)
		finding->subject = root->name;
	return finding->subject || count < 3
		       ? NULL
		       : tell_field(holders, steps[1], steps[0], findings, finding);
}

/* The innermost frame of the program's own, else the innermost one. */
static void place_at(const struct live_evidence *evidence, const struct heap_site *site,
		     struct finding *finding)
{
	const struct heap_site_frame *frame = site->depth ? &site->frames[0] : NULL;
	for (uint32_t i = 0; i < site->depth; i++) {
		if (!place_is_users(&evidence->places, site->frames[i].function))
			continue;
		frame = &site->frames[i];
		break;
	}
	if (!frame)
		return;
	finding->place = (struct place){ frame->function, frame->file, frame->line };
	finding->place_word = "allocated by";
}

/* Whether an object is below another one in the tree of dominators; VERTEX_NONE: of none. */
static bool is_below(const struct live_evidence *evidence, uint32_t holder, uint32_t vertex)
{
	const struct dominators *dominators = &evidence->heap->dominators;
	if (holder == VERTEX_NONE || !evidence->tree || dominators->numbers[vertex] == VERTEX_NONE)
		return false;
	return dominator_tree_holds(evidence->tree, dominators->numbers[holder],
				    dominators->numbers[vertex]);
}

/*
 * Of the samples that are of one type and size with the object, the bucket that has most; itself.
 * One that the same holder has counts more than all that others have.
 */
static struct error *sampled_bucket(const struct live_evidence *evidence, uint32_t vertex,
				    uint32_t holder, size_t *ret)
{
	enum { BELOW = 1 << 20 };
	const struct live_holders *holders = evidence->holders;
	const struct heap *heap = holders->heap;
	const struct heap_samples *samples = &holders->samples;
	_cleanup_(free_pointer)
		uint64_t *counts = calloc(samples->buckets.count + 1, sizeof(*counts));
	if (!counts)
		return error_no_memory();
	*ret = SIZE_MAX;
	for (size_t i = 0; i < samples->list.count; i++) {
		uint32_t edge = heap_spans_edge(&heap->spans, samples->list.items[i].object);
		const struct map_slot *slot = map_find(&samples->places,
						       samples->list.items[i].bucket);
		if (edge == EDGE_NONE || !slot || slot->value >= samples->buckets.count)
			continue;
		uint32_t other = edge_target(edge);
		if (other == vertex) {
			*ret = slot->value;
			return NULL;
		}
		if (!heap_is_reached(heap, other) ||
		    heap_object_type(heap, other) != heap_object_type(heap, vertex) ||
		    heap_object_size(heap, other) != heap_object_size(heap, vertex))
			continue;
		counts[slot->value] += is_below(evidence, holder, other) ? BELOW : 1;
		if (counts[slot->value] > (*ret == SIZE_MAX ? 0 : counts[*ret]))
			*ret = slot->value;
	}
	return NULL;
}

/* The functions that refer to the global which holds it; names stay as long as the binary. */
static struct error *users_of_holder(struct live_holders *holders, uint32_t vertex,
				     const char *ret[static REFERENCES_NAMES])
{
	const struct heap *heap = holders->heap;
	_cleanup_(references_cleanup) struct references *references = NULL;
	uint32_t top = vertex;
	for (size_t i = 0; i < STEPS_MAX && holders->ways.parents[top] != VERTEX_NONE; i++)
		top = holders->ways.parents[top];
	const struct heap_root *root = heap_vertex_root(heap, top);
	if (!root || root->kind != HEAP_ROOT_GLOBAL)
		return NULL;
	TRY(references_find(runtime_binary(heap->runtime), &root->address, 1, &references));
	for (size_t i = 0; i < REFERENCES_NAMES; i++)
		ret[i] = references_name(references, 0, i);
	return NULL;
}

static bool is_among(const char *function, const char *const names[static REFERENCES_NAMES])
{
	for (size_t i = 0; i < REFERENCES_NAMES; i++) {
		if (names[i] && strcmp(names[i], function) == 0)
			return true;
	}
	return false;
}

/*
 * Of several places it is not known which: rather one of the program's own, and of these one that
 * also uses the global that holds the object.
 */
static struct error *choose_allocator(const struct live_evidence *evidence,
				      struct live_holders *holders, uint32_t vertex,
				      const struct heap_allocator *allocators, size_t count,
				      struct finding *finding)
{
	const char *users[REFERENCES_NAMES] = { 0 };
	size_t best = 0;
	unsigned score = 0;
	TRY(find_ways(evidence, holders));
	if (count > 1)
		TRY(users_of_holder(holders, vertex, users));
	for (size_t i = 0; i < count; i++) {
		unsigned now = is_among(allocators[i].function, users)                     ? 2
			       : place_is_users(&evidence->places, allocators[i].function) ? 1
											   : 0;
		if (now <= score && i)
			continue;
		best = i;
		score = now;
	}
	/* The library's own code allocates for whoever calls it, and says nothing. */
	if (!score)
		return NULL;
	finding->place = (struct place){ allocators[best].function, allocators[best].file,
					 allocators[best].line };
	finding->place_word = count > 1 && score < 2 ? "may be allocated, among other places, by"
						     : "may be allocated by";
	return NULL;
}

static struct error *tell_place(const struct live_evidence *evidence, struct live_holders *holders,
				uint32_t vertex, uint32_t holder, struct finding *finding)
{
	const struct heap *heap = holders->heap;
	size_t bucket = SIZE_MAX, count;
	if (!holders->sited) {
		TRY(heap_sites_find(heap, &holders->samples, &holders->sites));
		holders->sited = true;
	}
	TRY(sampled_bucket(evidence, vertex, holder, &bucket));
	if (bucket != SIZE_MAX && holders->sites.site_of) {
		place_at(evidence, &holders->sites.list.items[holders->sites.site_of[bucket]],
			 finding);
		return NULL;
	}
	if (!holders->allocated) {
		TRY(heap_allocators_find(heap, &holders->allocators));
		holders->allocated = true;
	}
	const struct heap_allocator *allocators =
		heap_allocators_of(&holders->allocators, heap_object_type(heap, vertex), &count);
	return count ? choose_allocator(evidence, holders, vertex, allocators, count, finding)
		     : NULL;
}

struct error *live_holder_tell(const struct live_evidence *evidence, uint32_t vertex,
			       struct findings *findings, struct finding *finding)
{
	struct live_holders *holders = evidence->holders;
	if (!finding->place.function && vertex < evidence->heap->scan.graph.object_count)
		TRY(tell_place(evidence, holders, vertex, VERTEX_NONE, finding));
	if (finding->path_count)
		return NULL;
	TRY(find_ways(evidence, holders));
	return tell_path(holders, vertex, findings, finding);
}

struct error *live_holder_place(const struct live_evidence *evidence, uint32_t vertex,
				uint32_t holder, struct finding *finding)
{
	return tell_place(evidence, evidence->holders, vertex, holder, finding);
}

struct error *live_holder_root(const struct live_evidence *evidence, uint32_t vertex, uint32_t *ret)
{
	struct live_holders *holders = evidence->holders;
	TRY(find_ways(evidence, holders));
	while (holders->ways.parents[vertex] != VERTEX_NONE)
		vertex = holders->ways.parents[vertex];
	*ret = heap_vertex_root(evidence->heap, vertex) ? vertex : VERTEX_NONE;
	return NULL;
}

struct error *live_holder_above(const struct live_evidence *evidence, uint32_t vertex,
				uint32_t *ret)
{
	TRY(find_ways(evidence, evidence->holders));
	*ret = evidence->holders->ways.parents[vertex];
	return NULL;
}

struct error *live_type_name(const struct live_evidence *evidence, uint32_t vertex,
			     const char **ret)
{
	return heap_types_name(evidence->heap->types, heap_object_type(evidence->heap, vertex),
			       ret);
}
