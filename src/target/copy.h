/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_TARGET_COPY_H
#define DOWSE_TARGET_COPY_H

#include "target/target.h"

/*
 * Pieces of a stopped target, copied into dowse's own memory: a target that never changes and of
 * which nothing else can be read. It is for where the kernel or the process allows no fork. The
 * process stands still while it is copied, so a caller asks target_copy_check() before the stop.
 */
struct target_copy_limits {
	uint64_t max_memory;   /* bytes; 0: no limit but what is left here */
	uint64_t max_pause_ns; /* 0: no limit */
};

/* How long a process stands still while so much of it is copied, beside the stop itself. */
uint64_t target_copy_estimate(uint64_t bytes);

/* ERROR_LIMIT when `bytes` of it are more than allowed, or than there is memory left for. */
struct error *target_copy_check(const struct target *target, uint64_t bytes,
				const struct target_copy_limits *limits) must_use;

/*
 * Copy the extents, in any order; what overlaps is copied once, what was never touched takes no room
 * and reads as zeroes, and what cannot be read is left out, page by page. The copy has the name, PID, time, threads and mappings of the moment. Files
 * are opened through the origin, which must outlive the copy; it may be released at once.
 */
struct error *target_copy(struct target *stopped, const struct target_extent *extents, size_t count,
			  uint64_t max_memory, struct target **ret) must_use;

/* How much it holds. */
uint64_t target_copy_bytes(const struct target *copy);

#endif
