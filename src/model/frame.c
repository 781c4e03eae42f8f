/* SPDX-License-Identifier: Apache-2.0 */
#include "model/frame.h"

#include <string.h>

#include "base/hash.h"
#include "base/text.h"

/* Stacks of one hash. */
struct stack_link {
	const struct stack *stack;
	struct stack_link *next;
};

/*
 * A pc stands for its function and file, so that the strings, which are long, are hashed only
 * where the evidence has no pc. They are always compared.
 */
static uint64_t frame_hash(const struct frame *frame, uint64_t hash)
{
	hash = hash_more(hash, frame->pc ^ (uint64_t)(uint32_t)frame->line << 32);
	if (!frame->pc) {
		hash = hash_more_foreign_text(hash, frame->function);
		hash = hash_more_foreign_text(hash, frame->file);
	}
	return hash;
}

static bool frame_equal(const struct frame *a, const struct frame *b)
{
	return a->pc == b->pc && a->line == b->line && a->entry == b->entry &&
	       a->inlined == b->inlined && a->hidden == b->hidden &&
	       text_equal(a->function, b->function) && text_equal(a->file, b->file);
}

static bool stack_equal(const struct stack *stack, const struct stack *like,
			const struct frame *frames)
{
	if (stack->count != like->count || stack->shown != like->shown ||
	    stack->elided != like->elided || stack->elided_after != like->elided_after)
		return false;
	for (uint32_t i = 0; i < like->count; i++) {
		if (!frame_equal(&stack->frames[i], &frames[i]))
			return false;
	}
	return true;
}

static struct stack *stack_make(struct arena *arena, const struct stack *like,
				const struct frame *frames)
{
	size_t bytes = sizeof(struct stack) + like->count * sizeof(*frames);
	struct stack *stack = arena_allocate_raw(arena, bytes);
	if (!stack)
		return NULL;
	*stack = (struct stack){
		.count = like->count,
		.shown = like->shown,
		.elided = like->elided,
		.elided_after = like->elided_after,
	};
	if (like->count)
		memcpy(stack->frames, frames, like->count * sizeof(*frames));
	return stack;
}

struct error *stack_intern(struct stack_table *table, struct arena *arena, const struct stack *like,
			   const struct frame *frames, const struct stack **ret)
{
	uint64_t hash = hash_more((uint64_t)like->elided << 32 | like->elided_after, like->count);
	for (uint32_t i = 0; i < like->count; i++)
		hash = frame_hash(&frames[i], hash);
	hash &= INT64_MAX; /* the map's empty mark is no key */

	struct map_slot *slot = map_find(&table->by_hash, hash);
	struct stack_link *first = slot ? (struct stack_link *)(uintptr_t)slot->value : NULL;
	for (struct stack_link *link = first; link; link = link->next) {
		if (stack_equal(link->stack, like, frames)) {
			*ret = link->stack;
			return NULL;
		}
	}

	struct stack *stack = stack_make(arena, like, frames);
	struct stack_link *link = arena_allocate(arena, sizeof(*link));
	if (!stack || !link)
		return error_no_memory();
	TRY(map_insert(&table->by_hash, hash, 0, &slot));
	*link = (struct stack_link){ .stack = stack, .next = first };
	slot->value = (uint64_t)(uintptr_t)link;
	table->count++;
	*ret = stack;
	return NULL;
}

void stack_table_deinit(struct stack_table *table)
{
	map_deinit(&table->by_hash);
	*table = (struct stack_table){ 0 };
}
