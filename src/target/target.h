/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_TARGET_TARGET_H
#define DOWSE_TARGET_TARGET_H

#include <sys/types.h>

#include "base/error.h"
#include "target/registers.h"

/*
 * An address space that can be looked at: a live process, the fork of one, later a core file or
 * a snapshot. Everything above this folder reads memory through these calls alone, so that every
 * analysis works on every kind. A target is used by one thread at a time.
 */
struct target;

struct target_mapping {
	uint64_t start;
	uint64_t end; /* exclusive */
	uint64_t offset;
	bool readable;
	bool writable;
	bool executable;
	bool shared;
	uint64_t device;
	uint64_t inode;   /* 0 for what is not a file */
	const char *path; /* "" when it has none; without the kernel's " (deleted)" */
	bool deleted;
};

/* One piece of a batch of reads. */
struct target_range {
	uint64_t address;
	size_t length;
	void *into;
	bool done; /* set by target_read_ranges(): all `length` bytes are there */
};

/* A piece of the address space that somebody wants. */
struct target_extent {
	uint64_t start;
	uint64_t end; /* exclusive */
};

/*
 * A thread's registers as the kernel hands them out, for those who write core files. The bytes
 * belong to the target and live as long as the thread's entry.
 */
struct target_register_sets {
	const uint8_t *general; /* NT_PRSTATUS's; NULL: not asked for */
	size_t general_size;
	const uint8_t *extended; /* NT_X86_XSTATE, whose head is NT_PRFPREG */
	size_t extended_size;
};

/* A thread that was stopped. */
struct target_thread {
	pid_t id;           /* as dowse sees it */
	pid_t namespace_id; /* as the process itself sees it: what the Go runtime calls procid */
	bool stopped;       /* false: asleep in the kernel, it runs no user code; no registers */
	struct registers registers;
	struct target_register_sets sets;
};

/* What a stop cost. */
struct target_pause {
	uint64_t nanoseconds; /* from the first thread's stop to the last one's release */
	size_t threads;
	size_t unstopped; /* threads that sleep in the kernel and were left alone */
	unsigned tries;
};

/* All or nothing; ERROR_FAULT names the address that cannot be read. */
struct error *target_read(struct target *target, uint64_t address, void *ret, size_t length)
	must_use;

/*
 * Many reads at once, with few system calls; the order of ranges is kept, it is quickest when
 * their addresses rise. What cannot be read is no error: its `done` stays false and its bytes are
 * undefined. An error is returned only when the target as a whole is gone.
 */
struct error *target_read_ranges(struct target *target, struct target_range *ranges, size_t count)
	must_use;

/* Read again at each call for a process; the array belongs to the target until the next call. */
struct error *target_mappings(struct target *target, const struct target_mapping **ret,
			      size_t *ret_count) must_use;

/*
 * Open the file behind a mapping, wherever it is now: through /proc, so that it works for a
 * replaced executable and in another mount namespace. ERROR_NOT_FOUND when there is none to be had.
 */
struct error *target_open_file(struct target *target, const struct target_mapping *mapping,
			       int *ret) must_use;

/*
 * Which of `count` pages of 4 KiB from the address `page` on can hold anything but zeroes: the
 * others were never touched, and need not be read.
 */
struct error *target_present(struct target *target, uint64_t page, size_t count, bool *ret)
	must_use;

/*
 * What a file descriptor of the target is, where the target itself knows (a snapshot does): else
 * ERROR_NOT_FOUND. Strings belong to the target.
 */
struct descriptor;
struct error *target_descriptor(struct target *target, int number, struct descriptor *ret) must_use;

/*
 * What is known of the target beside its memory, by name, where somebody wrote it down (a snapshot
 * has it, see docs/snapshot.md); NULL else.
 */
const char *target_fact(const struct target *target, const char *name);

/*
 * Stop every thread, and let go again. Between the two, memory does not change. What cannot run
 * (a core, a fork) is always stopped: both do nothing. target_release() never fails: whatever
 * happens, the process goes on. *ret_pause may be NULL. Destroying a target releases it too.
 */
struct error *target_stop(struct target *target) must_use;
void target_release(struct target *target, struct target_pause *ret_pause);

/* Does it go on while it is looked at? False for a core, a fork: what cannot run. */
bool target_runs(const struct target *target);

/* The threads of a stopped target; the array belongs to the target until it is released. */
const struct target_thread *target_threads(const struct target *target, size_t *ret_count);

/* What it is called in messages: "shop (pid 4242)". */
const char *target_name(const struct target *target);

/* The process's id, as dowse sees it; 0 when there is none. */
pid_t target_pid(const struct target *target);

/* The present of the target in nanoseconds of CLOCK_MONOTONIC, which Go's nanotime() counts. */
uint64_t target_now(const struct target *target);

void target_destroy(struct target *target);

static inline void target_cleanup(struct target **target)
{
	target_destroy(*target);
}

/* A number at an address. */
struct error *target_read_u64(struct target *target, uint64_t address, uint64_t *ret) must_use;

#endif
