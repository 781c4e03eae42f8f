/* SPDX-License-Identifier: Apache-2.0 */
#include "base/map.h"
#include "runtime/capture.h"
#include "runtime/globals.h"
#include "runtime/member.h"
#include "runtime/selection_private.h"

/*
 * The words that goroutines wait at: of locks, wait groups, conditions. Whether one of them can ever
 * wake is asked of the word and of those beside it. Where they lie in an object with pointers they
 * are kept as a part of it; a wait group that was allocated by itself has none.
 */
#define WORDS_MAX ((size_t)1 << 16)
#define BESIDE    ((uint64_t)12) /* an RWMutex counts its readers so far from where they wait */
#define SPAN_MAX  ((size_t)1024)

struct words {
	struct runtime *runtime;
	const struct layout *layout;
	struct selection_pieces *pieces;
	struct address_range_vector heap;
	uint64_t arenas; /* the table of their descriptions */
	struct map seen; /* records of waiting goroutines */
};

static bool read_u64(const struct words *words, uint64_t address, uint64_t *ret)
{
	return error_ignore(target_read_u64(runtime_target(words->runtime), address, ret));
}

/* The description of the span that an address of the heap lies in. */
static bool read_span(const struct words *words, uint64_t address, uint8_t *span)
{
	const struct layout *layout = words->layout;
	uint64_t description, at;
	uint64_t page = address % (uint64_t)layout->heap_arena_bytes / GO_PAGE;
	return heap_ranges_has(&words->heap, address) &&
	       read_u64(words, words->arenas + 8 * heap_arena_index(words->runtime, address),
			&description) &&
	       description &&
	       read_u64(words, description + (uint64_t)layout->heap_arena_spans + 8 * page, &at) &&
	       at &&
	       error_ignore(target_read(runtime_target(words->runtime), at, span,
					(size_t)layout->mspan_size));
}

/* The object without pointers that a word lies in; false: it is none, or kept anyway. */
static bool find_object(const struct words *words, uint64_t word, struct target_extent *ret)
{
	const struct layout *layout = words->layout;
	uint8_t span[SPAN_MAX];
	if (!read_span(words, word, span) ||
	    member_u8(span, layout->mspan_state) != layout->span_state_in_use ||
	    !(member_u8(span, layout->mspan_spanclass) & 1))
		return false;
	uint64_t start = member_u64(span, layout->mspan_start_addr);
	uint64_t size = member_u64(span, layout->mspan_elemsize);
	if (word < start || size < sizeof(uint64_t) || size > UINT64_C(1) << 47)
		return false;
	ret->start = start + (word - start) / size * size;
	ret->end = ret->start + size;
	return true;
}

static struct error *add_word(struct words *words, uint64_t word)
{
	struct target_extent object;
	if (word < BESIDE || !find_object(words, word, &object))
		return NULL;
	return selection_pieces_add(words->pieces, MAX(object.start, word - BESIDE),
				    MIN(object.end, word + BESIDE));
}

/* A tree of waiting goroutines' records, one node for each word. */
static struct error *add_tree(struct words *words, uint64_t tree)
{
	const struct layout *layout = words->layout;
	_cleanup_(u64_vector_deinit) struct u64_vector left = { 0 };
	uint8_t sudog[CAPTURED_SUDOG_MAX];
	TRY(u64_vector_append(&left, &tree));
	while (left.count && words->seen.count < WORDS_MAX) {
		uint64_t node = left.items[--left.count];
		struct map_slot *slot;
		size_t known = words->seen.count;
		if (!node || node == UINT64_MAX)
			continue;
		TRY(map_insert(&words->seen, node, 0, &slot));
		if (words->seen.count == known ||
		    !error_ignore(target_read(runtime_target(words->runtime), node, sudog,
					      (size_t)layout->sudog_size)))
			continue;
		uint64_t less = member_u64(sudog, layout->sudog_prev);
		uint64_t more = member_u64(sudog, layout->sudog_next);
		TRY(u64_vector_append(&left, &less));
		TRY(u64_vector_append(&left, &more));
		TRY(add_word(words, sudog_element(layout, sudog)));
	}
	return NULL;
}

static struct error *add_all(struct words *words)
{
	const struct layout *layout = words->layout;
	uint64_t mheap = runtime_global(words->runtime, GLOBAL_MHEAP), tree;
	uint64_t table = runtime_global(words->runtime, GLOBAL_SEMTABLE);
	if (!table || !mheap || layout->sema_table_entry_stride <= 0 ||
	    layout->sema_root_treap < 0 || layout->sudog_size <= 0 ||
	    layout->sudog_size > CAPTURED_SUDOG_MAX || layout->mheap_arenas < 0 ||
	    layout->heap_arena_spans < 0 || layout->heap_arena_bytes <= 0 ||
	    layout->mspan_size <= 0 || (size_t)layout->mspan_size > SPAN_MAX ||
	    layout->mspan_elemsize < 0 ||
	    !read_u64(words, mheap + (uint64_t)layout->mheap_arenas, &words->arenas))
		return NULL;
	TRY(heap_ranges_read(words->runtime, &words->heap));
	for (uint64_t i = 0; i < SEMAPHORE_ROOTS; i++) {
		uint64_t entry = table + i * (uint64_t)layout->sema_table_entry_stride;
		if (!read_u64(words, entry + (uint64_t)layout->sema_root_treap, &tree))
			return NULL;
		TRY(add_tree(words, tree));
	}
	return NULL;
}

struct error *selection_words_find(struct runtime *runtime, struct selection_pieces *pieces)
{
	struct words words = {
		.runtime = runtime,
		.layout = &runtime_binary(runtime)->layout,
		.pieces = pieces,
	};
	struct error *error = add_all(&words);
	address_range_vector_deinit(&words.heap);
	map_deinit(&words.seen);
	return error;
}
