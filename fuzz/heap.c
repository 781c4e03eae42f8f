/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The heap of a Go process that lies: spans, tables of arenas, headers, maps, globals, stacks,
 * records of finalizers, types. See changes.h for what an input is; one whose length is odd is
 * looked at as a new process would be.
 *
 * Whatever they say, the graph is one, sums fit, and each thing that is found can be told of.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "changes.h"
#include "heap/summary.h"
#include "heap/why.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ASKED 3 /* objects; of each the ways to it */

static struct subject subject;

static void check_graph(const struct heap *heap)
{
	const struct heap_graph *graph = &heap->scan.graph;
	assert(graph->object_count == heap->spans.vertex_count);
	assert(graph->vertex_count == graph->object_count + heap->roots.list.count);
	for (uint32_t vertex = 0; vertex < graph->vertex_count; vertex++)
		assert(graph->rows[vertex] <= graph->rows[vertex + 1]);
	for (uint32_t i = 0; i < graph->rows[graph->vertex_count]; i++)
		assert(graph->edges[i] == EDGE_NONE ||
		       edge_target(graph->edges[i]) < graph->object_count);
	for (uint32_t vertex = 0; vertex < graph->object_count; vertex++) {
		assert(heap->scan.shapes[vertex] < heap->scan.shape_list.count);
		assert(heap_object_type(heap, vertex) <= heap_types_count(heap->types));
	}
}

static void check_totals(const struct heap *heap, const struct heap_totals *totals)
{
	uint64_t room = 0;
	for (size_t i = 0; i < heap->spans.list.count; i++)
		room += heap->spans.list.items[i].end - heap->spans.list.items[i].start;
	assert(totals->bytes <= room);
	assert(totals->reachable_objects + totals->dead_objects <= totals->objects);
	assert(totals->reachable_bytes + totals->dead_bytes <= totals->bytes);
	assert(totals->typed_bytes <= totals->reachable_bytes);
}

static void check_groups(struct heap *heap, const struct heap_totals *totals)
{
	_cleanup_(heap_group_vector_deinit) struct heap_group_vector groups = { 0 };
	_cleanup_(heap_package_vector_deinit) struct heap_package_vector packages = { 0 };
	_cleanup_(heap_size_class_vector_deinit) struct heap_size_class_vector classes = { 0 };
	uint64_t bytes = 0, objects = 0, used = 0, reached = 0;
	must_succeed(heap_group_types(heap, &groups));
	for (size_t i = 0; i < groups.count; i++) {
		const char *name;
		must_succeed(heap_types_name(heap->types, groups.items[i].type, &name));
		assert(name[0]);
		bytes += groups.items[i].bytes;
		objects += groups.items[i].count;
		assert(groups.items[i].retained <= totals->reachable_bytes);
	}
	assert(bytes == totals->reachable_bytes && objects == totals->reachable_objects);
	must_succeed(heap_group_packages(heap, &groups, &packages));
	for (size_t i = 0; i < packages.count; i++)
		bytes -= packages.items[i].bytes;
	assert(!bytes);
	must_succeed(heap_group_spans(heap, &classes));
	for (size_t i = 0; i < classes.count; i++) {
		assert(classes.items[i].used <= classes.items[i].bytes);
		used += classes.items[i].used;
		reached += classes.items[i].reached;
	}
	assert(used == totals->bytes && reached == totals->reachable_bytes);
}

static void check_holders(const struct heap *heap, const struct heap_totals *totals)
{
	_cleanup_(heap_holders_deinit) struct heap_holders holders = { 0 };
	uint64_t retained = 0, count = 0;
	must_succeed(heap_holders_find(heap, SIZE_MAX, 10, &holders));
	for (size_t i = 0; i < holders.list.count; i++) {
		const struct heap_holder *holder = &holders.list.items[i];
		uint64_t parts = 0;
		retained += holder->retained;
		count += holder->count;
		for (size_t k = 0; k < holder->part_count; k++)
			parts += holder->parts[k].bytes;
		assert(parts <= holder->retained);
	}
	assert(retained == heap->dominators.retained[0] && retained <= totals->reachable_bytes);
	assert(count <= totals->reachable_objects);
}

static void tell_path(struct heap_why *why, const struct heap_path *path)
{
	_cleanup_(writer_deinit) struct writer writer = WRITER_TO_MEMORY;
	const struct heap_root *root = heap_vertex_root(why->heap, path->steps.items[0].vertex);
	assert(root);
	for (size_t i = 1; i < path->steps.count; i++)
		must_succeed(heap_why_field(why, path, i, true, &writer));
	if (path->steps.count > 1) {
		const struct heap_step *first = &path->steps.items[0];
		const struct heap_root_pointer *pointer = heap_root_edge(why->heap, first->vertex,
									 first->position);
		struct heap_frame_place place;
		if (pointer)
			must_succeed(heap_frame_place(why->heap, root, pointer, &place));
	}
	assert(path->steps.count == 1 || writer_text(&writer));
}

static void ask(struct heap *heap, uint32_t vertex)
{
	static const struct heap_path_cut cut = { .most = 5, .head = 2, .tail = 2, .alike = true };
	struct heap_query query;
	struct heap_why why;
	char text[32];
	snprintf(text, sizeof(text), "0x%llx",
		 (unsigned long long)heap_spans_address(&heap->spans, vertex));
	must_succeed(heap_query_find(heap, text, &query));
	assert(query.vertex == vertex);
	must_succeed(heap_why_ask(heap, &query, vertex % 2, &why));
	must_succeed(heap_why_show(&why, vertex % 2 ? NULL : &cut));
	for (uint32_t i = 0; i < why.paths.count; i++)
		tell_path(&why, &why.paths.items[i]);
	heap_why_deinit(&why);
}

/* Some objects all over the heap. */
static void ask_some(struct heap *heap)
{
	uint32_t count = heap->scan.graph.object_count, step = count / ASKED + 1;
	for (uint32_t from = 0; from < count; from += step) {
		uint32_t vertex = from;
		while (vertex < MIN(count, from + step) && !heap_is_reached(heap, vertex))
			vertex++;
		if (vertex < MIN(count, from + step))
			ask(heap, vertex);
	}
}

static bool look(struct runtime *runtime)
{
	_cleanup_(heap_cleanup) struct heap *heap = NULL;
	struct heap_totals totals;
	if (!error_ignore(heap_read(runtime, &heap)))
		return false;
	check_graph(heap);
	must_succeed(heap_search(heap));
	heap_count(heap, &totals);
	check_totals(heap, &totals);
	must_succeed(heap_dominate(heap));
	check_groups(heap, &totals);
	check_holders(heap, &totals);
	ask_some(heap);
	return totals.reachable_objects > 0;
}

static void start(void)
{
	subject_open(&subject, true);
	subject.recorded->noting = true;
	bool good = look(subject.runtime);
	assert(good);
	subject.recorded->noting = false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(runtime_cleanup) struct runtime *opened = NULL;
	if (!subject.recorded)
		start();
	if (subject_change(&subject, data, size)) {
		if (size % 2 == 0)
			look(subject.runtime);
		else if (error_ignore(runtime_open(&subject.recorded->target, &opened)))
			look(opened);
	}
	subject_restore(&subject);
	return 0;
}
