/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_DUMP_RACES_H
#define DOWSE_DUMP_RACES_H

#include "dump/dump.h"
#include "dump/stacks.h"

/*
 * What the race detector reports, which is a dump of its own form: the goroutines that raced, where each
 * accessed the memory, and who started them.
 *
 *	==================
 *	WARNING: DATA RACE
 *	Read at 0x00c0000981e0 by goroutine 38:
 *	  main.(*Cart).add()
 *	      /src/cart.go:16 +0x108
 *
 *	Previous write at 0x00c0000981e0 by main goroutine:
 *	  ...
 *
 *	Goroutine 38 (running) created at:
 *	  main.main()
 *	      /src/main.go:36 +0x119
 *	==================
 *
 * Its lines may lie among those of a dump, which goes on behind them.
 */
enum race_section {
	RACE_OTHER,   /* where memory was allocated, say */
	RACE_ACCESS,  /* what a goroutine did */
	RACE_CREATED, /* who started it */
};

struct race {
	struct dump *dump; /* being read; NULL: none */
	struct stack_texts stacks;
	struct stack_text_builder stack;
	enum race_section section;
	size_t goroutine; /* that the section is of: its index */
	size_t pending;   /* 1 + where the call without a position begins in `stack`; 0: none */
	bool unrestored;  /* the detector has lost the stack of this section */
	size_t accesses[2];
	bool writes[2];
	unsigned access_count;
	uint64_t strange; /* lines that do not belong to it, since the last that did */
};

void race_deinit(struct race *race);

/*
 * Does a report's first access stand in the line, with the word "goroutine" at `word`? Then also where it
 * begins.
 */
bool race_find(const char *line, size_t length, size_t word, size_t *ret_begin);

/* Is all of the line such an access? */
bool race_begins(const char *line, size_t length);

/* Its goroutines will be those of an empty dump. */
struct error *race_begin(struct race *race, struct dump *dump, const char *line, size_t length)
	must_use;

enum race_line {
	RACE_LINE_TAKEN,
	RACE_LINE_STRANGE, /* somebody else's */
	RACE_LINE_LAST,    /* taken, and the report ends with it */
};

/* A line while one is in hand. */
struct error *race_take(struct race *race, const char *line, size_t length, enum race_line *ret)
	must_use;

/* It is over, whatever it has got. */
struct error *race_end(struct race *race) must_use;

#endif
