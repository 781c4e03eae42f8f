/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_TARGET_CORE_WRITER_H
#define DOWSE_TARGET_CORE_WRITER_H

#include "target/target.h"

/*
 * An ELF core, as the kernel would have written it, of a target that stands still: for gdb, Delve
 * and whatever else opens cores. What nobody asked for is not in it: it lies in holes of the file
 * and reads as zeroes.
 */
struct core_source {
	struct target *target; /* whose threads report their register sets */
	pid_t pid;             /* whose /proc/PID says what else a core holds; 0: nobody's */

	/* What is wanted of its memory, in rising order. */
	const struct target_extent *extents;
	size_t extent_count;

	/*
	 * The same with pages that were never touched, which need not be read: a mapping is in the
	 * core up to the last one of both, so that these read as the zeroes that they are and are not
	 * taken for something that is missing. May be empty.
	 */
	const struct target_extent *claimed;
	size_t claimed_count;

	/* Asked every few milliseconds; an error ends the writing. NULL: nobody. */
	struct error *(*check)(void *argument)must_use;
	void *argument;
};

struct core_written {
	uint64_t size;        /* of the file, holes included */
	uint64_t bytes;       /* of memory */
	uint64_t missing;     /* bytes that were wanted and could not be read: zeroes */
	size_t threads_apart; /* that slept in the kernel, whose registers nobody has */
};

struct core_sink {
	const char *name;
	int descriptor; /* of an empty file, that may get holes; -1: `write` takes it all */
	struct error *(*write)(void *argument, const void *bytes, size_t size)must_use;
	void *argument;
};

struct error *core_write(const struct core_source *source, const struct core_sink *sink,
			 struct core_written *ret) must_use;

#endif
