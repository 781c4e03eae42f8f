/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_TARGET_HEADROOM_H
#define DOWSE_TARGET_HEADROOM_H

#include <sys/types.h>

#include "base/error.h"

/*
 * How much more memory a process may use before the kernel starts to kill: in its memory control
 * groups (v1 and v2, every level that can be seen from here or from within its own mounts), and in
 * the whole machine.
 */
struct headroom;

#define HEADROOM_MACHINE "machine"

struct headroom_level {
	const char *path; /* of the group's folder; HEADROOM_MACHINE for the whole */
	uint64_t limit;   /* bytes; UINT64_MAX: none */
	uint64_t used;
	uint64_t reclaimable; /* of that, inactive page cache, which the kernel drops first */
	uint64_t page_cache;  /* UINT64_MAX: unknown */
	uint64_t kernel;      /* slab, page tables and the like; UINT64_MAX: unknown */
	uint64_t left;        /* limit - used + reclaimable, never below 0 */
	bool ours;            /* dowse is in this group too */
};

/* Stays usable when the process ends: it watches the groups. */
struct error *headroom_open(pid_t pid, struct headroom **ret) must_use;
void headroom_destroy(struct headroom *headroom);

static inline void headroom_cleanup(struct headroom **headroom)
{
	headroom_destroy(*headroom);
}

/* Read the numbers again and return the levels, the tightest first. They belong to `headroom`. */
const struct headroom_level *headroom_read(struct headroom *headroom, size_t *ret_count);

/*
 * Would there be room if the process grew by `theirs` and dowse by `ours`? The error names the
 * group and says what it has left and what it would take.
 */
struct error *headroom_check(struct headroom *headroom, uint64_t theirs, uint64_t ours,
			     const char *what) must_use;

/*
 * The most that the process can write to in a second, by what of the processors it has used in a
 * short while: a page cannot be written to and copied in less than 3 µs. Takes `ns` of time, in
 * which nothing is done to the process.
 */
uint64_t headroom_write_rate(pid_t pid, uint64_t ns);

/* A page cannot be written to and copied more often, per second and thread: bytes. */
#define HEADROOM_COPY_RATE ((uint64_t)1365000000)

/* Add one group's folder by hand, as for a tree that is mounted elsewhere. Twice is once. */
struct error *headroom_add(struct headroom *headroom, const char *path, bool ours) must_use;

/* Without any level, to be added to. */
struct error *headroom_create(struct headroom **ret) must_use;

#endif
