/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_BINARY_REFERENCES_FOLLOW_H
#define DOWSE_BINARY_REFERENCES_FOLLOW_H

#include "base/vector.h"
#include "binary/references_private.h"

/*
 * A function is followed from its first instruction to its last: which registers and words of the
 * stack hold the address of something, what a call has made, or what a word of data held. Where ways
 * come together, only what is the same on all of them stays; loops are gone through until nothing
 * changes. So what is known at an instruction is so on every way that leads to it.
 */
struct value {
	enum {
		VALUE_UNKNOWN,
		VALUE_NUMBER,
		VALUE_ADDRESS,
		VALUE_LOADED, /* the word at `number` */
		VALUE_MADE,   /* a part: its descriptor is `number` */
		VALUE_MAP,    /* made by the call at `number`, of a type that is still to be told */
		VALUE_RESULT, /* what the function at `number` returns first */
	} kind;
	bool pointer;
	bool array;
	bool doubtful; /* it lay on the stack where something may have been written by a pointer */
	uint64_t number;
};

enum { FOLLOW_SLOTS = 64 };

struct state {
	struct value registers[OPERATION_REGISTERS];
	struct value slots[FOLLOW_SLOTS]; /* of the stack, from its top */
};

/* A place that code branches to. */
struct label {
	uint64_t place;
	size_t above; /* what is so at every branch from above in this round: its index, + 1 */
	size_t below; /* the same of those from below; 0: there are none */
	bool loop;    /* there are some, */
	bool known;   /* and `below` is known from the rounds before, */
	bool met;     /* and from this one, behind it */
};

DEFINE_VECTOR(label_vector, struct label);
DEFINE_VECTOR(state_vector, struct state);

struct follower {
	/* Set by who makes one. */
	void *context;
	void *disassembler;
	/* What a call returns in the first register. */
	struct error *(*call)(struct follower *follower, const struct operation *operation,
			      struct value *ret);
	/* Only in the last round, in which `telling` is set. */
	struct error *(*store)(struct follower *follower, uint64_t address,
			       const struct value *value);
	struct error *(*result)(struct follower *follower, const struct value *value);
	bool (*keeps_registers)(const struct follower *follower, uint64_t callee);

	struct state now;
	bool telling;

	struct operation_vector operations;
	struct label_vector labels; /* by place, each once */
	struct state_vector states; /* of this round, from above */
	struct state_vector
		loops;       /* from below: two a label, of the rounds before and of this one */
	uint64_t begin, end; /* of the function */
	uint64_t escaped;    /* words of the stack from there on may be written by pointers */
};

/* A function's code, at `address`; nothing is told of what goes on at places that cannot be known. */
struct error *follower_follow(struct follower *follower, const uint8_t *code, size_t size,
			      uint64_t address) must_use;
void follower_deinit(struct follower *follower);

#endif
