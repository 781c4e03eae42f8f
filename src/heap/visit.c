/* SPDX-License-Identifier: Apache-2.0 */
#include "heap/visit.h"

#include <stdlib.h>
#include <string.h>

#include "base/big_array.h"
#include "base/progress.h"

#define PIECE_MAX ((uint64_t)1 << 20)
#define ROOM      ((uint64_t)4 << 20)
#define GAP_MAX   ((uint64_t)4096) /* that is rather read along than left out */
#define RUNS_MAX  1024

/* Objects of a span side by side. */
struct run {
	const struct heap_span *span;
	uint32_t first, last; /* vertices, last inclusive */
};

struct visiting {
	const struct heap *heap;
	const struct heap_visitor *visitor;
	struct target *target;
	uint8_t *bytes; /* of ROOM */
	uint64_t used;
	struct target_range ranges[RUNS_MAX];
	struct run runs[RUNS_MAX];
	size_t count;
	uint64_t unreadable;
};

static struct error *hand_out(struct visiting *visiting, const struct heap_span *span,
			      uint32_t vertex, const uint8_t *slot)
{
	const struct heap_visitor *visitor = visiting->visitor;
	return visitor->take(visitor->argument, vertex, 0, slot + span->head,
			     (size_t)(span->slot_size - span->head));
}

/* A run that cannot be read as a whole: its objects one by one. */
static struct error *take_apart(struct visiting *visiting, const struct run *run, uint8_t *room)
{
	const struct heap_span *span = run->span;
	for (uint32_t vertex = run->first; vertex <= run->last; vertex++) {
		struct target_range range = {
			.address = span->start + (vertex - span->first) * span->slot_size,
			.length = (size_t)span->slot_size,
			.into = room,
		};
		if (!heap_is_reached(visiting->heap, vertex) ||
		    !visiting->visitor->wants(visiting->visitor->argument, vertex))
			continue;
		TRY(target_read_ranges(visiting->target, &range, 1));
		if (range.done)
			TRY(hand_out(visiting, span, vertex, room));
		else
			visiting->unreadable++;
	}
	return NULL;
}

static struct error *take_run(struct visiting *visiting, const struct run *run,
			      const struct target_range *range)
{
	const struct heap_span *span = run->span;
	if (!range->done)
		return take_apart(visiting, run, range->into);
	for (uint32_t vertex = run->first; vertex <= run->last; vertex++) {
		if (heap_is_reached(visiting->heap, vertex) &&
		    visiting->visitor->wants(visiting->visitor->argument, vertex))
			TRY(hand_out(visiting, span, vertex,
				     (const uint8_t *)range->into +
					     (vertex - run->first) * span->slot_size));
	}
	return NULL;
}

static struct error *flush(struct visiting *visiting)
{
	TRY(target_read_ranges(visiting->target, visiting->ranges, visiting->count));
	for (size_t i = 0; i < visiting->count; i++)
		TRY(take_run(visiting, &visiting->runs[i], &visiting->ranges[i]));
	visiting->count = 0;
	visiting->used = 0;
	return NULL;
}

static struct error *add_run(struct visiting *visiting, const struct run *run)
{
	const struct heap_span *span = run->span;
	uint64_t size = (run->last - run->first + 1) * span->slot_size;
	if (visiting->count == RUNS_MAX || size > ROOM - visiting->used)
		TRY(flush(visiting));
	visiting->ranges[visiting->count] = (struct target_range){
		.address = span->start + (run->first - span->first) * span->slot_size,
		.length = (size_t)size,
		.into = visiting->bytes + visiting->used,
	};
	visiting->runs[visiting->count++] = *run;
	visiting->used += size;
	return NULL;
}

static bool continues(const struct run *run, uint32_t vertex)
{
	uint64_t size = run->span->slot_size;
	return (vertex - run->last - 1) * size <= GAP_MAX &&
	       (vertex - run->first + 1) * size <= PIECE_MAX;
}

static struct error *visit_span(struct visiting *visiting, const struct heap_span *span)
{
	struct run run = { 0 };
	for (uint32_t vertex = span->first; vertex < span->first + span->count; vertex++) {
		if (!heap_is_reached(visiting->heap, vertex) ||
		    !visiting->visitor->wants(visiting->visitor->argument, vertex))
			continue;
		if (run.span && continues(&run, vertex)) {
			run.last = vertex;
			continue;
		}
		if (run.span)
			TRY(add_run(visiting, &run));
		run = (struct run){ span, vertex, vertex };
	}
	return run.span ? add_run(visiting, &run) : NULL;
}

/* One object of its span, piece by piece. */
static struct error *visit_large(struct visiting *visiting, const struct heap_span *span)
{
	const struct heap_visitor *visitor = visiting->visitor;
	uint64_t element = heap_is_reached(visiting->heap, span->first)
				   ? visitor->wants(visitor->argument, span->first)
				   : 0;
	if (!element)
		return NULL;
	TRY(flush(visiting));
	uint64_t piece = element > PIECE_MAX ? PIECE_MAX : PIECE_MAX / element * element;
	for (uint64_t at = span->head; at < span->slot_size; at += piece) {
		struct target_range range = {
			.address = span->start + at,
			.length = (size_t)MIN(piece, span->slot_size - at),
			.into = visiting->bytes,
		};
		TRY(target_read_ranges(visiting->target, &range, 1));
		if (!range.done) {
			visiting->unreadable++;
			return NULL;
		}
		TRY(visitor->take(visitor->argument, span->first, at - span->head, visiting->bytes,
				  range.length));
	}
	return NULL;
}

static struct error *visit(struct visiting *visiting)
{
	const struct heap_span_vector *spans = &visiting->heap->spans.list;
	progress_begin("reading objects", 0);
	for (size_t i = 0; i < spans->count; i++) {
		const struct heap_span *span = &spans->items[i];
		if (span->slot_size <= PIECE_MAX)
			TRY(visit_span(visiting, span));
		else if (span->count == 1)
			TRY(visit_large(visiting, span));
	}
	return flush(visiting);
}

bool heap_visit_is_pointer(const struct heap *heap, uint32_t vertex, uint64_t offset)
{
	const struct heap_shape *shape = &heap->scan.shape_list.list[heap->scan.shapes[vertex]];
	return shape->kind != SHAPE_POINTERS || offset / 8 >= 64 ||
	       (shape->mask >> offset / 8 & 1) != 0;
}

struct error *heap_visit(const struct heap *heap, const struct heap_visitor *visitor,
			 uint64_t *ret_unreadable)
{
	_cleanup_(free_pointer) struct visiting *visiting = calloc(1, sizeof(*visiting));
	if (!visiting)
		return error_no_memory();
	visiting->heap = heap;
	visiting->visitor = visitor;
	visiting->target = runtime_target(heap->runtime);
	TRY(big_array_allocate(ROOM, 1, &visiting->bytes));
	struct error *error = visit(visiting);
	big_array_free(visiting->bytes, ROOM, 1);
	*ret_unreadable = visiting->unreadable;
	return error;
}
