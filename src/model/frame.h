/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_MODEL_FRAME_H
#define DOWSE_MODEL_FRAME_H

#include "base/arena.h"
#include "base/map.h"

struct frame {
	const char *function; /* as the runtime prints it: type arguments are [...] */
	const char *file;     /* "?" when unknown */
	int32_t line;         /* 0 when unknown */
	bool inlined;         /* into the next frame */
	bool hidden;          /* the runtime's own dump leaves it out */
	uint64_t pc;          /* of the machine frame; 0 when the evidence has none */
	uint64_t entry;       /* of the machine frame's function; 0 when unknown */
};

#define STACK_ELIDED_UNKNOWN UINT32_MAX /* some were, and it is not known how many */

/*
 * A stack, innermost frame first. Stacks are interned: two goroutines that stand at the same
 * place share one, so that equal stacks have equal pointers.
 */
struct stack {
	uint32_t count;
	uint32_t shown;        /* frames that are not hidden */
	uint32_t elided;       /* frames left out between the two halves of a deep stack; or: */
	uint32_t elided_after; /* that many shown frames stand before the gap */
	struct frame frames[];
};

/* The table of interned stacks. All zeroes is an empty one. */
struct stack_table {
	struct map by_hash; /* hash → first struct stack_link */
	size_t count;
};

/*
 * The one stack with these frames, made in the arena when it is new. Strings are compared by
 * content and borrowed.
 */
struct error *stack_intern(struct stack_table *table, struct arena *arena, const struct stack *like,
			   const struct frame *frames, const struct stack **ret) must_use;

void stack_table_deinit(struct stack_table *table);

#endif
