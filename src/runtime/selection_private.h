/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_RUNTIME_SELECTION_PRIVATE_H
#define DOWSE_RUNTIME_SELECTION_PRIVATE_H

#include "runtime/heap_ranges.h"
#include "runtime/selection.h"
#include "runtime/span_walk.h"

/* The single pieces: stacks, channels, texts. Sorted and without overlaps once they are complete. */
struct selection_pieces {
	struct target_extent_vector list;
	bool whole_stacks; /* there are too many to note each: all spans of stacks are wanted */
	bool too_many;     /* even without stacks: the rest is left out */
	uint64_t stacks;
	uint64_t goroutines;
};

struct error *selection_pieces_find(struct runtime *runtime, struct selection_pieces *ret) must_use;
struct error *selection_pieces_add(struct selection_pieces *pieces, uint64_t start, uint64_t end)
	must_use;

/* Of closed channels that lie in those parts of stacks. */
struct error *selection_closed_find(struct runtime *runtime,
				    const struct target_extent_vector *stacks,
				    struct selection_pieces *pieces) must_use;

/* Of locks and wait groups without pointers: the words that goroutines wait at. */
struct error *selection_words_find(struct runtime *runtime, struct selection_pieces *pieces)
	must_use;
void selection_pieces_deinit(struct selection_pieces *pieces);

/* The spans of one arena, in order, and which of them are wanted. */
struct selection_heap {
	struct span_walk walk;
	bool with_data;
	bool with_manual; /* all stacks, and what lies beside them */
	uint64_t heap;
	uint64_t data;
};

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
