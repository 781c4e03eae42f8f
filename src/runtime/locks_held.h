/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_RUNTIME_LOCKS_HELD_H
#define DOWSE_RUNTIME_LOCKS_HELD_H

#include "base/map.h"
#include "base/vector.h"
#include "model/place.h"
#include "runtime/runtime.h"

/*
 * Who holds which lock of package sync, by the goroutines' frames: locks themselves do not know.
 *
 * A frame says so in two ways. Its function has taken the lock on its way to where it stands, by its
 * machine code (binary/lock_flow.h); the lock's address is found in the frame. Or it has deferred a
 * call that releases the lock, which is noted in the frame or in the goroutine's list. The second
 * alone is believed only where the first cannot be had: a function may release a lock for a while.
 *
 * A lock that was taken in a frame that has returned is found with nobody.
 */
struct held_lock {
	uint32_t goroutine; /* index */
	uint32_t frame;     /* of its machine frames, innermost 0 */
	uint64_t address;   /* 0: of one of its locks it is not known which it is */
	bool shared;        /* for reading */
	bool certain;       /* no way leads there without it */
	bool by_code;       /* the function's code has taken it */
	bool deferred;      /* a deferred call is going to release it */
	struct place taken; /* where; of a deferred call alone: unknown */
};

DEFINE_VECTOR(held_lock_vector, struct held_lock);

/* What a goroutine's frame may still come to. */
struct lock_release {
	uint32_t goroutine;
	uint32_t frame;
	bool unknown;     /* a call of something that is not known, and may do anything */
	uint64_t address; /* else: the lock that is released; 0: it is not known which */
};

DEFINE_VECTOR(lock_release_vector, struct lock_release);

struct locks_held {
	struct held_lock_vector list;        /* by goroutine */
	struct lock_release_vector releases; /* by goroutine */
	uint64_t frames;   /* that were looked at because their functions use locks */
	uint64_t unclear;  /* of them, whose code could not be followed */
	uint8_t *doubtful; /* by goroutine: it may hold some that are not listed */
	size_t count;      /* of goroutines */
};

/*
 * The target must stand still, as it did when the goroutines were read: they are read again, with
 * what they leave out. Strings live as long as the binary.
 */
struct error *locks_held_find(struct runtime *runtime, const struct goroutines *goroutines,
			      struct locks_held *ret) must_use;
void locks_held_deinit(struct locks_held *held);

#endif
