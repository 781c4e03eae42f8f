/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_TARGET_SNAPSHOT_WRITER_H
#define DOWSE_TARGET_SNAPSHOT_WRITER_H

#include "target/snapshot_format.h"
#include "target/target.h"

/*
 * Writes a snapshot from its beginning to its end: sections of facts, then memory by rising
 * addresses, then the end. Blocks are compressed by threads of its own while the next ones are
 * filled; what comes out goes to `write` in order, from one thread at a time. The memory that it
 * takes does not depend on how much is written, but for 40 bytes a block.
 */
struct snapshot_writer;

struct snapshot_writer_options {
	/* An error ends all writing; it comes back from the next call here. */
	struct error *(*write)(void *argument, const void *bytes, size_t size)must_use;
	void *argument;
	uint32_t flags; /* SNAPSHOT_WITH_DATA */
	int level;      /* of zstd; 0: the usual one */
};

struct error *snapshot_writer_create(const struct snapshot_writer_options *options,
				     struct snapshot_writer **ret) must_use;

/* One block of records, at most SNAPSHOT_RAW_MAX bytes. */
struct error *snapshot_writer_section(struct snapshot_writer *writer, enum snapshot_kind kind,
				      const void *bytes, size_t size) must_use;

/* What the memory came to. */
struct snapshot_memory {
	uint64_t bytes;   /* with contents */
	uint64_t zeroes;  /* known to be zero */
	uint64_t missing; /* wanted, but could not be read */
};

/*
 * The contents of an extent, which lies behind all that were written before it. What cannot be
 * read is counted as missing. `check` is asked every few milliseconds (NULL: nobody).
 */
struct error *snapshot_writer_memory(struct snapshot_writer *writer, struct target *target,
				     const struct target_extent *extents, size_t count,
				     struct error *(*check)(void *argument), void *argument)
	must_use;

/*
 * All memory has been given: the last of it is read. The target is not needed any more. After a
 * failure of snapshot_writer_memory() it may be NULL: what was read until then is kept.
 */
struct error *snapshot_writer_memory_end(struct snapshot_writer *writer, struct target *target,
					 struct snapshot_memory *ret) must_use;

/* The index and the trailer; *ret_size is the whole file's. */
struct error *snapshot_writer_finish(struct snapshot_writer *writer, uint64_t *ret_size) must_use;

/* NULL is accepted. */
void snapshot_writer_destroy(struct snapshot_writer *writer);

static inline void snapshot_writer_cleanup(struct snapshot_writer **writer)
{
	snapshot_writer_destroy(*writer);
}

#endif
