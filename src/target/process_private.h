/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_TARGET_PROCESS_PRIVATE_H
#define DOWSE_TARGET_PROCESS_PRIVATE_H

#include "target/maps.h"
#include "target/memory.h"
#include "target/operations.h"
#include "target/process.h"
#include "target/procfs.h"
#include "target/stop.h"
#include "target/tracer.h"

/* A live process, and what a fork of one has in common with it. For process.c, fork.c and delegate.c
 * alone. */
struct process {
	struct target target; /* must be first */
	pid_t pid;
	int directory; /* an open /proc/PID */
	struct memory memory;
	struct maps maps;      /* as last asked for */
	bool register_sets;    /* to be reported at a stop */
	bool namespaced;       /* it lives in a PID namespace below ours */
	int pagemap;           /* -1: cannot be had; -2: not opened yet */
	int64_t clock_offset;  /* its CLOCK_MONOTONIC less ours */
	struct tracer *tracer; /* while it is stopped; NULL while it runs */
	bool delegated;        /* stopped by the delegate; then there is no tracer */
	struct stop stop;      /* valid while it is stopped */
};

static inline struct process *process_of(struct target *target)
{
	return (struct process *)target;
}

static inline const struct process *process_of_const(const struct target *target)
{
	return (const struct process *)target;
}

static inline bool process_is_stopped(const struct process *process)
{
	return process->tracer || process->delegated;
}

/* Refuses what is no process with a memory of its own: threads, kernel threads, zombies. */
struct error *process_check(const struct process_facts *facts, const char *name) must_use;

/* Everything but the operations: with a name, descriptors and checks. Half-built on failure. */
struct error *process_init(struct process *process, pid_t pid) must_use;
void process_deinit(struct process *process);

/* Operations that a process and its fork share. */
struct error *process_read_ranges(struct target *target, struct target_range *ranges, size_t count)
	must_use;
struct error *process_mappings(struct target *target, const struct target_mapping **ret,
			       size_t *ret_count) must_use;
struct error *process_present(struct target *target, uint64_t page, size_t count, bool *ret)
	must_use;
struct error *process_open_file(struct target *target, const struct target_mapping *mapping,
				int *ret) must_use;

#endif
