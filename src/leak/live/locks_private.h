/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_LEAK_LIVE_LOCKS_PRIVATE_H
#define DOWSE_LEAK_LIVE_LOCKS_PRIVATE_H

#include "leak/live/live.h"
#include "leak/live/wait_for.h"
#include "runtime/locks_held.h"

/* A lock that somebody waits for, and its words: a Mutex, or an RWMutex, which begins with one. */
struct lock_word {
	uint64_t address;
	bool read;       /* they could be */
	bool rw;         /* an RWMutex, by those who wait for it */
	uint32_t state;  /* of the Mutex: bit 0 locked */
	int32_t readers; /* of an RWMutex; without the offset that says that a writer waits */
	bool writer;     /* waits for readers, or writes */
	uint32_t waiters;
};

DEFINE_VECTOR(lock_word_vector, struct lock_word);

struct lock_notes {
	struct locks_held held;
	struct lock_word_vector words; /* by rising addresses */
	uint32_t *by_address;          /* those held, by index, in the order of their addresses */
};

/* Those that hold the lock at an address, in the order of goroutines: indices into `held`. */
const uint32_t *lock_holders(const struct lock_notes *notes, uint64_t address, size_t *ret_count);

/* What the detectors of locks share. */
struct locks {
	const struct live_evidence *evidence;
	const struct lock_notes *notes;
	struct wait_for graph;
	struct findings *findings;
	uint32_t *roots; /* by goroutine: its vertex in the heap's graph; VERTEX_NONE */
};

/* Does a goroutine's stack lead to what is at an address of the heap, by a few steps? */
bool lock_reaches(const struct locks *locks, uint32_t goroutine, uint64_t address);
/*
 * From those that hold a lock, and wait for something else, to those that wait for that lock and are
 * to bring it about.
 */
struct error *locks_add_debts(struct locks *locks) must_use;

const struct lock_word *lock_word_find(const struct lock_notes *notes, uint64_t address);

/* Is it a lock that the goroutine waits for? */
bool lock_is_awaited(const struct goroutine *goroutine);

/* The edges of the graph: from each that waits to those that it waits for. */
struct error *locks_add_owners(struct locks *locks) must_use;

/* Detectors, in this order; a goroutine that one has spoken of is left alone by the others. */
struct error *locks_find_cycles(struct locks *locks) must_use;     /* L13 to L16, L42 */
struct error *locks_find_unreleased(struct locks *locks) must_use; /* L12 */

/*
 * A cycle: goroutine edges[i].from waits for what edges[i].to holds, which is the next one's `from`.
 */
#define LOCK_CYCLE_MAX 64

struct lock_cycle {
	struct wait_edge edges[LOCK_CYCLE_MAX];
	size_t count;
	uint32_t component;
};

/* Which rule it breaks, and the words for that: title, why. */
enum rule_id lock_cycle_rule(const struct locks *locks, const struct lock_cycle *cycle);
void lock_cycle_describe(struct locks *locks, const struct lock_cycle *cycle, uint64_t cycles,
			 uint64_t members, uint64_t victims, struct finding *finding);

/* The member to begin with: whose line is to change. */
size_t lock_cycle_first(const struct locks *locks, const struct lock_cycle *cycle);

/* What a goroutine of the cycle holds that the one before it waits for; NULL: no lock. */
const struct held_lock *lock_cycle_held(const struct locks *locks, const struct lock_cycle *cycle,
					size_t member);

/* Words. "main.accounts.mu", "main.account.mu", "a lock" */
const char *lock_name(struct locks *locks, uint64_t address);
/* "bank.go:31"; "an unknown line" */
const char *lock_position(struct locks *locks, const struct place *place);
/* Where it was taken, in the program's own code where that leads there. */
struct place lock_taken_at(const struct locks *locks, const struct held_lock *held);
/* "goroutine 18 holds main.a.mu (bank.go:31), waits for main.b.mu in main.transfer (bank.go:33)" */
const char *lock_member(struct locks *locks, uint32_t goroutine, const struct held_lock *holds);
/* What can be said at most of a wait of these goroutines. */
enum certainty lock_certainty(const struct locks *locks, const uint32_t *members, size_t count);
/* A finding about one goroutine, with what all such have. */
struct finding lock_finding(struct locks *locks, enum rule_id rule, uint32_t goroutine);
void lock_claim(struct locks *locks, uint32_t goroutine);

#endif
