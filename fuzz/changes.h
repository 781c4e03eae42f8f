/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_FUZZ_CHANGES_H
#define DOWSE_FUZZ_CHANGES_H

#include "../test/runtime/recorded.h"
#include "runtime/runtime.h"

/*
 * A Go process that lies: its memory is recorded once, and an input is a list of changes of eight
 * bytes each:
 *
 *	which of the noted reads (u16), which word of it (u16), how (u8), and with what (u8, u16)
 *
 * fuzz/with_program starts the process and names it in DOWSE_FUZZ_PID.
 */
#define CHANGES_MAX 24

struct undo {
	uint8_t *at;       /* in memory; NULL: in the executable, */
	uint64_t position; /* there */
	uint64_t was;
};

struct subject {
	struct recorded *recorded; /* NULL before subject_open() */
	struct runtime *runtime;   /* of it, unchanged */
	int executable;            /* a copy that can be changed; -1: it stays as it is */
	uint64_t types;            /* where in it are the modules' types, and other such data */
	uint64_t types_end;
	struct layout was;
	struct undo undo[CHANGES_MAX];
	size_t count;
};

/* Aborts where it cannot. `executable`: its types are to be changed, too: then open it again. */
void subject_open(struct subject *subject, bool executable);

/* False: the layout that came of it is one that is not gone by. */
bool subject_change(struct subject *subject, const uint8_t *data, size_t size) must_use;
void subject_restore(struct subject *subject);

/* What is no lie must not fail. */
void must_succeed(struct error *error);

#endif
