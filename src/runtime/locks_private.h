/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_RUNTIME_LOCKS_PRIVATE_H
#define DOWSE_RUNTIME_LOCKS_PRIVATE_H

#include "binary/lock_flow.h"
#include "runtime/goroutines_private.h"
#include "runtime/locks_held.h"

/* What a function's code says of a place in it; many goroutines stand at the same one. */
struct lock_place {
	struct lock_state state;
	const struct lock_values *values; /* NULL: nothing */
	bool concerned;                   /* it, or what it calls, uses locks */
};

typedef struct lock_place *lock_place_pointer;
DEFINE_VECTOR(lock_place_vector, lock_place_pointer);

/* A machine frame of the goroutine in hand. */
struct lock_frame {
	uint64_t line_pc;
	uint64_t sp;
	uint64_t end; /* the caller's sp */
	uint64_t locals_end;
	struct function function;
	const struct lock_place *place; /* NULL until it is asked for */
};

DEFINE_VECTOR(lock_frame_vector, struct lock_frame);

struct lock_search {
	struct runtime *runtime;
	struct captured_goroutines *captured;
	struct lock_flow *flow;
	struct map by_pc; /* → index into places */
	struct lock_place_vector places;
	struct locks_held *held;

	uint32_t index; /* of the goroutine in hand */
	const struct captured_goroutine *goroutine;
	struct lock_frame_vector frames; /* innermost first */
	struct lock_event_vector events; /* of the frame in hand */
	size_t first;                    /* of what was found for it, in the list */
};

/* What the code says of a frame's place. */
struct error *lock_search_place(struct lock_search *search, size_t frame,
				const struct lock_place **ret) must_use;

/* The address that a value of a frame's function has in it; false where that cannot be told. */
struct error *lock_search_resolve(struct lock_search *search, size_t frame, struct lock_value value,
				  uint64_t *ret, bool *ret_known) must_use;

/* A word of the goroutine's stack, or of other memory. */
bool lock_search_word(const struct lock_search *search, uint64_t address, uint64_t *ret);

/* Calls that are deferred, and release something: added to what was found. */
struct error *lock_search_deferred(struct lock_search *search) must_use;

#endif
