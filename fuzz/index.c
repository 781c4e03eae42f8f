/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The index of a Go process's heap, forged. An input is a list of changes of eight bytes each:
 *
 *	which section, the header last (u8), which item of it (u16), which byte (u8), with what (u32)
 *
 * after which the checksums are right again, unless its length is odd. What is read then is a heap
 * all the same: the graph is one, and who asks comes to an end.
 */
#include <assert.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "changes.h"
#include "heap/index_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHANGE_SIZE 8

static const struct heap_index_source source = { .size = 1, .written_ns = 2, .contents = 3 };

static struct subject subject;
static int file = -1;
static uint8_t *whole; /* as it was written */
static size_t whole_size;
static uint8_t *mapped; /* what is read */

static void start(void)
{
	_cleanup_(heap_cleanup) struct heap *heap = NULL;
	struct stat status;
	subject_open(&subject, false);
	must_succeed(heap_read(subject.runtime, &heap));
	must_succeed(heap_search(heap));
	must_succeed(heap_dominate(heap));
	must_succeed(heap_digest_create(heap, &heap->digest));
	file = memfd_create("index", MFD_CLOEXEC);
	if (file < 0)
		abort();
	must_succeed(heap_index_write(heap, &source, file));
	if (fstat(file, &status) < 0)
		abort();
	whole_size = (size_t)status.st_size;
	mapped = mmap(NULL, whole_size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	whole = malloc(whole_size);
	if (!whole || mapped == MAP_FAILED)
		abort();
	memcpy(whole, mapped, whole_size);
}

static void change(const uint8_t *data)
{
	const struct index_header *header = (const struct index_header *)(void *)whole;
	uint16_t item;
	memcpy(&item, data + 1, sizeof(item));
	size_t which = data[0] % (INDEX_SECTION_COUNT + 1), at = data[3] % sizeof(*header);
	size_t size = 1u << (data[3] >> 6), end = sizeof(*header);
	if (which < INDEX_SECTION_COUNT) {
		const struct index_section *section = &header->sections[which];
		if (!section->count)
			return;
		at = (size_t)(section->offset + item % section->count * section->item_size +
			      data[3] % section->item_size);
		end = (size_t)(section->offset + section->count * section->item_size);
	} else {
		at = item % sizeof(*header);
	}
	size = MIN(MIN(size, (size_t)4), end - at);
	memcpy(mapped + at, data + 4, size);
}

static void mend(void)
{
	struct index_header *header = (struct index_header *)(void *)mapped;
	for (size_t i = 0; i < INDEX_SECTION_COUNT; i++) {
		struct index_section *section = &header->sections[i];
		uint64_t size = section->count * section->item_size;
		if (section->offset <= whole_size && size <= whole_size - section->offset)
			section->checksum = index_checksum(mapped + section->offset, size);
	}
	header->checksum = index_checksum(header, offsetof(struct index_header, checksum));
}

static void check_graph(const struct heap *heap)
{
	const struct heap_graph *graph = &heap->scan.graph;
	uint32_t last = 0;
	assert(graph->object_count == heap->spans.vertex_count);
	assert(graph->vertex_count == graph->object_count + heap->roots.list.count);
	for (uint32_t vertex = 0; vertex < graph->vertex_count; vertex++)
		assert(graph->rows[vertex] <= graph->rows[vertex + 1]);
	for (uint32_t i = 0; i < graph->rows[graph->vertex_count]; i++)
		assert(graph->edges[i] == EDGE_NONE ||
		       edge_target(graph->edges[i]) < graph->object_count);
	for (uint32_t vertex = 0; vertex < graph->object_count; vertex++) {
		assert(heap_object_type(heap, vertex) <= heap_types_count(heap->types));
		uint32_t edge = heap_spans_edge(&heap->spans,
						heap_spans_address(&heap->spans, vertex));
		assert(edge != EDGE_NONE && edge_target(edge) == vertex);
		last += heap_object_size(heap, vertex) > 0;
	}
	assert(last == graph->object_count);
}

static void look(struct heap *heap)
{
	_cleanup_(heap_group_vector_deinit) struct heap_group_vector groups = { 0 };
	_cleanup_(heap_holders_deinit) struct heap_holders holders = { 0 };
	struct heap_totals totals;
	check_graph(heap);
	heap_count(heap, &totals);
	must_succeed(heap_group_types(heap, &groups));
	for (size_t i = 0; i < groups.count; i++) {
		const char *name;
		must_succeed(heap_types_name(heap->types, groups.items[i].type, &name));
		assert(name[0]);
	}
	if (!heap->dominators.count)
		must_succeed(heap_dominate(heap));
	must_succeed(heap_holders_find(heap, DIGEST_HOLDERS, 4, &holders));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(heap_cleanup) struct heap *heap = NULL;
	if (!subject.recorded)
		start();
	for (size_t i = 0; i + CHANGE_SIZE <= size; i += CHANGE_SIZE)
		change(data + i);
	if (size % 2 == 0)
		mend();
	if (error_ignore(heap_index_read(subject.runtime, &source, file, &heap)))
		look(heap);
	else
		assert(size >= CHANGE_SIZE); /* unchanged, it is one */
	/* What was read is mapped: it goes first. */
	heap_destroy(TAKE_PTR(heap));
	memcpy(mapped, whole, whole_size);
	return 0;
}
