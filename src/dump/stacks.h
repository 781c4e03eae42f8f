/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_DUMP_STACKS_H
#define DOWSE_DUMP_STACKS_H

#include "dump/strings.h"
#include "model/goroutine.h"

/*
 * Of a dump's goroutines most stand at few places. So the lines of a stack are gathered without
 * what differs from one goroutine to the next, arguments and offsets, and only such a text as was
 * not seen before is taken apart.
 *
 *	f NAME \n FILE:LINE \n	a frame
 *	i NAME \n FILE:LINE \n	one that was inlined
 *	e NUMBER \n		frames that the runtime left out; no number: it does not say how many
 *	c NAME \n FILE:LINE \n	the creator, last
 */
struct stack_text_builder {
	char *bytes;
	size_t length;
	size_t capacity;
	bool full;      /* there would have been too much of it */
	bool no_memory; /* memory was out */
};

void stack_text_begin(struct stack_text_builder *text);

/* False when memory is out, or there would be too much of it: the builder says which. */
bool stack_text_add(struct stack_text_builder *text, char kind, const char *name,
		    size_t name_length);
bool stack_text_add_place(struct stack_text_builder *text, const char *place, size_t length);
void stack_text_builder_deinit(struct stack_text_builder *text);

/* Such texts, and what they mean. All zeroes is an empty table. */
struct stack_texts {
	struct map by_hash; /* → first struct known_stack */
	struct frame *frames;
	size_t frame_capacity;
};

struct known_stack {
	const char *text;
	size_t length;
	struct known_stack *next; /* of the same hash */
	const struct stack *stack;
	struct goroutine_creator creator; /* but for its id */
};

/* The stack of a text; strings and frames live in the goroutines' arena. */
struct error *stack_texts_find(struct stack_texts *texts, struct strings *strings,
			       struct goroutines *goroutines, const struct stack_text_builder *text,
			       const struct known_stack **ret) must_use;
void stack_texts_deinit(struct stack_texts *texts);

#endif
