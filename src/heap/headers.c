/* SPDX-License-Identifier: Apache-2.0 */
#include "heap/headers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/map.h"
#include "heap/visit.h"

#define WORDS_MAX      ((size_t)4096) /* of one type that are looked at */
#define NAME_MAX_BYTES 4096
#define STRING_WORDS   2
#define SLICE_WORDS    3

/* A word of a type that begins a string or slice. */
struct header_word {
	uint64_t offset;
	uint64_t element; /* bytes */
	uint32_t keeper;
	bool is_string;
};

/* Those of a type, worked out when the first object of it is met. */
struct header_plan {
	bool known;
	const struct heap_type_layout *layout;
	const struct header_word *words;
	size_t count;
};

struct text {
	const char *text;
};

DEFINE_VECTOR(text_vector, struct text);

struct heap_headers {
	struct heap *heap;
	struct arena arena;
	struct header_plan *plans; /* by type */
	uint32_t plan_count;
	struct text_vector keepers;
	struct map by_name;
	heap_header_taker *take;
	void *argument;
};

/* Every place of an array or map is the same: "[12].name" becomes "[].name". */
static void drop_numbers(char *text)
{
	char *to = text;
	for (const char *from = text; *from; from++) {
		*to++ = *from;
		if (*from != '[')
			continue;
		size_t digits = strspn(from + 1, "0123456789");
		if (digits && from[1 + digits] == ']')
			from += digits;
	}
	*to = '\0';
}

static struct error *add_keeper(struct heap_headers *headers, const char *name, uint32_t *ret)
{
	uint64_t key = hash_bytes(name, strlen(name)) >> 1;
	struct map_slot *slot;
	for (; (slot = map_find(&headers->by_name, key)); key = (key + 1) >> 1) {
		*ret = (uint32_t)slot->value;
		if (strcmp(headers->keepers.items[*ret].text, name) == 0)
			return NULL;
	}
	struct text keeper = { arena_copy_string(&headers->arena, name, strlen(name)) };
	if (!keeper.text)
		return error_no_memory();
	*ret = (uint32_t)headers->keepers.count;
	TRY(text_vector_append(&headers->keepers, &keeper));
	return map_insert(&headers->by_name, key, *ret, &slot);
}

/* What maps consist of is nothing that anybody has written: a map's name stands for it. */
static struct error *name_holder(struct heap_headers *headers, uint32_t type,
				 const struct heap_type *known, const char **ret)
{
	if (known->form == HEAP_MAP_GROUPS || known->form == HEAP_MAP_BUCKETS)
		TRY(heap_types_intern(headers->heap->types, HEAP_MAP, known->descriptor, &type));
	return heap_types_name(headers->heap->types, type, ret);
}

/* "main.User.status", "[]main.User.name", "map[string]int.key" */
static struct error *name_word(struct heap_headers *headers, uint32_t type, uint64_t offset,
			       uint32_t *ret)
{
	_cleanup_(writer_deinit) struct writer path = WRITER_TO_MEMORY;
	struct heap_type known;
	const char *holder;
	char name[NAME_MAX_BYTES];
	heap_types_get(headers->heap->types, type, &known);
	TRY(name_holder(headers, type, &known, &holder));
	TRY(heap_types_path(headers->heap->types, type, offset, &path));
	const char *word = writer_text(&path);
	if (!word)
		return error_no_memory();
	/* Which of the elements it is says nothing. */
	const char *behind = strchr(word, ']');
	if (known.form != HEAP_VALUE && known.form != HEAP_CLOSURE && word[0] == '[' && behind)
		word = behind + 1;
	snprintf(name, sizeof(name), "%s%s", holder, word);
	drop_numbers(name);
	return add_keeper(headers, name, ret);
}

/* The bytes of an element of what a word leads to, if that is a string or a slice without pointers. */
static struct error *element_of(struct heap_headers *headers, uint32_t pointee, uint64_t *ret,
				bool *ret_string)
{
	const struct heap_type_layout *layout;
	struct heap_type known;
	*ret = 0;
	*ret_string = false;
	if (pointee == HEAP_TYPE_UNKNOWN)
		return NULL;
	heap_types_get(headers->heap->types, pointee, &known);
	if (known.form == HEAP_STRING) {
		*ret = 1;
		*ret_string = true;
	} else if (known.form == HEAP_ARRAY) {
		TRY(heap_types_layout(headers->heap->types, pointee, &layout));
		*ret = layout->slot_count || !layout->complete ? 0 : layout->size;
	}
	return NULL;
}

/* The runtime and what belongs to it have arrays behind a pointer alone, without a length. */
static struct error *has_lengths(struct heap_headers *headers, uint32_t type, bool *ret)
{
	const char *package;
	TRY(heap_types_package(headers->heap->types, type, &package));
	*ret = strcmp(package, "runtime") != 0 && strcmp(package, "sync") != 0 &&
	       strncmp(package, "internal/", strlen("internal/")) != 0;
	return NULL;
}

static struct error *make_plan(struct heap_headers *headers, uint32_t type,
			       struct header_plan *plan)
{
	bool lengths;
	TRY(heap_types_layout(headers->heap->types, type, &plan->layout));
	TRY(has_lengths(headers, type, &lengths));
	size_t most = MIN(plan->layout->slot_count, WORDS_MAX);
	struct header_word *words = arena_allocate(&headers->arena, (most + 1) * sizeof(*words));
	if (!words)
		return error_no_memory();
	for (size_t i = 0; i < most; i++) {
		const struct heap_slot *slot = &plan->layout->slots[i];
		struct header_word word = { .offset = slot->offset };
		TRY(element_of(headers, slot->pointee, &word.element, &word.is_string));
		if (slot->dynamic || !word.element || (!word.is_string && !lengths))
			continue;
		TRY(name_word(headers, type, plan->layout->start + slot->offset, &word.keeper));
		words[plan->count++] = word;
	}
	plan->words = words;
	plan->known = true;
	return NULL;
}

static struct error *hand_out(struct heap_headers *headers, const uint64_t words[SLICE_WORDS],
			      uint64_t element, bool is_string, uint32_t keeper)
{
	struct heap_header header = {
		.address = words[0],
		.is_string = is_string,
		.keeper = keeper,
	};
	if (!words[0] || !words[1] || (!is_string && words[1] > words[2]) ||
	    __builtin_mul_overflow(words[1], element, &header.length))
		return NULL;
	return headers->take(headers->argument, &header);
}

/* What of the object begins `at` bytes into the piece of it that is in hand. */
static struct error *take_element(struct heap_headers *headers, const struct header_plan *plan,
				  uint32_t vertex, uint64_t at, const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < plan->count; i++) {
		const struct header_word *word = &plan->words[i];
		uint64_t words[SLICE_WORDS] = { 0 };
		size_t wanted = (word->is_string ? STRING_WORDS : SLICE_WORDS) * sizeof(*words);
		if (word->offset > size || size - word->offset < wanted)
			return NULL;
		if (!heap_visit_is_pointer(headers->heap, vertex, at + word->offset))
			continue;
		memcpy(words, bytes + word->offset, wanted);
		TRY(hand_out(headers, words, word->element, word->is_string, word->keeper));
	}
	return NULL;
}

/* Pieces of a large object are of whole elements, where nothing stands before the first one. */
static struct error *take_object(void *argument, uint32_t vertex, uint64_t offset,
				 const uint8_t *bytes, size_t size)
{
	struct heap_headers *headers = argument;
	const struct header_plan *plan = &headers->plans[heap_object_type(headers->heap, vertex)];
	uint64_t start = offset ? 0 : plan->layout->start, stride = plan->layout->stride;
	if (offset && !stride)
		return NULL;
	for (uint64_t at = start; at < size && size - at >= stride; at += stride) {
		TRY(take_element(headers, plan, vertex, at, bytes + at, (size_t)(size - at)));
		if (!stride)
			return NULL;
	}
	return NULL;
}

static uint64_t wants(void *argument, uint32_t vertex)
{
	const struct heap_headers *headers = argument;
	uint32_t type = heap_object_type(headers->heap, vertex);
	if (type >= headers->plan_count || !headers->plans[type].count)
		return 0;
	return MAX(headers->plans[type].layout->stride, UINT64_C(8));
}

static struct error *take_global(struct heap_headers *headers, const struct heap_root *root,
				 const struct heap_root_pointer *pointer)
{
	uint64_t words[SLICE_WORDS] = { 0 }, element;
	uint32_t keeper;
	bool is_string;
	TRY(element_of(headers, pointer->type, &element, &is_string));
	size_t wanted = (is_string ? STRING_WORDS : SLICE_WORDS) * sizeof(*words);
	if (!element || !pointer->where ||
	    !error_ignore(target_read(runtime_target(headers->heap->runtime), pointer->where, words,
				      wanted)))
		return NULL;
	TRY(add_keeper(headers, root->name ? root->name : "a global", &keeper));
	return hand_out(headers, words, element, is_string, keeper);
}

static struct error *take_globals(struct heap_headers *headers)
{
	const struct heap_roots *roots = &headers->heap->roots;
	for (size_t i = 0; i < roots->list.count; i++) {
		const struct heap_root *root = &roots->list.items[i];
		for (size_t k = 0; root->kind == HEAP_ROOT_GLOBAL && k < root->count; k++)
			TRY(take_global(headers, root, &roots->pointers.items[root->first + k]));
	}
	return NULL;
}

struct error *heap_headers_walk(struct heap_headers *headers, heap_header_taker *take,
				void *argument, uint64_t *ret_unreadable)
{
	const struct heap_visitor visitor = { wants, take_object, headers };
	headers->take = take;
	headers->argument = argument;
	TRY(take_globals(headers));
	return heap_visit(headers->heap, &visitor, ret_unreadable);
}

static struct error *make_plans(struct heap_headers *headers)
{
	const struct heap *heap = headers->heap;
	headers->plans = calloc(headers->plan_count, sizeof(*headers->plans));
	if (!headers->plans)
		return error_no_memory();
	for (uint32_t vertex = 0; vertex < heap->scan.graph.object_count; vertex++) {
		uint32_t type = heap_object_type(heap, vertex);
		if (type != HEAP_TYPE_UNKNOWN && type < headers->plan_count &&
		    !headers->plans[type].known && heap_is_reached(heap, vertex))
			TRY(make_plan(headers, type, &headers->plans[type]));
	}
	return NULL;
}

struct error *heap_headers_create(struct heap *heap, struct heap_headers **ret)
{
	_cleanup_(heap_headers_cleanup) struct heap_headers *headers = calloc(1, sizeof(*headers));
	if (!headers)
		return error_no_memory();
	headers->heap = heap;
	headers->plan_count = heap_types_count(heap->types) + 1;
	TRY(make_plans(headers));
	*ret = TAKE_PTR(headers);
	return NULL;
}

void heap_headers_destroy(struct heap_headers *headers)
{
	if (!headers)
		return;
	free(headers->plans);
	text_vector_deinit(&headers->keepers);
	map_deinit(&headers->by_name);
	arena_deinit(&headers->arena);
	free(headers);
}

const char *heap_headers_keeper(const struct heap_headers *headers, uint32_t keeper)
{
	return headers->keepers.items[keeper].text;
}
