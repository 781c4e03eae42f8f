/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_RUNTIME_SAVING_H
#define DOWSE_RUNTIME_SAVING_H

#include "runtime/selection.h"
#include "target/snapshot_facts.h"
#include "target/snapshot_writer.h"

/*
 * Save the runtime's target, which stands still, as a snapshot: first what is known of it, then the
 * memory that analysis needs, then the end. The target may be let go between the second and the
 * third.
 */
struct saving;

struct saving_options {
	struct selection_options selection;
	struct snapshot_writer_options writer;
	const struct snapshot_fact *facts; /* to be written besides */
	size_t fact_count;
	/* Asked every few milliseconds while memory is read: an error ends that. NULL: nobody. */
	struct error *(*check)(void *argument)must_use;
	void *argument;
};

/* `options` is borrowed until the end. */
struct error *saving_begin(struct runtime *runtime, const struct saving_options *options,
			   struct saving **ret) must_use;

/*
 * Read and write the memory. When `check` says no, or the target is gone, that is no failure: the
 * snapshot becomes incomplete and says why.
 */
struct error *saving_memory(struct saving *saving) must_use;

struct saving_result {
	uint64_t size; /* of the file */
	struct snapshot_memory memory;
	struct selection_summary selection;
	const char *incomplete; /* why, NULL: it is complete; belongs to the saving */
};

struct error *saving_finish(struct saving *saving, struct saving_result *ret) must_use;

/* NULL is accepted. */
void saving_destroy(struct saving *saving);

static inline void saving_cleanup(struct saving **saving)
{
	saving_destroy(*saving);
}

#endif
