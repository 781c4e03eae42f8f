/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_LEAK_LIVE_LIVENESS_H
#define DOWSE_LEAK_LIVE_LIVENESS_H

#include "leak/live/live.h"

/*
 * Which goroutines can still be woken, and which never again. One that waits for a channel, a lock, a
 * condition or a WaitGroup is woken by who can reach that. So those that wait so are suspended from
 * the roots: what can be reached without them is alive; who waits for something of that may be woken,
 * so that its stack counts after all; and so on, until nothing changes. The others wait for each
 * other, or for nobody: no execution of the program ends that.
 *
 * What the runtime itself keeps lists of, its goroutines' descriptors and the records of their waits,
 * leads nobody anywhere: else all would be alive.
 */
struct liveness;

enum liveness_verdict {
	LIVENESS_AWAKE, /* it runs, or waits for what may come from outside: time, I/O, the runtime */
	LIVENESS_WAKEABLE, /* it waits for what others can reach */
	LIVENESS_NEVER,    /* nobody can wake it */
};

/* After heap_search(). */
struct error *liveness_find(struct heap *heap, struct liveness **ret) must_use;

/*
 * The same without the program's variables: who waits for what others hold is WAKEABLE only if these
 * go on by themselves, or by time. NEVER is then whoever waits until somebody comes to think of it.
 */
struct error *liveness_find_driven(struct heap *heap, struct liveness **ret) must_use;
void liveness_destroy(struct liveness *liveness);

enum liveness_verdict liveness_of(const struct liveness *liveness,
				  const struct goroutine *goroutine);

/* The goroutine's vertex; VERTEX_NONE: it has none. */
uint32_t liveness_root(const struct liveness *liveness, const struct goroutine *goroutine);

/* Can the object be reached by somebody who is not waiting for ever? */
bool liveness_reaches(const struct liveness *liveness, uint32_t vertex);

/*
 * Look at those again that nobody can wake, now that the process has gone on: one that has moved is
 * awake, and no other's word is a proof any more. Does nothing where nothing can move.
 */
struct error *liveness_confirm(struct liveness *liveness) must_use;

/*
 * Whoever something points to from beside Go's heap, which no collector would see, may be woken after
 * all: see liveness_beside.c. Of a running process this is of now.
 */
struct error *liveness_look_beside(struct liveness *liveness) must_use;

/* Why `never` is no proof, static text: something of the heap is missing. NULL: it is one. */
const char *liveness_doubt(const struct liveness *liveness);

/*
 * What a set of goroutines that never wake holds alone, but for their stacks: neither who may still
 * run nor another such goroutine reaches it. The runtime's own records of them count. `first` is a chain: next[first], ..., ending with LIVENESS_END. For several
 * sets: liveness_hold() for each, with a number of its own from 1 on, and the bytes of each after that.
 */
#define LIVENESS_END UINT32_MAX

struct liveness_holding;

struct error *liveness_holding_create(const struct liveness *liveness,
				      struct liveness_holding **ret) must_use;
void liveness_holding_destroy(struct liveness_holding *holding);
struct error *liveness_hold(struct liveness_holding *holding, const uint32_t *next, uint32_t first,
			    uint32_t set) must_use;
uint64_t liveness_held(const struct liveness_holding *holding, uint32_t set);

static inline void liveness_cleanup(struct liveness **liveness)
{
	liveness_destroy(*liveness);
}

static inline void liveness_holding_cleanup(struct liveness_holding **holding)
{
	liveness_holding_destroy(*holding);
}

#endif
