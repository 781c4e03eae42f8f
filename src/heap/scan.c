/* SPDX-License-Identifier: Apache-2.0 */
#include "heap/scan.h"

#include <stdlib.h>
#include <string.h>

#include "base/big_array.h"
#include "base/progress.h"
#include "heap/arena_bits.h"
#include "heap/scan_private.h"

/*
 * The heap is cut into pieces of some spans each. A thread takes the next piece, reads it (one at a
 * time, as the target is for one thread), scans it, and appends what it found when it is the
 * piece's turn: so the graph does not depend on who did what. An object that is larger than a
 * piece is read bit by bit.
 */
#define PIECE_BYTES ((size_t)1 << 20)
#define PIECE_SPANS ((size_t)1024)
#define PAGE_BYTES  ((size_t)4096)
#define THREADS     2
/* Each page that is not there takes a try of its own; a whole heap that is not there takes too many. */
#define UNREADABLE_MAX ((uint64_t)32 << 30)

struct scan_run {
	struct runtime *runtime;
	const struct heap_spans *spans;
	struct heap_types *types;
	struct heap_scan *scan;
	struct heap_words words;
	struct arena_bits arena_bits;
	pthread_mutex_t lock; /* guards the target, the types, and which piece is next */
	size_t next_span;
	uint64_t next_piece;
	pthread_mutex_t turn_lock; /* guards the graph's growth and the rest */
	pthread_cond_t turned;
	uint64_t turn;
	struct error *error; /* the first one; everybody stops */
};

struct piece {
	uint64_t number;
	size_t from; /* spans */
	size_t to;
	bool large; /* a single one, larger than the buffer */
};

struct worker {
	struct scan_run *run;
	struct scanner scanner;
	uint8_t *buffer; /* PIECE_BYTES */
	uint8_t *bits;   /* of arenas, for those */
	struct target_range *ranges;
	pthread_t thread;
};

static size_t scan_bytes(const struct heap_span *span)
{
	return span->bits == HEAP_BITS_NONE ? 0 : (size_t)(span->end - span->start);
}

/* With the lock held. */
static bool take_piece(struct scan_run *run, struct piece *ret)
{
	size_t bytes = 0, at = run->next_span, count = run->spans->list.count;
	if (at == count)
		return false;
	*ret = (struct piece){ .number = run->next_piece++, .from = at };
	ret->large = scan_bytes(&run->spans->list.items[at]) > PIECE_BYTES;
	for (; at < count && at - ret->from < PIECE_SPANS; at++) {
		bytes += scan_bytes(&run->spans->list.items[at]);
		if (bytes > PIECE_BYTES)
			break;
	}
	ret->to = ret->large ? ret->from + 1 : at;
	run->next_span = ret->to;
	return true;
}

/* Page by page: what is not there reads as zeroes. */
static struct error *read_pages(struct scan_run *run, uint64_t address, uint8_t *into, size_t size)
{
	for (size_t at = 0; at < size; at += PAGE_BYTES) {
		struct target_range range = { address + at, MIN(PAGE_BYTES, size - at), into + at };
		TRY(target_read_ranges(runtime_target(run->runtime), &range, 1));
		if (!range.done) {
			memset(into + at, 0, range.length);
			run->scan->unreadable += range.length;
		}
	}
	if (run->scan->unreadable > UNREADABLE_MAX)
		return error_new(ERROR_CORRUPT, "more than %u GiB of its heap are not there",
				 (unsigned)(UNREADABLE_MAX >> 30));
	return NULL;
}

/* With the lock held. */
static struct error *read_ranges(struct scan_run *run, struct target_range *ranges, size_t count)
{
	TRY(target_read_ranges(runtime_target(run->runtime), ranges, count));
	for (size_t i = 0; i < count; i++) {
		if (!ranges[i].done)
			TRY(read_pages(run, ranges[i].address, ranges[i].into, ranges[i].length));
	}
	return NULL;
}

/* With the lock held: the spans with pointers, one behind the other. */
static struct error *read_piece(struct worker *worker, const struct piece *piece)
{
	struct scan_run *run = worker->run;
	size_t count = 0, used = 0, bits = 0;
	for (size_t i = piece->from; i < piece->to; i++) {
		const struct heap_span *span = &run->spans->list.items[i];
		size_t size = scan_bytes(span);
		if (!size)
			continue;
		worker->ranges[count++] = (struct target_range){ span->start, size,
								 worker->buffer + used };
		used += size;
		if (span->bits == HEAP_BITS_ARENA) {
			TRY(arena_bits_span(&run->arena_bits, span, worker->bits + bits));
			bits += arena_bits_size(size);
		}
	}
	return read_ranges(run, worker->ranges, count);
}

static void fail(struct scan_run *run, struct error *error)
{
	pthread_mutex_lock(&run->turn_lock);
	if (run->error)
		error_destroy(error);
	else
		run->error = error;
	pthread_cond_broadcast(&run->turned);
	pthread_mutex_unlock(&run->turn_lock);
}

/* False when it is over for everybody. */
static bool await_turn(struct scan_run *run, uint64_t number)
{
	pthread_mutex_lock(&run->turn_lock);
	while (run->turn != number && !run->error)
		pthread_cond_wait(&run->turned, &run->turn_lock);
	bool good = !run->error;
	pthread_mutex_unlock(&run->turn_lock);
	return good;
}

static void end_turn(struct scan_run *run)
{
	pthread_mutex_lock(&run->turn_lock);
	run->turn++;
	pthread_cond_broadcast(&run->turned);
	pthread_mutex_unlock(&run->turn_lock);
}

/* In its turn: nobody else appends. */
static struct error *append_edges(struct heap_scan *scan, const uint32_t *edges, size_t count)
{
	size_t wanted = scan->edge_count + count;
	if (wanted >= UINT32_MAX)
		return error_new(ERROR_LIMIT, "there are more than four billion pointers");
	if (wanted > scan->edge_capacity) {
		size_t capacity = MAX(wanted, scan->edge_capacity + scan->edge_capacity / 2);
		TRY(heap_room_allow(&scan->room, (wanted - scan->edge_capacity) * sizeof(*edges),
				    "the graph of this heap"));
		TRY(big_array_grow(&scan->graph.edges, scan->edge_capacity, capacity,
				   sizeof(*edges)));
		scan->edge_capacity = capacity;
	}
	if (count)
		memcpy(scan->graph.edges + scan->edge_count, edges, count * sizeof(*edges));
	scan->edge_count = wanted;
	return NULL;
}

/* Rows were counted from the piece's beginning. */
static struct error *append_piece(struct worker *worker, const struct piece *piece)
{
	struct scan_run *run = worker->run;
	const struct heap_span *first = &run->spans->list.items[piece->from];
	const struct heap_span *last = &run->spans->list.items[piece->to - 1];
	if (!await_turn(run, piece->number))
		return NULL;
	uint32_t base = (uint32_t)run->scan->edge_count;
	TRY(append_edges(run->scan, worker->scanner.edges, worker->scanner.count));
	for (uint32_t vertex = first->first; vertex < last->first + last->count; vertex++)
		run->scan->graph.rows[vertex] += base;
	end_turn(run);
	return NULL;
}

static struct error *set_shape(struct worker *worker, const struct heap_span *span,
			       enum heap_shape_kind kind)
{
	struct scan_run *run = worker->run;
	struct heap_shape shape = {
		.kind = (uint8_t)kind,
		.size = span->slot_size <= UINT32_MAX ? (uint32_t)span->slot_size : 0,
	};
	uint16_t number;
	pthread_mutex_lock(&run->lock);
	struct error *error = heap_shapes_intern(&run->scan->shape_list, &shape, &number);
	pthread_mutex_unlock(&run->lock);
	TRY(error);
	for (uint32_t i = 0; i < span->count; i++)
		run->scan->shapes[span->first + i] = number;
	return NULL;
}

static struct error *scan_span(struct worker *worker, const struct heap_span *span,
			       const uint8_t *bytes, const uint8_t *bits)
{
	struct scanned_span part = {
		.span = span,
		.words = (const uint64_t *)(const void *)bytes,
		.slots = span->count,
		.bits = bits,
	};
	if (span->bits == HEAP_BITS_SPAN)
		part.bits = bytes + (span->bits_at - span->start);
	if (span->slot_size > 512)
		TRY(set_shape(worker, span, SHAPE_LARGE));
	return scan_slots(&worker->scanner, &part);
}

static struct error *scan_data(struct worker *worker, const struct heap_span *span)
{
	for (uint32_t i = 0; i < span->count; i++)
		worker->run->scan->graph.rows[span->first + i] = (uint32_t)worker->scanner.count;
	return set_shape(worker, span, SHAPE_DATA);
}

static struct error *scan_piece(struct worker *worker, const struct piece *piece)
{
	struct scan_run *run = worker->run;
	size_t used = 0, bits = 0;
	worker->scanner.count = 0;
	for (size_t i = piece->from; i < piece->to; i++) {
		const struct heap_span *span = &run->spans->list.items[i];
		if (span->bits == HEAP_BITS_NONE) {
			TRY(scan_data(worker, span));
			continue;
		}
		bool arena = span->bits == HEAP_BITS_ARENA;
		TRY(scan_span(worker, span, worker->buffer + used,
			      arena ? worker->bits + bits : NULL));
		used += scan_bytes(span);
		bits += arena ? arena_bits_size(scan_bytes(span)) : 0;
	}
	return append_piece(worker, piece);
}

/* `dead`: NULL where there are no bits of arenas. */
static struct error *read_locked(struct worker *worker, uint64_t address, size_t size, bool *dead)
{
	struct scan_run *run = worker->run;
	struct target_range range = { address, size, worker->buffer };
	pthread_mutex_lock(&run->lock);
	struct error *error = read_ranges(run, &range, 1);
	if (!error && dead)
		error = arena_bits_part(&run->arena_bits, address, size, dead, worker->bits);
	pthread_mutex_unlock(&run->lock);
	return error;
}

/* Its edges are appended as they are found: nobody else's can come between. */
static struct error *scan_large(struct worker *worker, const struct piece *piece)
{
	struct scan_run *run = worker->run;
	const struct heap_span *span = &run->spans->list.items[piece->from];
	struct scanner *scanner = &worker->scanner;
	bool arena = span->bits == HEAP_BITS_ARENA, dead = false;
	struct scan_object object;
	scanner->count = 0;
	TRY(set_shape(worker, span, SHAPE_LARGE));
	if (!await_turn(run, piece->number))
		return NULL;
	run->scan->graph.rows[span->first] = (uint32_t)run->scan->edge_count;
	TRY(scan_object_begin(scanner, span, arena ? 0 : span->bits_at, span->first, &object));
	uint64_t end = span->start + span->slot_size;
	for (uint64_t at = span->start; at < end && heap_bit(run->spans->used, span->first);) {
		/* Not beyond an arena, whose bits end there. */
		uint64_t arena_end = ((at >> HEAP_ARENA_BITS) + 1) << HEAP_ARENA_BITS;
		size_t size = (size_t)MIN(MIN(arena_end, end) - at, (uint64_t)PIECE_BYTES);
		TRY(read_locked(worker, at, size, arena ? &dead : NULL));
		TRY(scan_object_words(scanner, &object, (const uint64_t *)(void *)worker->buffer,
				      size / 8, arena ? worker->bits : NULL, 0));
		TRY(append_edges(run->scan, scanner->edges, scanner->count));
		scanner->count = 0;
		at += size;
	}
	end_turn(run);
	return arena && object.at ? scan_object_shape(scanner, &object, span->first) : NULL;
}

static struct error *work_on(struct worker *worker, bool *ret_more)
{
	struct scan_run *run = worker->run;
	struct piece piece;
	pthread_mutex_lock(&run->lock);
	*ret_more = take_piece(run, &piece);
	struct error *error = *ret_more && !piece.large ? read_piece(worker, &piece) : NULL;
	pthread_mutex_unlock(&run->lock);
	for (size_t i = piece.from; *ret_more && i < piece.to; i++)
		progress_add(scan_bytes(&run->spans->list.items[i]));
	if (error || !*ret_more)
		return error;
	return piece.large ? scan_large(worker, &piece) : scan_piece(worker, &piece);
}

static void *work(void *argument)
{
	struct worker *worker = argument;
	bool more = true;
	while (more) {
		struct error *error = work_on(worker, &more);
		if (error) {
			fail(worker->run, error);
			return NULL;
		}
		pthread_mutex_lock(&worker->run->turn_lock);
		more = more && !worker->run->error;
		pthread_mutex_unlock(&worker->run->turn_lock);
	}
	return NULL;
}

static struct error *worker_init(struct worker *worker, struct scan_run *run)
{
	*worker = (struct worker){
		.run = run,
		.scanner = { .runtime = run->runtime,
			     .spans = run->spans,
			     .scan = run->scan,
			     .types = run->types,
			     .words = &run->words,
			     .lock = &run->lock },
		.buffer = aligned_alloc(PAGE_BYTES, PIECE_BYTES),
		.bits = malloc(arena_bits_size(PIECE_BYTES) + 64),
		.ranges = calloc(PIECE_SPANS, sizeof(*worker->ranges)),
	};
	return worker->buffer && worker->bits && worker->ranges ? NULL : error_no_memory();
}

static void worker_deinit(struct worker *worker)
{
	free(worker->buffer);
	free(worker->bits);
	free(worker->ranges);
	free(worker->scanner.edges);
	free(worker->scanner.mask);
}

/* This thread works too; where there can be no other it works alone. */
static struct error *run_workers(struct scan_run *run)
{
	struct worker *workers = calloc(THREADS, sizeof(*workers));
	size_t started = 1;
	if (!workers)
		return error_no_memory();
	struct error *error = NULL;
	for (size_t i = 0; i < THREADS && !error; i++)
		error = worker_init(&workers[i], run);
	if (!error) {
		for (; started < THREADS; started++) {
			if (pthread_create(&workers[started].thread, NULL, work, &workers[started]))
				break;
		}
		work(&workers[0]);
		for (size_t i = 1; i < started; i++)
			pthread_join(workers[i].thread, NULL);
		error = run->error;
	}
	for (size_t i = 0; i < THREADS; i++)
		worker_deinit(&workers[i]);
	free(workers);
	return error;
}

static struct error *allocate(struct heap_scan *scan, uint32_t count)
{
	size_t slots = (size_t)count + 1;
	scan->graph.object_count = scan->graph.vertex_count = count;
	scan->slot_count = scan->row_count = scan->edge_capacity = slots;
	TRY(big_array_allocate(slots, sizeof(*scan->graph.rows), &scan->graph.rows));
	TRY(big_array_allocate(slots, sizeof(*scan->graph.edges), &scan->graph.edges));
	TRY(big_array_allocate(slots, sizeof(*scan->shapes), &scan->shapes));
	TRY(big_array_allocate(slots, sizeof(*scan->types), &scan->types));
	return heap_shapes_init(&scan->shape_list);
}

static struct error *scan_all(struct scan_run *run)
{
	TRY(allocate(run->scan, run->spans->vertex_count));
	TRY(arena_bits_init(&run->arena_bits, run->runtime));
	TRY(heap_words_init(&run->words, run->runtime, run->types, &run->lock));
	uint64_t total = 0;
	for (size_t i = 0; i < run->spans->list.count; i++)
		total += scan_bytes(&run->spans->list.items[i]);
	progress_begin("reading", total);
	TRY(run_workers(run));
	run->scan->graph.rows[run->spans->vertex_count] = (uint32_t)run->scan->edge_count;
	return NULL;
}

struct error *heap_scan_run(struct runtime *runtime, const struct heap_spans *spans,
			    struct heap_types *types, const struct heap_room *room,
			    struct heap_scan *ret)
{
	struct heap_scan scan = { .room = *room };
	struct scan_run run = {
		.runtime = runtime,
		.spans = spans,
		.types = types,
		.scan = &scan,
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.turn_lock = PTHREAD_MUTEX_INITIALIZER,
		.turned = PTHREAD_COND_INITIALIZER,
	};
	struct error *error = scan_all(&run);
	heap_words_deinit(&run.words);
	arena_bits_deinit(&run.arena_bits);
	if (error)
		heap_scan_deinit(&scan);
	else
		*ret = scan;
	return error;
}

void heap_scan_deinit(struct heap_scan *scan)
{
	big_array_free(scan->graph.rows, scan->row_count, sizeof(*scan->graph.rows));
	big_array_free(scan->graph.edges, scan->edge_capacity, sizeof(*scan->graph.edges));
	big_array_free(scan->shapes, scan->slot_count, sizeof(*scan->shapes));
	big_array_free(scan->types, scan->slot_count, sizeof(*scan->types));
	heap_shapes_deinit(&scan->shape_list);
	*scan = (struct heap_scan){ 0 };
}

struct error *heap_scan_append(struct heap_scan *scan, const uint32_t *edges, size_t count)
{
	TRY(append_edges(scan, edges, count));
	scan->graph.rows[++scan->graph.vertex_count] = (uint32_t)scan->edge_count;
	return NULL;
}

struct error *heap_scan_expect(struct heap_scan *scan, size_t count)
{
	size_t rows = (size_t)scan->graph.vertex_count + count + 1;
	if (rows > VERTEX_MAX)
		return error_new(ERROR_LIMIT, "there are more than two billion objects");
	if (rows <= scan->row_count)
		return NULL;
	TRY(big_array_grow(&scan->graph.rows, scan->row_count, rows, sizeof(*scan->graph.rows)));
	scan->row_count = rows;
	return NULL;
}

struct error *heap_scan_forget_masks(struct heap_scan *scan, const struct heap_spans *spans)
{
	for (size_t i = 0; i < spans->list.count; i++) {
		const struct heap_span *span = &spans->list.items[i];
		struct heap_shape shape = {
			.size = (uint32_t)span->slot_size,
			.kind = SHAPE_LARGE,
		};
		uint16_t number;
		if (span->bits != HEAP_BITS_ARENA || span->slot_size <= 512 ||
		    span->slot_size > UINT32_MAX)
			continue;
		TRY(heap_shapes_intern(&scan->shape_list, &shape, &number));
		for (uint32_t k = 0; k < span->count; k++)
			scan->shapes[span->first + k] = number;
	}
	return NULL;
}
