/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_BINARY_MACHINE_STEPS_H
#define DOWSE_BINARY_MACHINE_STEPS_H

#include "base/vector.h"
#include "binary/module.h"

/*
 * Machine code in the few steps that tell where a value comes from: who takes a lock is found by
 * following the lock's address through registers and stack slots (lock_flow.h). All that says
 * nothing of that is left out, but for the registers that it overwrites. One file a machine:
 * machine_steps_amd64.c.
 */
#define MACHINE_REGISTERS 16
#define MACHINE_NOWHERE   0xff

/* Registers that have a meaning; of the machine that dowse is built for. */
struct machine_registers {
	uint8_t stack;
	uint8_t first_argument;
	uint8_t argument[5]; /* the first ones that are whole words */
	uint8_t first_result;
	uint8_t context;   /* a closure's address, when its function begins */
	uint8_t results;   /* that many registers after a call may hold results, by `result` */
	uint8_t result[3]; /* the first ones */
	uint16_t kept;     /* over a call, a bit each */
	int64_t entry;     /* the stack register at a function's entry, from its frame's end */
};

extern const struct machine_registers machine_registers;

/* base + offset; of MACHINE_NOWHERE: an absolute address, in `offset`. */
struct step_memory {
	bool known;
	uint8_t base;
	int64_t offset;
};

enum step_kind {
	STEP_OTHER,        /* overwrites `clears` */
	STEP_NEW,          /* `to` gets a value that is not followed */
	STEP_CONSTANT,     /* to = number */
	STEP_COPY,         /* to = from */
	STEP_ADD,          /* to += number */
	STEP_ADDRESS,      /* to = the address `memory` */
	STEP_LOAD,         /* to = what is there, if `wide`; else a part of a register is loaded */
	STEP_STORE,        /* from, or MACHINE_NOWHERE: something */
	STEP_SWAP_IF,      /* atomic compare and swap of what is there; compares equal if it did */
	STEP_ATOMIC_ADD,   /* to what is there */
	STEP_SET_EQUAL,    /* to = whether the last comparison was equal */
	STEP_TEST,         /* compare register `from` with zero */
	STEP_COMPARE,      /* compare something else */
	STEP_CALL,         /* number: where to */
	STEP_CALL_VALUE,   /* register `from` */
	STEP_CALL_MEMORY,  /* what is there */
	STEP_JUMP,         /* number: where to */
	STEP_BRANCH,       /* the same, or go on */
	STEP_BRANCH_EQUAL, /* the same if the last comparison was equal */
	STEP_BRANCH_UNEQUAL,
	STEP_SWITCH, /* through a table of addresses that is at `memory` (base: a register) */
	STEP_RETURN,
	STEP_STOP, /* does not go on here, or nobody knows where */
};

struct step {
	uint64_t pc;
	uint64_t end; /* of the instruction */
	enum step_kind kind;
	bool wide;    /* 8 bytes */
	uint8_t size; /* bytes that are stored */
	uint8_t to, from;
	uint16_t clears; /* registers that get something else, a bit each */
	struct step_memory memory;
	uint64_t number;
};

DEFINE_VECTOR(step_vector, struct step);

struct machine_steps;

/* What reading the code of several functions shares. */
struct error *machine_steps_open(struct machine_steps **ret) must_use;
void machine_steps_close(struct machine_steps *machine);

/* Append the steps of a piece of code. */
struct error *machine_steps_read(struct machine_steps *machine, const uint8_t *code, size_t size,
				 uint64_t address, struct step_vector *ret) must_use;

/* The place of the first step whose instruction is at or behind pc; steps->count: none is. */
static inline size_t machine_steps_at(const struct step_vector *steps, uint64_t pc)
{
	size_t low = 0, high = steps->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (steps->items[middle].pc < pc)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/*
 * The next direct call or far jump at or behind `at`, by its bytes alone, which may also be part of
 * something else; false when there is none. *at is moved behind it.
 */
bool machine_next_call(const uint8_t *code, size_t size, uint64_t address, size_t *at,
		       uint64_t *ret_target);

#endif
