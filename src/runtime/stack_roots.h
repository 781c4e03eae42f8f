/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_RUNTIME_STACK_ROOTS_H
#define DOWSE_RUNTIME_STACK_ROOTS_H

#include "runtime/goroutines_private.h"
#include "runtime/heap_ranges.h"
#include "runtime/stack_maps.h"

/*
 * The words of goroutines' stacks that point into the heap and count: as the collector finds them,
 * by the compiler's maps, and where it has none or the goroutine was caught outside a safepoint,
 * every word that may be a pointer.
 */
struct stack_root {
	uint64_t value;
	uint64_t where;  /* address of the word */
	uint64_t before; /* what lies in front of it, if its map says that this is no pointer; 0 */
	uint32_t frame;  /* of the walk, innermost 0; STACK_ROOT_NO_FRAME */
	bool conservative;
};

#define STACK_ROOT_NO_FRAME UINT32_MAX

DEFINE_VECTOR(stack_root_vector, struct stack_root);

/* A machine frame of the walk. */
struct stack_frame {
	uint64_t sp;        /* where it begins */
	uint64_t arguments; /* where it ends: the caller's sp at the call */
	uint64_t pc;        /* what its variables are looked up by: pc - 1 for a return address */
};

DEFINE_VECTOR(stack_frame_vector, struct stack_frame);

/* A stack object of the goroutine in hand. */
struct stack_found {
	uint64_t address;
	const struct stack_object *object;
	uint32_t frame;
	bool done;
};

DEFINE_VECTOR(stack_found_vector, struct stack_found);

/* What the scans of one process's goroutines share, and what belongs to the goroutine in hand. */
struct stack_roots {
	struct runtime *runtime;
	struct captured_goroutines *captured;
	const struct address_range_vector *heap;
	uint64_t heap_low, heap_high;
	struct stack_maps maps;
	uint64_t bytes_there;
	uint64_t defers_left; /* of all goroutines: more cannot be real */
	bool lost;            /* of some goroutine: a stack, a deferred call that is not there */

	const struct captured_goroutine *goroutine;
	struct stack_bytes stack;         /* from where the walk begins */
	uint64_t stack_low;               /* of the whole stack */
	struct stack_frame_vector frames; /* innermost first */
	struct stack_found_vector objects;
	struct u64_vector precise;     /* addresses in the stack that something alive points to */
	struct u64_vector doubtful;    /* the same, if that is a pointer */
	struct stack_root_vector list; /* what was found, by rising `where` */
	uint8_t *buffer;               /* for a stack that the capture does not have */
	size_t buffer_size;
};

/*
 * `goroutines` come from runtime_goroutines() of the same standing target, with waits; they and
 * `heap` are borrowed.
 */
struct error *stack_roots_init(struct stack_roots *roots, struct runtime *runtime,
			       struct goroutines *goroutines,
			       const struct address_range_vector *heap) must_use;
void stack_roots_deinit(struct stack_roots *roots);

/*
 * Fill in roots->list for the goroutine of that index. *ret_problem says what could not be looked
 * through (static text), or is NULL.
 */
struct error *stack_roots_scan(struct stack_roots *roots, size_t index, const char **ret_problem)
	must_use;

#endif
