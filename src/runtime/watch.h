/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_RUNTIME_WATCH_H
#define DOWSE_RUNTIME_WATCH_H

#include "binary/module.h"

/*
 * Who started what, noted down by the program itself while nobody traces it.
 *
 * A piece of memory that dowse and the program share lies near the program's code, and the first
 * instructions of a few functions lead into it: those that package testing calls for each test, and
 * the one in which every Go program ends. At the start of a test, code there takes a slot, writes the
 * test's name into it, and makes the slot the goroutine's set of profiler labels: an empty one, for
 * its first words are zero. The runtime hands that on to every goroutine that is started from there,
 * and from those. At the end the thread that ends the program tells dowse, and waits.
 *
 *	code	WATCH_CODE_SIZE bytes, never written by the program
 *	header	struct watch_header, one page
 *	slots	WATCH_SLOTS of them and a last one, for all tests that got none
 *
 * All but the code is written by the program: what it says is to be checked.
 */
#define WATCH_PAGE      ((uint64_t)4096)
#define WATCH_CODE_SIZE WATCH_PAGE
#define WATCH_SLOTS     ((uint64_t)1 << 18)
#define WATCH_SLOT_SIZE 256
#define WATCH_NAME_MAX  192
#define WATCH_STOPS     2
#define WATCH_SIZE      (2 * WATCH_PAGE + (WATCH_SLOTS + 16) * WATCH_SLOT_SIZE)

enum watch_state {
	WATCH_RUNS,
	WATCH_AT_EXIT, /* the program waits: it ends as soon as the state is another */
	WATCH_GOES,
};

struct watch_header {
	uint32_t bell; /* a futex: changes when there may be news */
	uint32_t state;
	int32_t pid;    /* of the program, in its own PID namespace: who is another may just end */
	int32_t parent; /* dowse's id there: nobody waits for a dowse that is gone */
	int32_t patience;  /* how often the program wakes up to look before it ends anyway */
	int32_t exit_code; /* that it is about to end with: what the first one says */
	uint64_t count;    /* slots that were asked for */
	uint64_t ending;   /* id of the goroutine that ends it */
	int64_t nap[2];    /* struct timespec: how long it waits at most before it looks again */
	uint32_t
		taken; /* somebody ends it: whoever comes then waits, and ends with exit_code, too */
	/*
	 * All tests are run several times, one round after the other, by goroutine 1. When a round
	 * begins that stands in `stops`, that one waits for as long as `held` is not 0.
	 */
	uint32_t round;              /* that runs; 0: none yet */
	uint32_t stops[WATCH_STOPS]; /* dowse says; 0: none */
	uint32_t held;
	uint32_t unused;
	uint64_t round_count; /* of slots when it began, and one: a function may begin twice */
};

enum watch_kind {
	WATCH_TEST = 1, /* or subtest, or a seed of a fuzz test */
	WATCH_BENCHMARK,
	WATCH_FUZZ,
	WATCH_EXAMPLE,
};

struct watch_slot {
	uint64_t labels[3]; /* always zero */
	uint64_t object;    /* the testing.T or the like; of an example the bytes of its name */
	uint64_t goroutine; /* id of the one that runs the test */
	uint64_t before;    /* the labels that this one had: the slot of whoever started the test */
	uint32_t kind;
	uint32_t unused;
	uint64_t name_length; /* of which at most WATCH_NAME_MAX bytes are here */
	char name[WATCH_NAME_MAX];
};

/* What is to be changed in the program's code. */
struct watch_patch {
	uint64_t address;
	uint32_t size;
	uint8_t before[16];
	uint8_t after[16];
};

#define WATCH_PATCHES_MAX 16

struct watch_plan {
	uint32_t patch_count;
	struct watch_patch patches[WATCH_PATCHES_MAX];
	bool exit;   /* its end will be told */
	bool tests;  /* it is a test binary */
	bool labels; /* and which test started a goroutine will be known */
	bool rounds; /* and when all of them begin once more */
};

/*
 * Where the memory lies in the program, of which the executable is known. `code` are the
 * WATCH_CODE_SIZE bytes that are to stand at its beginning. What cannot be had is left out.
 */
struct error *watch_plan_make(const struct binary *binary, uint64_t area, uint8_t *code,
			      struct watch_plan *ret) must_use;

#endif
