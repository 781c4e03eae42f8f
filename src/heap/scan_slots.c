/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "heap/scan_private.h"

/*
 * The inner loops: words that can hold pointers become edges, and what their neighbours tell of the
 * types of others is noted. All bytes are a stranger's: every address is looked up, never followed.
 */

struct error *scanner_reserve(struct scanner *scanner, size_t count)
{
	void *edges = scanner->edges;
	if (scanner->count + scanner->pending + count <= scanner->capacity)
		return NULL;
	TRY(vector_grow(&edges, &scanner->capacity, scanner->count + scanner->pending + count,
			sizeof(*scanner->edges)));
	scanner->edges = edges;
	return NULL;
}

/* Words that lead nowhere count only when one follows that leads somewhere. */
static void emit(struct scanner *scanner, uint32_t edge)
{
	if (edge == EDGE_NONE) {
		scanner->pending++;
		return;
	}
	for (; scanner->pending; scanner->pending--)
		scanner->edges[scanner->count++] = EDGE_NONE;
	scanner->edges[scanner->count++] = edge;
}

/* Of two types that are both exact for an object: does this one win? */
static bool outweighs(struct scanner *scanner, uint32_t number, uint32_t other)
{
	const struct heap_type_layout *mine, *its;
	struct heap_type type, other_type;
	pthread_mutex_lock(scanner->lock);
	bool known = error_ignore(heap_types_layout(scanner->types, number, &mine)) &&
		     error_ignore(heap_types_layout(scanner->types, other, &its));
	heap_types_get(scanner->types, number, &type);
	heap_types_get(scanner->types, other, &other_type);
	pthread_mutex_unlock(scanner->lock);
	if (known && mine->size != its->size)
		return mine->size > its->size;
	/* A header knows whether there are several. */
	if (type.descriptor == other_type.descriptor)
		return type.form > other_type.form;
	return type.descriptor < other_type.descriptor;
}

/*
 * Several may know the type of one object, and two threads may say so at once: the larger type
 * wins, since what lies at the beginning of a value has its address too.
 */
static void note_exact(struct scanner *scanner, uint32_t vertex, uint32_t number)
{
	uint32_t *place = &scanner->scan->types[vertex];
	uint32_t mark = heap_type_mark(number, TYPE_RANK_EXACT);
	uint32_t before = __atomic_load_n(place, __ATOMIC_RELAXED);
	while (before != mark && (heap_type_rank(before) < TYPE_RANK_EXACT ||
				  outweighs(scanner, number, heap_type_number(before)))) {
		if (__atomic_compare_exchange_n(place, &before, mark, true, __ATOMIC_RELAXED,
						__ATOMIC_RELAXED))
			return;
	}
}

static struct error *note_interface(struct scanner *scanner, uint64_t word, uint32_t edge)
{
	uint32_t type;
	if (!word || edge == EDGE_NONE || edge_is_interior(edge))
		return NULL;
	TRY(heap_words_interface(scanner->words, &scanner->cache, word, &type));
	if (type != HEAP_TYPE_UNKNOWN)
		note_exact(scanner, edge_target(edge), type);
	return NULL;
}

/*
 * A pointer to a type, and then one to something: an interface in the runtime's own terms (sync.Pool
 * keeps such), or a reflect.Value. What it says is looked at again when more is known.
 */
static struct error *note_pair(struct scanner *scanner, uint64_t word, uint32_t edge)
{
	uint32_t type, none = 0;
	if (word - scanner->words->types_low >=
		    scanner->words->types_high - scanner->words->types_low ||
	    edge == EDGE_NONE || edge_is_interior(edge))
		return NULL;
	TRY(heap_words_interface(scanner->words, &scanner->cache, word, &type));
	if (type != HEAP_TYPE_UNKNOWN)
		__atomic_compare_exchange_n(&scanner->scan->types[edge_target(edge)], &none,
					    heap_type_mark(type, TYPE_RANK_GUESS), false,
					    __ATOMIC_RELAXED, __ATOMIC_RELAXED);
	return NULL;
}

static struct error *note_closure(struct scanner *scanner, uint64_t word, uint32_t vertex)
{
	uint32_t type;
	if (!word)
		return NULL;
	TRY(heap_words_closure(scanner->words, &scanner->cache, word, &type));
	if (type != HEAP_TYPE_UNKNOWN)
		note_exact(scanner, vertex, type);
	return NULL;
}

/* No object is of both kinds: large ones have larger slots. */
static struct error *shape_number(struct scanner *scanner, const struct heap_shape *shape,
				  uint16_t *ret)
{
	size_t place = (heap_shape_hash(shape->mask, shape->size) >> 8) % SCAN_SHAPE_CACHE;
	const struct heap_shape *cached = &scanner->shapes[place].shape;
	if (cached->size != shape->size || cached->mask != shape->mask ||
	    cached->last != shape->last) {
		pthread_mutex_lock(scanner->lock);
		struct error *error = heap_shapes_intern(&scanner->scan->shape_list, shape,
							 &scanner->shapes[place].number);
		pthread_mutex_unlock(scanner->lock);
		TRY(error);
		scanner->shapes[place].shape = *shape;
	}
	*ret = scanner->shapes[place].number;
	return NULL;
}

/* Up to 64 bits from bit `at` on. */
static uint64_t bits_at(const uint8_t *bits, size_t at, size_t count)
{
	uint64_t low = 0;
	size_t bytes = (at % 8 + count + 7) / 8;
	memcpy(&low, bits + at / 8, MIN(bytes, sizeof(low)));
	low >>= at % 8;
	if (bytes > sizeof(low))
		low |= (uint64_t)bits[at / 8 + 8] << (64 - at % 8);
	return count < 64 ? low & ((UINT64_C(1) << count) - 1) : low;
}

/*
 * Up to 64 words. The one before them may tell the type of what the first one points to: `before`,
 * which is a pointer itself or not; NULL: there is none.
 */
static struct error *scan_words(struct scanner *scanner, const uint64_t *words, uint64_t mask,
				const uint64_t *before, bool before_is_pointer)
{
	const struct heap_spans *spans = scanner->spans;
	uint64_t before_pointers = ~mask << 1 | !before_is_pointer; /* bit k: word k - 1 is none */
	while (mask) {
		unsigned at = (unsigned)__builtin_ctzll(mask);
		uint32_t edge = heap_spans_edge(spans, words[at]);
		emit(scanner, edge);
		const uint64_t *last = at ? &words[at - 1] : before;
		if (last && before_pointers >> at & 1)
			TRY(note_interface(scanner, *last, edge));
		else if (last)
			TRY(note_pair(scanner, *last, edge));
		mask &= mask - 1;
	}
	return NULL;
}

static struct error *scan_small_slot(struct scanner *scanner, const struct scanned_span *part,
				     uint32_t index)
{
	size_t count = (size_t)part->span->slot_size / 8;
	const uint64_t *words = part->words + index * count;
	uint32_t vertex = part->span->first + part->slot + index;
	uint64_t mask = bits_at(part->bits, (part->slot + index) * count, count);
	const struct heap_shape shape = {
		.mask = mask,
		.size = (uint32_t)part->span->slot_size,
		.kind = SHAPE_POINTERS,
	};
	TRY(shape_number(scanner, &shape, &scanner->scan->shapes[vertex]));
	if (!(mask & 1))
		TRY(note_closure(scanner, words[0], vertex));
	return scan_words(scanner, words, mask, NULL, false);
}

/*
 * A type that the runtime has made for an object alone (an arena of the user; up to 1.23 what has a
 * program instead of a mask) is a descriptor without a kind, but its mask is there: spread it over
 * the slot. Where there is none, the object has no pointers to be known.
 */
static struct error *read_mask(struct scanner *scanner, const struct heap_span *span,
			       uint64_t header)
{
	const struct layout *layout = &runtime_binary(scanner->runtime)->layout;
	size_t words = (size_t)(span->slot_size - span->head) / 8;
	uint64_t sizes[2], data;
	struct target *target = runtime_binary(scanner->runtime)->target;
	free(scanner->mask);
	scanner->mask = NULL;
	if (layout->type_gc_data < 0 ||
	    !error_ignore(target_read(target, header, sizes, sizeof(sizes))) ||
	    !error_ignore(
		    target_read_u64(target, header + (uint64_t)layout->type_gc_data, &data)) ||
	    sizes[1] > sizes[0] || sizes[0] < 8 || sizes[0] > 8 * words)
		return NULL;
	size_t period = (size_t)sizes[0] / 8, pointers = (size_t)sizes[1] / 8;
	_cleanup_(free_pointer) uint8_t *mask = calloc(1, pointers / 8 + 1);
	_cleanup_(free_pointer) uint8_t *bits = calloc(1, words / 8 + 9);
	if (!mask || !bits)
		return error_no_memory();
	if (!error_ignore(target_read(target, data, mask, (pointers + 7) / 8)))
		return NULL;
	for (size_t from = 0; from + period <= words; from += period) {
		for (size_t i = 0; i < pointers; i++) {
			if (mask[i / 8] >> i % 8 & 1)
				bits[(from + i) / 8] |= (uint8_t)(1 << (from + i) % 8);
		}
	}
	scanner->mask = TAKE_PTR(bits);
	return NULL;
}

static struct error *find_layout(struct scanner *scanner, const struct heap_span *span,
				 uint64_t header)
{
	if (header == scanner->last_type && span->slot_size == scanner->last_slot_size)
		return NULL;
	scanner->last_type = 0;
	scanner->last_number = scanner->last_array = HEAP_TYPE_UNKNOWN;
	scanner->last_layout = NULL;
	pthread_mutex_lock(scanner->lock);
	struct error *error = heap_types_intern(scanner->types, HEAP_VALUE, header,
						&scanner->last_number);
	/* There may be several: the layout of a single value may end before the slot does. */
	if (!error)
		error = heap_types_intern(scanner->types, HEAP_ARRAY, header, &scanner->last_array);
	if (!error && scanner->last_array != HEAP_TYPE_UNKNOWN)
		error = heap_types_layout(scanner->types, scanner->last_array,
					  &scanner->last_layout);
	if (!error && header && !scanner->last_layout)
		error = read_mask(scanner, span, header);
	pthread_mutex_unlock(scanner->lock);
	TRY(error);
	scanner->last_type = header;
	scanner->last_slot_size = span->slot_size;
	return NULL;
}

/* A header names the type of one element, even where there are many. */
static void note_header(struct scanner *scanner, const struct heap_span *span, uint32_t vertex)
{
	const struct heap_type_layout *layout = scanner->last_layout;
	uint32_t number = scanner->last_number;
	if (!layout || !layout->size)
		return;
	if ((span->slot_size - span->head) / layout->size > 1) {
		pthread_mutex_lock(scanner->lock);
		bool fills = heap_types_fills(scanner->types, number, span->slot_size);
		pthread_mutex_unlock(scanner->lock);
		if (!fills)
			number = scanner->last_array;
	}
	note_exact(scanner, vertex, number);
}

struct error *scan_object_begin(struct scanner *scanner, const struct heap_span *span,
				uint64_t header, uint32_t vertex, struct scan_object *ret)
{
	struct scan_object object = { .span = span };
	scanner->pending = 0;
	if (span->bits == HEAP_BITS_HEADER || span->bits == HEAP_BITS_TYPE) {
		TRY(find_layout(scanner, span, header));
		note_header(scanner, span, vertex);
		object.layout = scanner->last_layout;
		object.mask = header && !object.layout ? scanner->mask : NULL;
	}
	*ret = object;
	return NULL;
}

/* The words in hand of an object whose type is known: value bytes [at, at + 8 * count). */
static struct error *scan_by_layout(struct scanner *scanner, struct scan_object *object,
				    const uint64_t *words, size_t count)
{
	const struct heap_type_layout *layout = object->layout;
	uint64_t end = object->at + 8 * count;
	uint64_t size = object->span->slot_size - object->span->head;
	while (layout->slot_count && layout->stride) {
		/* Another whole element, or nothing. */
		if (object->slot == 0 && object->element + layout->stride > size)
			return NULL;
		for (; object->slot < layout->slot_count; object->slot++) {
			const struct heap_slot *slot = &layout->slots[object->slot];
			uint64_t place = layout->start + object->element + slot->offset;
			if (place >= end)
				return NULL;
			size_t index = (size_t)(place - object->at) / 8;
			uint32_t edge = heap_spans_edge(scanner->spans, words[index]);
			emit(scanner, edge);
			uint64_t before = index ? words[index - 1] : object->last;
			if (slot->dynamic && place >= 8)
				TRY(note_interface(scanner, before, edge));
			else if (place >= 8)
				TRY(note_pair(scanner, before, edge));
		}
		object->slot = 0;
		object->element += layout->stride;
	}
	return NULL;
}

static struct error *scan_by_bits(struct scanner *scanner, struct scan_object *object,
				  const uint64_t *words, size_t count, const uint8_t *bits,
				  size_t first)
{
	for (size_t at = 0; at < count; at += 64) {
		size_t some = MIN(count - at, (size_t)64);
		uint64_t mask = bits_at(bits, first + at, some);
		const uint64_t *before = at ? &words[at - 1] : object->at ? &object->last : NULL;
		TRY(scan_words(scanner, words + at, mask, before, object->last_is_pointer));
		object->last_is_pointer = mask >> (some - 1) & 1;
		if (object->at + at == 0)
			object->first_pointers = mask;
		if (mask)
			object->pointers_end = object->at / 8 + at + 64 -
					       (uint64_t)__builtin_clzll(mask);
	}
	return NULL;
}

struct error *scan_object_words(struct scanner *scanner, struct scan_object *object,
				const uint64_t *words, size_t count, const uint8_t *bits,
				size_t first_bit)
{
	struct error *error = NULL;
	TRY(scanner_reserve(scanner, count));
	if (object->layout)
		error = scan_by_layout(scanner, object, words, count);
	else if (object->mask)
		error = scan_by_bits(scanner, object, words, count, object->mask,
				     (size_t)object->at / 8);
	else if (bits)
		error = scan_by_bits(scanner, object, words, count, bits, first_bit);
	object->at += 8 * count;
	object->last = count ? words[count - 1] : 0;
	return error;
}

struct error *scan_object_shape(struct scanner *scanner, const struct scan_object *object,
				uint32_t vertex)
{
	const struct heap_shape shape = {
		.mask = object->first_pointers,
		.size = (uint32_t)object->span->slot_size,
		.last = (uint32_t)object->pointers_end,
		.kind = SHAPE_LARGE,
	};
	return shape.size == object->span->slot_size
		       ? shape_number(scanner, &shape, &scanner->scan->shapes[vertex])
		       : NULL;
}

static struct error *scan_large_slot(struct scanner *scanner, const struct scanned_span *part,
				     uint32_t index)
{
	const struct heap_span *span = part->span;
	size_t count = (size_t)span->slot_size / 8, head = span->head / 8;
	const uint64_t *words = part->words + index * count;
	uint32_t vertex = span->first + part->slot + index;
	struct scan_object object;
	uint64_t header = span->bits == HEAP_BITS_HEADER ? words[0] : span->bits_at;
	TRY(scan_object_begin(scanner, span, header, vertex, &object));
	TRY(scan_object_words(scanner, &object, words + head, count - head, part->bits,
			      (part->slot + index) * count));
	return part->bits ? scan_object_shape(scanner, &object, vertex) : NULL;
}

struct error *scan_slots(struct scanner *scanner, const struct scanned_span *part)
{
	const struct heap_span *span = part->span;
	bool small = part->bits && span->slot_size <= 512;
	for (uint32_t i = 0; i < part->slots; i++) {
		uint32_t vertex = span->first + part->slot + i;
		scanner->scan->graph.rows[vertex] = (uint32_t)scanner->count;
		scanner->pending = 0;
		if (!heap_bit(scanner->spans->used, vertex))
			continue;
		TRY(scanner_reserve(scanner, span->slot_size / 8));
		TRY(small ? scan_small_slot(scanner, part, i) : scan_large_slot(scanner, part, i));
	}
	return NULL;
}
