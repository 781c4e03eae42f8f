/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/live/holdings_private.h"

#include <string.h>

#include "base/hash.h"
#include "heap/edge_names.h"
#include "runtime/batch.h"

/*
 * Slices that could fill the memory. Append keeps what is there: the first elements of a slice that
 * only grows have the same in them at every moment, those of a batch that is sent and filled again
 * have not. Most begin with what an element is (a time, an id, a name), and what is counted in it
 * stands behind: the first two words are compared.
 */
#define SLICES_MAX      ((size_t)1 << 18)
#define CONTENTS_SLICES 1024                 /* of so many, the longest, elements are read */
#define CONTENTS_BYTES  (UINT64_C(32) << 10) /* of those that are as long as that */
#define CONTENTS_EACH   256
#define ELEMENT_BYTES   16
#define DISTINCT_LEAST  8 /* elements that are all alike say nothing */
#define HEADER_BYTES    8 /* the allocator's own */
/* Append doubles what is small: a power of two is its own choice there. */
#define ROUND_BYTES (UINT64_C(1) << 20)

/* Which elements are looked at does not depend on how many there are: 0 to 8, then 9, 10, 11, ... */
static uint64_t next_element(uint64_t index)
{
	return index + 1 + index / 8;
}

/* Room behind the end that is larger than what is in use: it was longer once, and is no more. */
static bool is_full(const struct heap_slice *slice)
{
	return slice->length && slice->capacity - slice->length <= slice->length;
}

static struct error *ask(struct batch *batch, const struct heap *heap,
			 const struct heap_slice *slice, uint64_t element)
{
	uint64_t begin = heap_value_address(heap, slice->vertex) + slice->start;
	uint64_t index = 0, count = slice->length / element;
	for (int i = 0; i < CONTENTS_EACH && index < count; i++, index = next_element(index))
		TRY(batch_add(batch, begin + index * element, MIN(element, ELEMENT_BYTES)));
	return NULL;
}

/* Zero stands for what was not read: an element of zeroes is one, too, since such say nothing. */
static uint64_t content_of(const uint8_t *bytes, size_t length)
{
	uint64_t words[ELEMENT_BYTES / 8] = { 0 };
	memcpy(words, bytes, length);
	return words[0] | words[1] ? hash_more(hash_word(words[0]), words[1]) | 1 : 0;
}

static struct error *take(const struct batch *batch, struct live_holding *holding,
			  struct live_holdings *holdings)
{
	holding->first_content = holdings->contents.count;
	for (size_t i = 0; i < batch->ranges.count; i++) {
		const uint8_t *bytes = batch_bytes(batch, i);
		uint64_t content = bytes ? content_of(bytes, batch->ranges.items[i].length) : 0;
		TRY(u64_vector_append(&holdings->contents, &content));
	}
	holding->content_count = holdings->contents.count - holding->first_content;
	return NULL;
}

static struct error *read_contents(const struct heap *heap, const struct heap_slice *slice,
				   uint64_t element, struct live_holding *holding,
				   struct live_holdings *holdings)
{
	struct arena arena = { 0 };
	struct batch batch = { .target = runtime_target(heap->runtime), .arena = &arena };
	struct error *error = ask(&batch, heap, slice, element);
	if (!error)
		error = batch_run(&batch);
	if (!error)
		error = take(&batch, holding, holdings);
	batch_deinit(&batch);
	arena_deinit(&arena);
	return error;
}

/*
 * Append rounds what it asks for up to all that the allocator gives, and asks for numbers that nobody
 * would choose. Another array was made with room for so many in advance: of a buffer, mostly.
 */
static bool is_reserved(const struct heap *heap, const struct heap_slice *slice, uint64_t element)
{
	uint64_t bytes = slice->start + slice->capacity, count = bytes / element;
	uint64_t size = heap_object_size(heap, slice->vertex);
	bool round = count % 1000 == 0 || (bytes >= ROUND_BYTES && (count & (count - 1)) == 0);
	return slice->length < slice->capacity &&
	       (round || (size > bytes && size - bytes >= element + HEADER_BYTES));
}

static int compare_arrays(const void *left, const void *right)
{
	const struct heap_slice *a = *(const struct heap_slice *const *)left;
	const struct heap_slice *b = *(const struct heap_slice *const *)right;
	if (a->vertex != b->vertex)
		return a->vertex < b->vertex ? -1 : 1;
	if (a->length != b->length)
		return a->length > b->length ? -1 : 1;
	return a->address < b->address ? -1 : a->address > b->address;
}

static int compare_lengths(const void *left, const void *right)
{
	const struct heap_slice *a = *(const struct heap_slice *const *)left;
	const struct heap_slice *b = *(const struct heap_slice *const *)right;
	if (a->length != b->length)
		return a->length > b->length ? -1 : 1;
	return compare_arrays(left, right);
}

static uint64_t element_of(const struct heap_views *views, const struct heap_slice *slice)
{
	return views->fields.items[slice->field].element_size;
}

/* Of those that share an array the longest, which has it all; the longest arrays first. */
static size_t choose(const struct heap *heap, const struct heap_views *views,
		     const struct heap_slice **chosen)
{
	size_t count = 0, kept = 0;
	for (size_t i = 0; i < views->slices.count; i++) {
		const struct heap_slice *slice = &views->slices.items[i];
		if (element_of(views, slice) && is_full(slice) &&
		    heap_is_reached(heap, slice->vertex))
			chosen[count++] = slice;
	}
	if (!count)
		return 0;
	qsort(chosen, count, sizeof(struct heap_slice *), compare_arrays);
	for (size_t i = 0; i < count; i++) {
		if (!kept || chosen[kept - 1]->vertex != chosen[i]->vertex)
			chosen[kept++] = chosen[i];
	}
	qsort(chosen, kept, sizeof(struct heap_slice *), compare_lengths);
	return MIN(kept, SLICES_MAX);
}

struct error *holdings_read_slices(const struct heap *heap, const struct heap_views *views,
				   struct live_holdings *holdings)
{
	_cleanup_(free_pointer) const struct heap_slice **chosen =
		calloc(views->slices.count + 1, sizeof(struct heap_slice *));
	if (!chosen)
		return error_no_memory();
	size_t count = choose(heap, views, chosen);
	for (size_t i = 0; i < count; i++) {
		const struct heap_slice *slice = chosen[i];
		uint64_t element = element_of(views, slice);
		struct live_holding holding = {
			.kind = HOLDING_SLICE,
			/* A global may be a slice: what lies at one address are two things. */
			.address = slice->address | 1,
			.vertex = slice->vertex,
			.array = heap_value_address(heap, slice->vertex),
			.reserved = is_reserved(heap, slice, element),
			.entries = slice->length / element,
			.bytes = slice->length,
		};
		if (slice->length >= CONTENTS_BYTES && i < CONTENTS_SLICES)
			TRY(read_contents(heap, slice, element, &holding, holdings));
		TRY(live_holding_vector_append(&holdings->list, &holding));
	}
	return NULL;
}

static bool is_new(const uint64_t *seen, size_t count, uint64_t value)
{
	for (size_t i = 0; i < count; i++) {
		if (seen[i] == value)
			return false;
	}
	return true;
}

void live_contents_compare(const struct live_holdings *before, const struct live_holding *then,
			   const struct live_holdings *after, const struct live_holding *now,
			   uint64_t *ret_told, uint64_t *ret_same)
{
	uint64_t seen[DISTINCT_LEAST];
	uint64_t told = 0, same = 0;
	size_t distinct = 0;
	for (size_t i = 0; i < MIN(then->content_count, now->content_count); i++) {
		uint64_t old = before->contents.items[then->first_content + i];
		uint64_t fresh = after->contents.items[now->first_content + i];
		if (!old)
			continue;
		told++;
		same += old == fresh;
		if (distinct < DISTINCT_LEAST && is_new(seen, distinct, old))
			seen[distinct++] = old;
	}
	*ret_told = distinct < DISTINCT_LEAST ? 0 : told;
	*ret_same = distinct < DISTINCT_LEAST ? 0 : same;
}
