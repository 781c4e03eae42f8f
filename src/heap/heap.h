/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_HEAP_HEAP_H
#define DOWSE_HEAP_HEAP_H

#include "heap/dominators.h"
#include "heap/room.h"
#include "heap/roots.h"
#include "heap/scan.h"
#include "heap/spans.h"
#include "heap/types.h"

/*
 * The heap of a Go process at one moment: its objects and roots, who points at whom, what each is,
 * and what the collector would find alive.
 */
#define HEAP_WARNINGS_MAX 4

struct heap {
	struct runtime *runtime; /* borrowed */
	struct heap_spans spans;
	struct heap_types *types;
	struct heap_scan scan; /* scan.graph has the roots as well */
	struct heap_roots roots;
	uint64_t *reached;            /* a bit for each object; NULL before heap_search() */
	struct dominators dominators; /* count 0 before heap_dominate() */
	const char *warnings[HEAP_WARNINGS_MAX]; /* what to know before trusting it; static texts */
	size_t warning_count;
	struct heap_room room;
	struct heap_digest *digest; /* NULL: none was made; see digest.h */
};

/*
 * Read it: the runtime's target must stand still. After this its memory is needed no more, but to
 * show what objects hold.
 */
struct error *heap_read(struct runtime *runtime, struct heap **ret) must_use;

/*
 * The same, and heap_dominate() later, within a limit of memory; ERROR_LIMIT where that would not
 * do, before it is taken.
 */
struct error *heap_read_within(struct runtime *runtime, const struct heap_room *room,
			       struct heap **ret) must_use;

/* Fill `warnings`, once it is read. */
void heap_note_warnings(struct heap *heap);

/* What can be reached, and what it is. */
struct error *heap_search(struct heap *heap) must_use;
void heap_destroy(struct heap *heap);

/*
 * Who holds what. From then on the graph has no edges to goroutines' descriptors but from their
 * roots: the runtime's own lists hold nobody.
 */
struct error *heap_dominate(struct heap *heap) must_use;

struct heap_totals {
	uint64_t objects; /* in use, dead ones included */
	uint64_t bytes;
	uint64_t reachable_objects;
	uint64_t reachable_bytes;
	uint64_t typed_bytes;  /* of the reachable ones */
	uint64_t dead_objects; /* that the last collection found dead and nobody has swept yet */
	uint64_t dead_bytes;
};

void heap_count(const struct heap *heap, struct heap_totals *ret);

/* Bytes of an object's slot, which is what it costs; 0 for a root. */
uint64_t heap_object_size(const struct heap *heap, uint32_t vertex);

static inline bool heap_is_reached(const struct heap *heap, uint32_t vertex)
{
	return vertex >= heap->scan.graph.object_count || heap_bit(heap->reached, vertex);
}

/* The number of an object's type; HEAP_TYPE_UNKNOWN. */
static inline uint32_t heap_object_type(const struct heap *heap, uint32_t vertex)
{
	return heap_type_number(heap->scan.types[vertex]);
}

static inline void heap_cleanup(struct heap **heap)
{
	heap_destroy(*heap);
}

#endif
