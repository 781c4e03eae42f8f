/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_HEAP_TYPING_H
#define DOWSE_HEAP_TYPING_H

#include "base/arena.h"
#include "base/map.h"
#include "base/vector.h"
#include "heap/scan.h"

/*
 * What an object's type says of those that it points to. The answers depend on two small numbers
 * alone, a type and a shape, and are kept: there are millions of questions and a few thousand
 * different ones.
 */
struct heap_plan {
	const uint32_t *pointees; /* by the position of an edge; HEAP_TYPE_UNKNOWN: not said */
	const uint64_t *offsets;  /* where those words lie in the element, or in a small object */
	uint32_t count;
	uint64_t stride; /* after `count` edges it begins anew, so many bytes on; 0: it does not */
	bool fits;       /* the object can be of this type */
};

struct heap_typing {
	struct heap_types *types;         /* borrowed */
	const struct heap_shapes *shapes; /* borrowed */
	struct arena arena;
	struct map plans;    /* type and shape → struct heap_plan * */
	struct map verdicts; /* type, shape, interior → mark of a type, as in struct heap_scan */
	struct map refinements; /* two types → whether the first one says more */
	uint32_t tiny;          /* the number of HEAP_TINY */
	uint64_t last_key;
	const struct heap_plan *last_plan;
};

struct error *heap_typing_init(struct heap_typing *typing, struct heap_types *types,
			       const struct heap_shapes *shapes) must_use;
void heap_typing_deinit(struct heap_typing *typing);

/* What the edges of an object of this type and shape lead to. */
struct error *heap_typing_plan(struct heap_typing *typing, uint32_t type, uint16_t shape,
			       const struct heap_plan **ret) must_use;

/*
 * A pointer says that it leads to `type`; it leads to an object of that shape, to its beginning or
 * not, which takes `size` bytes. What that makes of the object: a mark, 0 for nothing.
 */
struct error *heap_typing_judge(struct heap_typing *typing, uint32_t type, uint16_t shape,
				uint64_t size, bool interior, uint32_t *ret) must_use;

/*
 * An object is known to be `exact`, and a pointer says that it is `type`: is that the same, in other
 * and better words?
 */
struct error *heap_typing_refines(struct heap_typing *typing, uint32_t type, uint32_t exact,
				  bool *ret) must_use;

/* Of two marks for one object, is the first the better one? */
struct error *heap_typing_better(struct heap_typing *typing, uint32_t mark, uint32_t before,
				 bool *ret) must_use;

#endif
