/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_BINARY_LOCK_FLOW_H
#define DOWSE_BINARY_LOCK_FLOW_H

#include "binary/lock_state.h"

/*
 * Which locks a function holds at a place, by what its machine code does on the way there. Go's
 * locks do not know who holds them; but whoever took one and has not released it yet has done so by
 * instructions that can be recognised, although the compiler has put them into the function itself.
 *
 * Followed are: the registers and the frame's words, from the entry over all branches; calls of the
 * functions that take and release locks, and their bodies where they are inlined; and of other
 * functions what they take or release and leave so, in a few levels. A call whose function is not
 * known is taken to leave locks as they are.
 */
struct lock_flow;

struct error *lock_flow_open(const struct binary *binary, struct lock_flow **ret) must_use;
void lock_flow_close(struct lock_flow *flow);

/*
 * What is known at the place in the function where `pc` is, before that instruction or call.
 * *ret_values are its bases, and live as long as `flow`; NULL where nothing can be said. `ret` is to
 * be deinitialised in any case.
 */
struct error *lock_flow_at(struct lock_flow *flow, const struct function *function, uint64_t pc,
			   struct lock_state *ret, const struct lock_values **ret_values) must_use;

/* What a function may do to locks, somewhere. */
struct lock_event {
	uint64_t pc;
	bool unknown; /* calls something that is not known; else: */
	struct lock_released release;
};

DEFINE_VECTOR(lock_event_vector, struct lock_event);

/* Append those that it may still come to from the place where `pc` is. */
struct error *lock_flow_ahead(struct lock_flow *flow, const struct function *function, uint64_t pc,
			      struct lock_event_vector *ret) must_use;

/* What it has released when it returns, and has not taken itself. */
struct error *lock_flow_leaves_released(struct lock_flow *flow, const struct function *function,
					const struct lock_released **ret, size_t *ret_count,
					const struct lock_values **ret_values) must_use;

/*
 * What a function that was called through an interface does with its first argument: it takes or
 * releases the lock at the argument + *ret_offset. False where it does neither.
 */
bool lock_flow_method(struct lock_flow *flow, uint64_t entry, bool taken, enum lock_mode *ret_mode,
		      int64_t *ret_offset);

/* Whether the function, or one that it calls, does anything with locks: by a quick look. */
bool lock_flow_concerns(struct lock_flow *flow, const struct function *function);

static inline void lock_flow_cleanup(struct lock_flow **flow)
{
	lock_flow_close(*flow);
}

#endif
