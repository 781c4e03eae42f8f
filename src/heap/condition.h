/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_HEAP_CONDITION_H
#define DOWSE_HEAP_CONDITION_H

#include "heap/heap.h"

/*
 * Which objects of a type somebody wants, by what is in them: "len(buf) > 4096 && owner != nil".
 *
 *	condition  = comparison { "&&" comparison }
 *	comparison = operand [ ("==" | "!=" | "<" | "<=" | ">" | ">=") operand ] | "!" operand
 *	operand    = [ number "*" ] ( place | ("len" | "cap") "(" place ")" )
 *	             | number | "true" | "false" | "nil"
 *	place      = "." | field { "." field | "[" number "]" }
 *
 * A place begins in the object; pointers on the way are followed; "." is the object itself. Numbers
 * are as in Go: 4096, 0x1000, -1. Without a comparison the operand must be a bool.
 */
struct heap_condition;

/* For objects of one type (a number of heap->types). ERROR_USAGE tells where it is wrong. */
struct error *heap_condition_parse(const struct heap *heap, uint32_t type, const char *text,
				   struct heap_condition **ret) must_use;
void heap_condition_destroy(struct heap_condition *condition);

enum heap_condition_answer {
	CONDITION_FALSE, /* also where a pointer on the way is nil */
	CONDITION_TRUE,
	CONDITION_UNREADABLE,
};

/*
 * Ask it about objects of that type, whose memory is read: `ret` has one answer for each. It is
 * quickest when their numbers rise.
 */
struct error *heap_condition_ask(struct heap_condition *condition, const uint32_t *vertices,
				 size_t count, uint8_t *ret) must_use;

static inline void heap_condition_cleanup(struct heap_condition **condition)
{
	heap_condition_destroy(*condition);
}

#endif
