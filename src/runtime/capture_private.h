/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_RUNTIME_CAPTURE_PRIVATE_H
#define DOWSE_RUNTIME_CAPTURE_PRIVATE_H

#include "runtime/capture.h"

/*
 * What the steps of one capture share. All of them run while the process is stopped: each is one
 * pass over the goroutines and one batch of reads a hop.
 */
struct capturing {
	struct runtime *runtime;
	const struct layout *layout;
	struct capture *capture;
	struct batch batch;
	struct u64_vector keys; /* in capture->objects, of what the batch in hand reads */
	uint64_t bytes_there;   /* in the target's memory: no more of anything can be real */
	uint64_t object_bytes;  /* copied so far */
	size_t signal_stacks;   /* copied so far */
	bool stopped;
};

uint64_t capture_bytes_there(struct target *target);
/* Once the process goes on: leave each goroutine in the list once. */
struct error *capture_drop_repeated(struct capture *capture) must_use;

/* Copy objects of the heap: begin, want some, run; then capture_object() has them. */
void capture_objects_begin(struct capturing *capturing);
/* Nothing is noted that is there already, or cannot be what it is wanted as. */
struct error *capture_objects_want(struct capturing *capturing, enum captured_kind kind,
				   uint64_t address) must_use;
struct error *capture_objects_run(struct capturing *capturing) must_use;

/* Where the walk of a goroutine starts that is not running: fills in start, or problem. */
void capture_locate_parked(const struct capturing *capturing, struct captured_goroutine *goroutine);
/* The stacks of all, of the running ones by their threads' registers. */
struct error *capture_stacks(struct capturing *capturing) must_use;

/* What the waiting ones hang on, and their pending deferred calls. */
struct error *capture_waits(struct capturing *capturing) must_use;
/* Of those whose g does not say what they hang on: the sudogs of semaphores and of sync.Cond. */
struct error *capture_queues(struct capturing *capturing) must_use;

#endif
