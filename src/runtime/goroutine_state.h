/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_RUNTIME_GOROUTINE_STATE_H
#define DOWSE_RUNTIME_GOROUTINE_STATE_H

#include "runtime/capture.h"

/* The runtime's own numbers for what a goroutine does (g.atomicstatus), alike in every release. */
enum {
	G_IDLE = 0,
	G_RUNNABLE = 1,
	G_RUNNING = 2,
	G_SYSCALL = 3,
	G_WAITING = 4,
	G_DEAD = 6,
	G_COPYSTACK = 8,
	G_PREEMPTED = 9,
	G_LEAKED = 10,
	G_DEAD_EXTRA = 11, /* kept for calls from C */
	G_STATUS_MASK = 0xfff,
	G_SCAN = 0x1000, /* a flag beside: its stack is being scanned */
};

/*
 * The runtime's table of wait reasons. They are renumbered in most releases, so the strings are
 * read from the program itself.
 */
struct wait_reasons {
	const char *text[64]; /* NULL where the table ends or a string could not be read */
};

/* Strings live in the arena. A table that cannot be found leaves all of them NULL. */
void wait_reasons_read(struct runtime *runtime, struct arena *arena, struct wait_reasons *ret);

/* State, reason, time and note of one goroutine, from its g. */
struct error *goroutine_state_decode(const struct runtime *runtime,
				     const struct wait_reasons *reasons,
				     const struct capture *capture, const uint8_t *g,
				     struct arena *arena, struct goroutine *goroutine) must_use;

#endif
