/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_LEAK_LIVE_LIVE_H
#define DOWSE_LEAK_LIVE_LIVE_H

#include "heap/dominator_tree.h"
#include "heap/heap.h"
#include "leak/finding.h"
#include "model/goroutine.h"
#include "runtime/memory.h"

struct liveness;
struct live_holders;
struct live_holdings;
struct live_past;
struct heap_views;

/*
 * What detectors read of a process, or of what became of one. Where something could not be had, or
 * was not looked at, it is NULL: what is missing costs findings and never makes one.
 */
struct live_evidence {
	struct goroutines *goroutines;
	const struct goroutine_group_vector *groups; /* of all but the runtime's own */
	struct place_rule places;
	bool guessed;      /* the runtime's layout is another release's: nothing is proved by it */
	struct heap *heap; /* searched; `goroutines` are its own */
	uint8_t *claimed;  /* by goroutine: whether a finding speaks of it already */
	const struct liveness *liveness;   /* who can still be woken; NULL while notes are taken */
	const struct dominator_tree *tree; /* NULL while notes are taken */
	struct live_holders *holders;      /* for live_holder_tell() */
	const struct heap_views *views; /* who has which part of what array; NULL without a heap */
	struct live_holdings *holdings; /* what can hold ever more */
	const struct live_past *past;   /* an earlier moment; NULL: this is the only one */
	const struct live_past *rounds; /* the same, of what tests hold alone; NULL */
	const struct runtime_counters *counters;
	const struct runtime_memory *memory;
	int64_t age_ns; /* of the process; 0 or less: unknown */
};

/*
 * A detector, one a file: what it finds is of one cause, or of few that are told apart last.
 *
 * The memory of a process is at hand for a short while alone. So a detector that needs some takes
 * notes first, while all stands still and the heap has been searched (reachability and types), but
 * nothing is known of dominators yet. It finds after that, with dominators.
 */
struct live_detector {
	/* NULL: needs no memory. Not called without a heap. */
	struct error *(*read)(const struct live_evidence *evidence, void **ret_notes)must_use;
	/* `notes` are NULL where none were taken. */
	struct error *(*find)(const struct live_evidence *evidence, void *notes,
			      struct findings *ret)must_use;
	void (*forget)(void *notes);
};

/* In the order in which they are asked: who comes first claims a goroutine. */
#define LIVE_DETECTORS(DETECTOR)                                                                   \
	DETECTOR(without_wakers)  /* L6, and L7 without cases */                                   \
	DETECTOR(locks)           /* L12 to L16, L42 */                                            \
	DETECTOR(unreachable)     /* L1 to L5, L7, L12, L39, L41 */                                \
	DETECTOR(abandoned)       /* L1 to L5, L7 of channels that somebody holds */               \
	DETECTOR(endless)         /* L8, L9 that get more */                                       \
	DETECTOR(jobs)            /* L40 */                                                        \
	DETECTOR(maybe_endless)   /* L8, L9 */                                                     \
	DETECTOR(many_goroutines) /* L17 */                                                        \
	DETECTOR(growing)         /* L26, L27, L29 */                                              \
	DETECTOR(captures)        /* L19 */                                                        \
	DETECTOR(pinned)          /* L20 to L25 */                                                 \
	DETECTOR(map_storage)     /* L28 */                                                        \
	DETECTOR(timers)          /* L31 */                                                        \
	DETECTOR(defers)          /* L34 */                                                        \
	DETECTOR(finalizers)      /* L36 */                                                        \
	DETECTOR(stacks)          /* L37 */                                                        \
	DETECTOR(exhaustion)      /* L38 */                                                        \
	DETECTOR(pools)           /* L30 */                                                        \
	DETECTOR(contexts_kept)   /* L11 */                                                        \
	DETECTOR(files)           /* L32, and L33 for sockets */                                   \
	DETECTOR(streams)         /* L33 */

#define DETECTOR(name) extern const struct live_detector live_##name;
LIVE_DETECTORS(DETECTOR)
#undef DETECTOR

#define LIVE_DETECTORS_MAX 64

/* What the detectors noted down. All zeroes: nothing. */
struct live_notes {
	void *of[LIVE_DETECTORS_MAX];
};

/* Have all take their notes; what was noted before one failed is in `ret`, too. */
struct error *live_read(const struct live_evidence *evidence, struct live_notes *ret) must_use;
void live_notes_deinit(struct live_notes *notes);

/* Have all find, sorted. */
struct error *live_find(const struct live_evidence *evidence, const struct live_notes *notes,
			struct findings *ret) must_use;

/*
 * True when nothing can ever wake the goroutine, by what it waits for alone. Never of goroutine 1
 * (it ends with the program), of the runtime's own, and of those in a bubble of testing/synctest
 * (its end reports them itself).
 */
bool live_never_wakes(const struct goroutines *goroutines, const struct goroutine *goroutine);

#endif
