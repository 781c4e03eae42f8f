/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_RUNTIME_BATCH_H
#define DOWSE_RUNTIME_BATCH_H

#include "base/arena.h"
#include "base/vector.h"
#include "target/target.h"

DEFINE_VECTOR(target_range_vector, struct target_range);
DEFINE_VECTOR(u32_vector, uint32_t);

/*
 * Reads of a stopped process, gathered and then made together: the process waits for every
 * system call. Each read leaves its bytes in the arena. Objects of one kind lie side by side in
 * the heap, so what is close in memory is read in one piece, with the little between them.
 */
struct batch {
	struct target *target;
	struct arena *arena;
	struct target_range_vector ranges; /* what is asked for; `into` is set by the run */
	struct target_range_vector pieces; /* what is read for it */
	struct u32_vector firsts;          /* of each piece, its first range's place in the order */
	struct u32_vector order;           /* the ranges by address */
	struct u32_vector spare;           /* for sorting */
};

/* Note a read; its position in the batch is that of its range. */
struct error *batch_add(struct batch *batch, uint64_t address, size_t length) must_use;

/* Before a process is stopped: have what so many reads are going to need. */
struct error *batch_prepare(struct batch *batch, size_t count) must_use;

struct error *batch_run(struct batch *batch) must_use;

/* After the run: the bytes of range i, or NULL where they could not be read. */
const uint8_t *batch_bytes(const struct batch *batch, size_t i);

/* Forget the ranges, not the bytes. */
void batch_clear(struct batch *batch);
void batch_deinit(struct batch *batch);

#endif
