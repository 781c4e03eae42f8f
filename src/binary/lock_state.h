/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_BINARY_LOCK_STATE_H
#define DOWSE_BINARY_LOCK_STATE_H

#include "binary/lock_values.h"
#include "binary/machine_steps.h"

enum lock_mode {
	LOCK_EXCLUSIVE, /* a Mutex, or an RWMutex for writing */
	LOCK_SHARED,    /* an RWMutex for reading */
};

/* A lock that was taken, and not released since. */
struct lock_taken {
	struct lock_value lock; /* its address */
	enum lock_mode mode;
	bool certain;  /* on every way there; false: on some */
	uint64_t call; /* pc in the function of the call that took it, inlined or not */
	uint64_t step; /* pc of the instruction that did */
	/* Called through an interface: the function's address; other functions take none. */
	struct lock_value function;
};

/* One that was released, and not taken since; where this is certain or not is not kept. */
struct lock_released {
	struct lock_value lock;
	enum lock_mode mode;
	struct lock_value function; /* as above */
};

/* What a word of the frame holds, by its distance from the frame's end. */
struct lock_slot {
	int64_t place;
	struct lock_value value;
};

DEFINE_VECTOR(lock_slot_vector, struct lock_slot);

#define LOCKS_MAX      24
#define LOCK_SLOTS_MAX 512

/* What is known where a function is about to do a step. */
struct lock_state {
	struct lock_value registers[MACHINE_REGISTERS];
	struct lock_slot_vector slots; /* by rising place; what is not there is unknown */
	struct lock_taken taken[LOCKS_MAX];
	struct lock_released released[LOCKS_MAX];
	uint8_t taken_count, released_count;
	bool doubtful; /* something happened that may have released any */
	/* The last comparison was of that truth value with zero; LOCK_UNKNOWN: of something else. */
	struct lock_value compared;
	bool compared_equal_means_true;
};

void lock_state_deinit(struct lock_state *state);
struct error *lock_state_copy(struct lock_state *state, const struct lock_state *from) must_use;

/* As it is at a function's entry. */
struct error *lock_state_enter(struct lock_state *state, struct lock_values *values) must_use;

/* LOCK_UNKNOWN; of a place above the frame's end: what was passed there. */
struct error *lock_state_slot(const struct lock_state *state, struct lock_values *values,
			      int64_t place, struct lock_value *ret) must_use;
struct error *lock_state_store(struct lock_state *state, int64_t place, uint64_t size,
			       struct lock_value value) must_use;

void lock_state_take(struct lock_state *state, const struct lock_taken *taken);
void lock_state_release(struct lock_state *state, const struct lock_released *released);
/* Taken by that step: it was, or it was not. */
void lock_state_settle(struct lock_state *state, uint64_t step, bool taken);
/* All that was taken by that call is not, yet. */
void lock_state_undo(struct lock_state *state, uint64_t call);
/* No more certain of any. */
void lock_state_doubt(struct lock_state *state);

/*
 * Two ways meet at a block: what both agree in stays. *ret_changed: `into` is not what it was.
 * Values first; once they settled, locks alone.
 */
struct error *lock_state_merge_values(struct lock_state *into, const struct lock_state *from,
				      struct lock_values *values, uint32_t block, bool *ret_changed)
	must_use;
void lock_state_merge_locks(struct lock_state *into, const struct lock_state *from,
			    bool *ret_changed);

#endif
