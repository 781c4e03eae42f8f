/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_LEAK_LIVE_TIMER_QUEUES_H
#define DOWSE_LEAK_LIVE_TIMER_QUEUES_H

#include "heap/heap.h"

/*
 * The timers that the runtime is going to run: each processor has a heap of them. Up to Go 1.22 that
 * is every timer that was started and not stopped; from 1.23 on one with a channel is there only
 * while somebody waits for it, unless the main module's go line or GODEBUG asks for the old way.
 */
enum timer_calls {
	TIMER_SENDS,    /* on its channel: time.NewTicker, NewTimer, After, Tick */
	TIMER_FUNCTION, /* time.AfterFunc */
	TIMER_OTHER,    /* what wakes sleepers, deadlines of descriptors */
};

struct queued_timer {
	uint64_t address; /* of the runtime's timer */
	uint32_t
		vertex; /* the object that it is in: a time.Ticker, ...; VERTEX_NONE: it is in none */
	uint32_t queue;    /* vertex of the processor's array that it is in */
	uint32_t argument; /* vertex of its channel, or function; VERTEX_NONE */
	enum timer_calls calls;
	uint64_t function; /* that TIMER_FUNCTION calls: its entry; 0 */
	uint64_t when;     /* nanotime */
	uint64_t period;   /* 0: once */
	bool waits;        /* for its time, and nothing is being done with it now */
};

DEFINE_VECTOR(queued_timer_vector, struct queued_timer);

struct timer_queues {
	struct queued_timer_vector list;
	uint64_t now;
	bool all; /* all that run are here: up to 1.22 */
};

/* The target must stand still. What cannot be read, and what was stopped, is left out. */
struct error *timer_queues_read(const struct heap *heap, struct timer_queues *ret) must_use;
void timer_queues_deinit(struct timer_queues *queues);

#endif
