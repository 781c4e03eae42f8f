/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_BINARY_LOCK_FLOW_PRIVATE_H
#define DOWSE_BINARY_LOCK_FLOW_PRIVATE_H

#include "binary/lock_flow.h"
#include "binary/lock_operations.h"

DEFINE_VECTOR(lock_queue_vector, uint32_t);

/* Steps that are done without a jump in between. */
struct lock_block {
	size_t first, end; /* in the steps */
	struct lock_state in;
	bool reached;
	bool queued;
	struct lock_queue_vector next; /* blocks that it goes on with */
};

DEFINE_VECTOR(lock_block_vector, struct lock_block);

/* A function that was looked at. */
struct lock_code {
	struct function function;
	enum { LOCK_CODE_NEW, LOCK_CODE_BEGUN, LOCK_CODE_DONE, LOCK_CODE_FAILED } status;
	struct step_vector steps;
	struct lock_block_vector blocks; /* by rising addresses */
	struct lock_values values;
	struct lock_state exit; /* what its returns agree in; slots and registers mean nothing */
	struct lock_event_vector events; /* by no order */
	bool returns;
};

typedef struct lock_code *lock_code_pointer;
DEFINE_VECTOR(lock_code_vector, lock_code_pointer);

struct lock_flow {
	const struct binary *binary;
	struct lock_operations operations;
	struct machine_steps *machine;
	struct map by_entry; /* → index into codes */
	struct lock_code_vector codes;
	struct map concerns; /* entry → 0 or 1: calls such functions itself */
	size_t steps_left;   /* of all functions: more is not looked at */
	unsigned depth;
	bool alone; /* what is called does not matter */
};

/* The function that was looked at, or is now; NULL where it cannot be. */
struct error *lock_flow_code(struct lock_flow *flow, const struct function *function,
			     struct lock_code **ret) must_use;

/* The steps and blocks of lock_code. */
struct error *lock_blocks_make(struct lock_flow *flow, struct lock_code *code) must_use;
/* The block that begins at pc, UINT32_MAX. */
uint32_t lock_blocks_find(const struct lock_code *code, uint64_t pc);
/* Where a switch may go to: the entries of its table that lead into the function. */
uint64_t lock_blocks_switch(const struct lock_flow *flow, const struct lock_code *code,
			    uint64_t table, size_t index);

/* What one step does. */
struct error *lock_step_do(struct lock_flow *flow, struct lock_code *code, const struct step *step,
			   struct lock_state *state) must_use;
/* The lock of an inlined operation that the step is in the middle of is not taken yet. */
void lock_step_undo(const struct lock_flow *flow, const struct lock_code *code,
		    const struct step *step, struct lock_state *state);
/* What a branch tells, when it is taken or not. */
void lock_step_branch(const struct lock_code *code, const struct step *step, bool taken,
		      struct lock_state *state);
/* False of a call that never returns. */
bool lock_step_goes_on(const struct lock_flow *flow, const struct step *step);

/* A lock is released here. */
struct error *lock_step_release(struct lock_code *code, const struct step *step,
				struct lock_state *state, const struct lock_released *released)
	must_use;

/* What a call of another function leaves behind. */
struct error *lock_call_effect(struct lock_flow *flow, struct lock_code *caller,
			       const struct step *step, uint64_t target, struct lock_state *state)
	must_use;

/* What is in memory at an address. */
struct error *lock_value_load(struct lock_flow *flow, struct lock_code *code,
			      const struct lock_state *state, struct lock_value address,
			      struct lock_value *ret) must_use;

#endif
