/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_RUNTIME_WATCH_PRIVATE_H
#define DOWSE_RUNTIME_WATCH_PRIVATE_H

#include "runtime/watch.h"

/* The code that is put beside the program's: one file a machine. */
struct watch_code {
	uint8_t *bytes;
	size_t size; /* that are used; more than WATCH_CODE_SIZE: there was no room */
	uint64_t area;
	/* Of the program's end. */
	uint64_t leave; /* where its wait goes on; 0: not made yet */
	uint64_t exit;  /* runtime.exit */
	int32_t goid;
	size_t race;  /* the jump of those who did not come from there */
	size_t round; /* and of those who wait where a round of tests begins */
};

/* A function of the program that is to lead there, and its first bytes. */
struct watched_function {
	uint64_t entry;
	uint64_t end;
	const uint8_t *bytes;
};

struct watch_note {
	enum watch_kind kind;
	int32_t labels; /* offsets in a goroutine's descriptor */
	int32_t goid;
	int32_t name;       /* of its name in the object that the function is called with */
	bool name_is_given; /* the function is called with the name itself */
	bool begins_rounds; /* goroutine 1 calls it for all tests together */
};

/* False where the function does not begin as the compiler lets functions begin. */
bool watch_machine_note(struct watch_code *code, const struct watched_function *function,
			const struct watch_note *note, struct watch_patch *ret);

/* runtime.exit, as it is in assembly; false for a function that is another. */
bool watch_machine_exit(struct watch_code *code, const struct watched_function *function,
			int32_t goid, struct watch_patch *ret_entry,
			struct watch_patch *ret_return);

/* runtime.racefini, after runtime.exit: under the race detector a program ends in there. */
bool watch_machine_race_exit(struct watch_code *code, const struct watched_function *function,
			     struct watch_patch *ret);

#endif
