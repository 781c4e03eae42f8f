/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_RUNTIME_SELECTION_PRIVATE_H
#define DOWSE_RUNTIME_SELECTION_PRIVATE_H

#include "runtime/heap_ranges.h"
#include "runtime/selection.h"

/* The single pieces: stacks, channels, texts. Sorted and without overlaps once they are complete. */
struct selection_pieces {
	struct target_extent_vector list;
	bool whole_stacks; /* there are too many to note each: all spans of stacks are wanted */
	bool too_many;     /* even without stacks: the rest is left out */
	uint64_t stacks;
	uint64_t goroutines;
};

struct error *selection_pieces_find(struct runtime *runtime, struct selection_pieces *ret) must_use;
void selection_pieces_deinit(struct selection_pieces *pieces);

#define SELECTION_PAGES ((size_t)8192) /* of one arena: 64 MiB */

/* The spans of one arena, in order, and which of them are wanted. */
struct selection_heap {
	struct runtime *runtime;
	bool with_data;
	bool with_manual; /* all stacks, and what lies beside them */
	uint64_t table;   /* of the arenas' descriptions */
	uint64_t heap;
	uint64_t data;
	bool has_marks; /* the arena in hand has these: */
	uint8_t marks[SELECTION_PAGES / 8];
};

/* ERROR_UNSUPPORTED where the spans of this release are not known. */
struct error *selection_heap_init(struct selection_heap *heap, struct runtime *runtime) must_use;

/* A span in use: its description (struct runtime.mspan), and where it lies. */
typedef struct error *selection_span_visitor(void *argument, const uint8_t *span, uint64_t start,
					     uint64_t end);

/* Every span of which a part lies in [start, end), an arena or a part of one, by rising addresses. */
struct error *selection_heap_spans(struct selection_heap *heap, uint64_t start, uint64_t end,
				   selection_span_visitor *visit, void *argument) must_use;

/* Append what is wanted of [start, end), which lies in one arena. */
struct error *selection_heap_arena(struct selection_heap *heap, uint64_t start, uint64_t end,
				   struct target_extent_vector *into) must_use;

/* A mapping outside the heap: is it wanted? */
struct selection_mapping {
	uint64_t start;
	uint64_t end;
	bool wanted; /* as a whole, but for arenas of the heap within it */
};

DEFINE_VECTOR(selection_mapping_vector, struct selection_mapping);

/* Every readable mapping, in order. */
struct error *selection_mappings_find(struct runtime *runtime,
				      const struct address_range_vector *heap,
				      struct selection_mapping_vector *ret) must_use;

#endif
