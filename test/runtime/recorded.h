/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_TEST_RUNTIME_RECORDED_H
#define DOWSE_TEST_RUNTIME_RECORDED_H

#include "base/vector.h"
#include "target/operations.h"

DEFINE_VECTOR(extent_vector, struct target_extent);

/*
 * A target made of the memory that a process had at one moment, in which words can be changed: what
 * a corrupt or hostile process would show. It has no threads and stands still.
 */
struct recorded {
	struct target target; /* first */
	struct target_mapping *mappings;
	uint8_t **bytes; /* of each mapping; NULL where nothing could be read */
	size_t count;
	uint64_t size; /* of all that was read */
	bool noting;
	struct extent_vector reads; /* while `noting`: what was asked for */
};

struct error *recorded_open(pid_t pid, struct recorded **ret) must_use;
void recorded_destroy(struct recorded *recorded);

/* The word at an address, to be changed; NULL where there is none. */
uint8_t *recorded_word(const struct recorded *recorded, uint64_t address);

static inline void recorded_cleanup(struct recorded **recorded)
{
	recorded_destroy(*recorded);
}

#endif
