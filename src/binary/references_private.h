/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_BINARY_REFERENCES_PRIVATE_H
#define DOWSE_BINARY_REFERENCES_PRIVATE_H

#include "base/vector.h"
#include "binary/references.h"

/* What references*.c share. */

struct reference {
	const char *names[REFERENCES_NAMES]; /* best first */
	uint8_t ranks[REFERENCES_NAMES];     /* 0 is best */
	uint8_t name_count;
	bool typed;
	bool disputed;  /* two places disagree */
	bool interface; /* it is the second word of one */
	uint8_t weight; /* how sure it is */
	uint64_t size;  /* of the type */
	struct variable_part part;
};

/* Few addresses pass the filter that are none of those that are looked for. */
#define REFERENCES_FILTER_BITS 20

struct references {
	const struct binary *binary;
	uint64_t *addresses;
	size_t count;
	struct reference *items;
	uint8_t *filter;
	struct u64_vector functions; /* entries of those that refer to any, rising in each module */
};

/* Index of an address; SIZE_MAX for one that is not looked for. */
size_t references_index(const struct references *references, uint64_t address);

/* Of the first one at or behind it; references->count when there is none. */
size_t references_lower_bound(const struct references *references, uint64_t address);

/*
 * One file a machine: references_amd64.c.
 *
 * Tell of each place in a stretch of code that looks like a reference: `place` is inside of the
 * instruction.
 */
struct references_scan {
	struct references *references;
	struct error *(*tell)(struct references_scan *scan, uint64_t place, size_t index);
	const struct module *module;
	struct function function; /* that of the last place; name NULL: none yet */
	void *disassembler;
};

struct error *references_scan_code(struct references_scan *scan, const uint8_t *code, size_t size,
				   uint64_t address) must_use;

/* A disassembler for both of the following. */
struct error *references_open_disassembler(void **ret) must_use;
void references_close_disassembler(void *disassembler);

/*
 * Whether the instruction over `place` refers to `wanted`; `code` begins with an instruction, at
 * `address`.
 */
bool references_verify(void *disassembler, const uint8_t *code, size_t size, uint64_t address,
		       uint64_t place, uint64_t wanted);

/* An instruction, as far as the search for types follows it. */
enum operation_kind {
	OPERATION_OTHER,   /* writes the registers in `written` */
	OPERATION_NUMBER,  /* to = address, a number */
	OPERATION_ADDRESS, /* to = address */
	OPERATION_LOAD,    /* to = the word at address */
	OPERATION_STORE,   /* the word at address = from */
	OPERATION_MOVE,    /* to = from */
	OPERATION_SAVE,    /* the stack's word at `address` = from */
	OPERATION_RESTORE, /* to = the stack's word at `address` */
	OPERATION_CALL,    /* address; 0: not known */
	OPERATION_JUMP,    /* address; may go on */
	OPERATION_END,     /* does not go on; a jump to address, or 0 */
	OPERATION_RETURN,
	OPERATION_UNKNOWN, /* goes on somewhere */
};

/* Registers are numbered as Go passes arguments in them; those that it does not are behind. */
enum { OPERATION_REGISTERS = 16, OPERATION_WIDEST = 64 };

struct operation {
	enum operation_kind kind;
	uint8_t to;
	uint8_t from;
	enum {
		STACK_UNTOUCHED,
		STACK_WRITTEN, /* OTHER: at `address`, `width` bytes */
		STACK_ESCAPES, /* OTHER takes the address of what lies at `address` and behind */
	} stack;
	uint8_t width;    /* STACK_WRITTEN: so many bytes */
	uint32_t written; /* a bit a register */
	uint64_t place;
	uint64_t address;
};

DEFINE_VECTOR(operation_vector, struct operation);

struct error *references_decode(void *disassembler, const uint8_t *code, size_t size,
				uint64_t address, struct operation_vector *ret) must_use;

/* The next place at or behind *at that may be a call of a known address; *at moves past it. */
bool references_next_call(const uint8_t *code, size_t size, uint64_t address, size_t *at,
			  uint64_t *ret_target);

#endif
