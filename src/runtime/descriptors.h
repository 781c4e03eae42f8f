/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_RUNTIME_DESCRIPTORS_H
#define DOWSE_RUNTIME_DESCRIPTORS_H

#include "runtime/capture.h"
#include "runtime/frames.h"
#include "target/descriptor_table.h"

/*
 * The file descriptor that a goroutine in "IO wait" waits for. The runtime's poll descriptor
 * knows both, but nothing leads from the goroutine to it except words in the frames that parked
 * it; a word is believed only when the descriptor that it leads to names this very goroutine.
 * Poll descriptors are never freed, so they are read after the process goes on.
 */
struct descriptors {
	struct runtime *runtime;
	const struct capture *capture;
	struct descriptor_table table;
	/*
	 * The frames that park are the same for all: where in them the first word was found, the
	 * others' are. So the rest is read in one batch.
	 */
	uint64_t offset; /* 0: none was found yet */
	struct arena arena;
	struct map windows; /* g's address → what lies around the place that its word leads to */
};

void descriptors_init(struct descriptors *descriptors, struct runtime *runtime,
		      const struct capture *capture);
void descriptors_deinit(struct descriptors *descriptors);

/* Fills in goroutine->wait; its strings live in the arena. */
struct error *descriptor_decode(struct descriptors *descriptors,
				const struct captured_goroutine *captured,
				const struct walk_step_vector *steps, struct arena *arena,
				struct goroutine *goroutine) must_use;

#endif
