/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_TARGET_SNAPSHOT_PIPELINE_H
#define DOWSE_TARGET_SNAPSHOT_PIPELINE_H

#include "base/vector.h"
#include "target/snapshot_writer.h"

/*
 * Blocks on their way: filled by one thread, compressed by others, written out in the order in
 * which they were begun.
 */
struct pipeline_job {
	enum pipeline_state {
		PIPELINE_FREE,
		PIPELINE_FILLING,
		PIPELINE_WAITING,
		PIPELINE_COMPRESSING,
		PIPELINE_DONE,
	} state;
	struct snapshot_block block; /* `raw` and what the block is: set by whoever fills it */
	size_t filtered; /* so many bytes of `raw` are to be filtered, their strides stand behind */
	uint8_t *raw;    /* SNAPSHOT_RAW_MAX bytes */
	uint8_t *stored;
};

struct pipeline_entry {
	uint64_t offset;
	struct snapshot_block block;
};

DEFINE_VECTOR(pipeline_entry_vector, struct pipeline_entry);

struct pipeline;

struct error *pipeline_create(const struct snapshot_writer_options *options, uint64_t offset,
			      struct pipeline **ret) must_use;

/* A free job, once there is one; it is handed on by pipeline_submit(). */
struct error *pipeline_begin(struct pipeline *pipeline, struct pipeline_job **ret) must_use;
void pipeline_submit(struct pipeline *pipeline, struct pipeline_job *job);

/* Wait until everything is written. */
struct error *pipeline_drain(struct pipeline *pipeline) must_use;

/* After a drain: the blocks so far, and where the next one would lie. */
const struct pipeline_entry_vector *pipeline_entries(const struct pipeline *pipeline,
						     uint64_t *ret_offset);
void pipeline_destroy(struct pipeline *pipeline);

#endif
