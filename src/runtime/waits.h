/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_RUNTIME_WAITS_H
#define DOWSE_RUNTIME_WAITS_H

#include "runtime/capture.h"
#include "runtime/descriptors.h"
#include "runtime/frames.h"

/*
 * What goroutines wait for. `waits` counts first how many wait at each place, then decodes one
 * goroutine after the other.
 */
struct waits {
	struct runtime *runtime;
	const struct capture *capture;
	struct arena *arena;
	struct map receivers; /* channel → goroutines that wait to receive from it */
	struct map senders;
	struct map at_address;    /* semaphore word or notify list → goroutines that wait there */
	struct map notify_lists;  /* g's address → notify list that it waits on */
	size_t notify_reads;      /* made for such lists, sound or not */
	uint64_t notify_distance; /* from the stack pointer to the word that led to the last one */
	size_t queue_steps;       /* taken along the queues of channels */
	struct descriptors descriptors;
	struct map element_names; /* channel's element type → its name, or 0 */
	struct map queued;        /* see wait_queues.c */
	size_t tree_reads;
};

struct error *waits_init(struct waits *waits, struct runtime *runtime,
			 const struct capture *capture, struct arena *arena) must_use;
void waits_deinit(struct waits *waits);

/* Fill in goroutine->wait; its state and stack are known already, the steps are of its walk. */
struct error *waits_decode(struct waits *waits, const struct captured_goroutine *captured,
			   const struct walk_step_vector *steps, struct goroutine *goroutine)
	must_use;

#endif
