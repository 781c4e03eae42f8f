/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_RUNTIME_SPAN_WALK_H
#define DOWSE_RUNTIME_SPAN_WALK_H

#include "runtime/runtime.h"

#define GO_PAGE         ((uint64_t)8192)
#define SPAN_WALK_PAGES ((size_t)8192) /* of one arena: 64 MiB */

/* Bytes of runtime.spanInlineMarkBits: bits of what was scanned, then the marks. */
#define SPAN_INLINE_MARKS ((uint64_t)128)

/* A walk over the heap's spans, arena by arena. */
struct span_walk {
	struct runtime *runtime;
	uint64_t table; /* of the arenas' descriptions */
	bool has_marks; /* the arena in hand has these, of the pages that hold the collector's marks: */
	uint8_t marks[SPAN_WALK_PAGES / 8];
};

/* ERROR_UNSUPPORTED where the spans of this release are not known. */
struct error *span_walk_init(struct span_walk *walk, struct runtime *runtime) must_use;

/* A span that holds objects, or (state "manual") stacks: struct runtime.mspan, and where it lies. */
typedef struct error *span_visitor(void *argument, const uint8_t *span, uint64_t start,
				   uint64_t end);

/* Every span of which a part lies in [start, end), an arena or a part of one, by rising addresses. */
struct error *span_walk_arena(struct span_walk *walk, uint64_t start, uint64_t end,
			      span_visitor *visit, void *argument) must_use;

/* A number of slots that a span keeps (nelems, freeindex): its width changed with 1.22. */
uint64_t span_count_member(const struct layout *layout, const uint8_t *span, int32_t offset);

/* From Go 1.25 on: are the marks of small objects in their span, at the end of this page of it? */
static inline bool span_walk_has_marks(const struct span_walk *walk, uint64_t page)
{
	return walk->has_marks && walk->marks[page / 8] & 1 << page % 8;
}

#endif
