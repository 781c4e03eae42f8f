/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/live/waits_name.h"

#include <string.h>

#include "base/writer.h"
#include "binary/variables_path.h"
#include "heap/edge_names.h"

#define FIELDS_MAX 256

struct naming {
	const struct live_evidence *evidence;
	struct heap_edge_names names;
	uint32_t wanted; /* the object that is waited for */
};

/* Where in its row a vertex leads to what is wanted; UINT32_MAX: nowhere. */
static uint32_t position_of(const struct naming *naming, uint32_t vertex)
{
	const struct heap_graph *graph = &naming->evidence->heap->scan.graph;
	uint32_t first = graph->rows[vertex];
	uint32_t end = MIN(graph->rows[vertex + 1], first + FIELDS_MAX);
	for (uint32_t i = first; i < end; i++) {
		if (graph->edges[i] != EDGE_NONE && edge_target(graph->edges[i]) == naming->wanted)
			return i - first;
	}
	return UINT32_MAX;
}

static bool is_name(const char *text)
{
	return text && *text && !strpbrk(text, "+?&~");
}

/* The variable that the pointer lies in, and the field behind it, if that is what leads there. */
static struct error *try_pointer(struct naming *naming, const struct heap_root *root,
				 const struct heap_root_pointer *pointer, uint32_t target,
				 struct writer *text)
{
	const struct heap *heap = naming->evidence->heap;
	struct heap_frame_place place;
	uint32_t position = UINT32_MAX;
	if (target != naming->wanted) {
		position = position_of(naming, target);
		if (position == UINT32_MAX)
			return NULL;
	}
	TRY(heap_frame_place(heap, root, pointer, &place));
	if (!place.frame || !is_name(place.variable) ||
	    !place_is_users(&naming->evidence->places, place.frame->function))
		return NULL;
	writer_string(text, place.variable);
	variables_path(heap->roots.variables, place.type, place.offset, text);
	return position == UINT32_MAX ? NULL
				      : heap_edge_name(&naming->names, target, position, text);
}

/* A direct variable is told rather than a field. */
static struct error *search(struct naming *naming, uint32_t vertex, bool direct,
			    struct findings *findings, const char **ret)
{
	const struct heap *heap = naming->evidence->heap;
	const struct heap_graph *graph = &heap->scan.graph;
	const struct heap_root *root = &heap->roots.list.items[vertex - graph->object_count];
	uint32_t first = graph->rows[vertex];
	for (uint32_t i = 0; i < graph->rows[vertex + 1] - first && i < root->count && !*ret; i++) {
		const struct heap_root_pointer *pointer =
			&heap->roots.pointers.items[root->first + i];
		uint32_t edge = graph->edges[first + i];
		if (edge == EDGE_NONE || pointer->conservative ||
		    (edge_target(edge) == naming->wanted) != direct)
			continue;
		struct writer text = WRITER_TO_MEMORY;
		struct error *error = try_pointer(naming, root, pointer, edge_target(edge), &text);
		const char *words = writer_text(&text);
		if (!error && is_name(words))
			*ret = findings_text(findings, "%s", words);
		writer_deinit(&text);
		TRY(error);
	}
	return NULL;
}

struct error *waits_name(const struct live_evidence *evidence, const struct goroutine *goroutine,
			 uint32_t root, struct findings *findings, const char **ret)
{
	const struct wait *wait = &goroutine->wait;
	uint64_t address = wait->channel_count == 1 ? wait->channels[0].address : 0;
	uint32_t edge = address ? heap_spans_edge(&evidence->heap->spans, address) : EDGE_NONE;
	*ret = NULL;
	if (edge == EDGE_NONE || root == VERTEX_NONE)
		return NULL;
	struct naming naming = { .evidence = evidence, .wanted = edge_target(edge) };
	TRY(heap_edge_names_init(&naming.names, evidence->heap));
	struct error *error = search(&naming, root, true, findings, ret);
	if (!error && !*ret)
		error = search(&naming, root, false, findings, ret);
	heap_edge_names_deinit(&naming.names);
	return error;
}
