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
	struct descriptor_table table;
	uint64_t last_offset; /* where in its frames the last one was found: mostly the same */
};

void descriptors_init(struct descriptors *descriptors, struct runtime *runtime);
void descriptors_deinit(struct descriptors *descriptors);

/* Fills in goroutine->wait; its strings live in the arena. `now` is the moment of the capture. */
struct error *descriptor_decode(struct descriptors *descriptors,
				const struct captured_goroutine *captured,
				const struct walk_step_vector *steps, uint64_t now,
				struct arena *arena, struct goroutine *goroutine) must_use;

#endif
