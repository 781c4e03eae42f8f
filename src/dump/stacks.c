/* SPDX-License-Identifier: Apache-2.0 */
#include "dump/stacks.h"

#include <string.h>

#include "base/hash.h"
#include "dump/header.h"

/* A runtime prints 100 frames, two lines each. */
#define TEXT_MAX ((size_t)4 << 20)

static bool reserve(struct stack_text_builder *text, size_t more)
{
	size_t needed = text->length + more;
	if (needed <= text->capacity)
		return true;
	text->full = text->full || needed > TEXT_MAX;
	if (text->full)
		return false;
	size_t capacity = MAX(needed * 2, (size_t)4096);
	char *bytes = realloc(text->bytes, capacity);
	text->no_memory = text->no_memory || !bytes;
	if (!bytes)
		return false;
	text->bytes = bytes;
	text->capacity = capacity;
	return true;
}

bool stack_text_add(struct stack_text_builder *text, char kind, const char *name,
		    size_t name_length)
{
	if (!reserve(text, name_length + 2))
		return false;
	char *at = text->bytes + text->length;
	at[0] = kind;
	memcpy(at + 1, name, name_length);
	at[name_length + 1] = '\n';
	text->length += name_length + 2;
	return true;
}

bool stack_text_add_place(struct stack_text_builder *text, const char *place, size_t length)
{
	if (!reserve(text, length + 1))
		return false;
	memcpy(text->bytes + text->length, place, length);
	text->bytes[text->length + length] = '\n';
	text->length += length + 1;
	return true;
}

void stack_text_begin(struct stack_text_builder *text)
{
	text->length = 0;
	text->full = text->no_memory = false;
}

void stack_text_builder_deinit(struct stack_text_builder *text)
{
	free(text->bytes);
	*text = (struct stack_text_builder){ 0 };
}

/* One line of a text that is being taken apart, and what follows it. */
static struct span next_line(struct span *rest)
{
	const char *end = rest->length ? memchr(rest->bytes, '\n', rest->length) : NULL;
	size_t length = end ? (size_t)(end - rest->bytes) : rest->length;
	struct span line = { rest->bytes, length };
	rest->bytes += MIN(length + 1, rest->length);
	rest->length -= MIN(length + 1, rest->length);
	return line;
}

/* "FILE:LINE" */
static struct error *parse_place(struct strings *strings, struct arena *arena, struct span place,
				 const char **ret_file, int32_t *ret_line)
{
	size_t colon = place.length, at;
	uint64_t line = 0;
	while (colon && place.bytes[colon - 1] >= '0' && place.bytes[colon - 1] <= '9')
		colon--;
	at = colon;
	if (dump_number(place.bytes, place.length, &at, &line) && line > INT32_MAX)
		line = 0;
	*ret_line = (int32_t)line;
	return strings_intern(strings, arena, place.bytes, colon ? colon - 1 : 0, ret_file);
}

struct parsing {
	struct strings *strings;
	struct arena *arena;
	struct stack_texts *texts;
	struct goroutine_creator creator;
	struct stack like; /* without its frames, and so last */
};

static struct error *add_frame(struct parsing *parsing, const struct frame *frame)
{
	struct stack_texts *texts = parsing->texts;
	void *frames = texts->frames;
	if (parsing->like.count == texts->frame_capacity)
		TRY(vector_grow(&frames, &texts->frame_capacity, parsing->like.count + 1,
				sizeof(*frame)));
	texts->frames = frames;
	texts->frames[parsing->like.count++] = *frame;
	parsing->like.shown++;
	return NULL;
}

static void add_gap(struct parsing *parsing, struct span number)
{
	uint64_t count = 0;
	size_t at = 0;
	bool known = dump_number(number.bytes, number.length, &at, &count) &&
		     count < STACK_ELIDED_UNKNOWN;
	parsing->like.elided = known ? (uint32_t)count : STACK_ELIDED_UNKNOWN;
	parsing->like.elided_after = parsing->like.shown;
}

static struct error *parse_entry(struct parsing *parsing, struct span *rest)
{
	struct span name = next_line(rest);
	char kind = name.length ? name.bytes[0] : 'f';
	struct frame frame = { .inlined = kind == 'i' };
	if (name.length) {
		name.bytes++;
		name.length--;
	}
	if (kind == 'e') {
		add_gap(parsing, name);
		return NULL;
	}
	TRY(strings_intern(parsing->strings, parsing->arena, name.bytes, name.length,
			   &frame.function));
	TRY(parse_place(parsing->strings, parsing->arena, next_line(rest), &frame.file,
			&frame.line));
	if (kind != 'c')
		return add_frame(parsing, &frame);
	parsing->creator = (struct goroutine_creator){
		.function = frame.function,
		.file = frame.file,
		.line = frame.line,
	};
	return NULL;
}

static struct error *learn(struct stack_texts *texts, struct strings *strings,
			   struct goroutines *goroutines, const struct stack_text_builder *text,
			   struct known_stack *known)
{
	struct parsing parsing = {
		.strings = strings,
		.arena = &goroutines->arena,
		.texts = texts,
	};
	struct span rest = { text->bytes, text->length };
	while (rest.length)
		TRY(parse_entry(&parsing, &rest));
	known->creator = parsing.creator;
	return stack_intern(&goroutines->stacks, &goroutines->arena, &parsing.like, texts->frames,
			    &known->stack);
}

struct error *stack_texts_find(struct stack_texts *texts, struct strings *strings,
			       struct goroutines *goroutines, const struct stack_text_builder *text,
			       const struct known_stack **ret)
{
	struct map_slot *slot;
	TRY(map_insert(&texts->by_hash, hash_foreign_bytes(text->bytes, text->length) >> 1, 0,
		       &slot));
	struct known_stack *first = (struct known_stack *)(uintptr_t)slot->value;
	for (struct known_stack *known = first; known; known = known->next) {
		if (known->length == text->length &&
		    (!text->length || !memcmp(known->text, text->bytes, text->length))) {
			*ret = known;
			return NULL;
		}
	}
	struct known_stack *known = arena_allocate(&goroutines->arena, sizeof(*known));
	char *copy = arena_allocate_raw(&goroutines->arena, text->length + 1);
	if (!known || !copy)
		return error_no_memory();
	if (text->length)
		memcpy(copy, text->bytes, text->length);
	*known = (struct known_stack){ .text = copy, .length = text->length, .next = first };
	TRY(learn(texts, strings, goroutines, text, known));
	slot->value = (uint64_t)(uintptr_t)known;
	*ret = known;
	return NULL;
}

void stack_texts_deinit(struct stack_texts *texts)
{
	map_deinit(&texts->by_hash);
	free(texts->frames);
	*texts = (struct stack_texts){ 0 };
}
