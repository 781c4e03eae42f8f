/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_BINARY_REFERENCES_TYPES_H
#define DOWSE_BINARY_REFERENCES_TYPES_H

#include "base/map.h"
#include "binary/closures.h"
#include "binary/references_follow.h"
#include "binary/type.h"

/* What references_types.c, references_notes.c and references_receivers*.c share. */

/* Something that was stored in one of the words, or that a function returns. */
struct stored {
	uint64_t address;
	struct value value;
};

DEFINE_VECTOR(stored_vector, struct stored);

struct finder {
	struct references *references;
	struct follower follower;
	struct map calls;           /* entry of a function of the runtime → enum call */
	struct map maps;            /* place of a call that made one → its type */
	struct map receivers;       /* entry of a method → the type that its receiver points to */
	struct map named;           /* hash of a type's package and name → its descriptor */
	struct map results;         /* entry → index into `known` */
	struct stored_vector known; /* by their entries, what functions return */
	struct stored_vector stored;
	struct value result; /* of the function in hand, if `returns` */
	bool returns;
	bool names_known;
	uint64_t left;       /* bytes of code that may still be looked through */
	uint64_t words_left; /* of variables that may still be noted */
};

/* What is said of a word. */
struct noted {
	struct variable_part part;
	uint64_t size; /* of the type, where that may be a part of a larger one */
	bool sure;     /* it is no such part */
};

void finder_note(struct finder *finder, uint64_t address, const struct noted *noted);

/* A whole variable is of the type. */
void finder_note_variable(struct finder *finder, uint64_t address, const struct type *type,
			  bool sure);

/* The type that a function's receiver points to; false when it is no method of a pointer. */
struct error *finder_receiver(struct finder *finder, uint64_t entry, struct type *ret,
			      bool *ret_found) must_use;

/* One file a machine: variables whose addresses are handed to methods, all over the code. */
struct error *finder_find_receivers(struct finder *finder) must_use;

#endif
