/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_RUNTIME_RUNTIME_H
#define DOWSE_RUNTIME_RUNTIME_H

#include "binary/module.h"
#include "model/goroutine.h"
#include "target/target.h"

/*
 * The Go runtime inside a target: where its globals are and how its structures are laid out.
 * Opening one reads the executable and a few words of memory, and stops nothing.
 */
struct runtime;

struct error *runtime_open(struct target *target, struct runtime **ret) must_use;
void runtime_destroy(struct runtime *runtime);

const struct binary *runtime_binary(const struct runtime *runtime);
struct target *runtime_target(const struct runtime *runtime);

/* See binary_borrow_debug(): before the heap is looked at. */
void runtime_borrow_debug(struct runtime *runtime, const struct runtime *lender);

/*
 * From now on read another target of the same process, at the same addresses: a fork of it, a copy.
 * It must outlive the runtime, or be exchanged again.
 */
void runtime_look_at(struct runtime *runtime, struct target *target);

/*
 * The same for a copy that does not have all: descriptors of types, which never change but may lie
 * anywhere, are still read where they were.
 */
void runtime_look_at_copy(struct runtime *runtime, struct target *copy);

/* What the user should know before trusting the answers, one line each: an unknown release, ... */
const char *const *runtime_warnings(const struct runtime *runtime, size_t *ret_count);

/* The runtime's globals that dowse uses; how each is found stands in globals.c. */
enum runtime_global {
	GLOBAL_ALLGS, /* runtime.allgs: a slice of *g */
	GLOBAL_ALLGLEN,
	GLOBAL_ALLGPTR,
	GLOBAL_ALLP, /* a slice of *p */
	GLOBAL_ALLM,
	GLOBAL_SCHED,
	GLOBAL_MHEAP,
	GLOBAL_GC_CONTROLLER,
	GLOBAL_WORK,
	GLOBAL_MEMSTATS,
	GLOBAL_SEMTABLE,
	GLOBAL_WAIT_REASONS, /* runtime.waitReasonStrings */
	GLOBAL_MEM_PROFILE_RATE,
	GLOBAL_COUNT,
};

/* The address of a global, 0 when it was not found. */
uint64_t runtime_global(const struct runtime *runtime, enum runtime_global global);

struct runtime_goroutines_options {
	bool no_stop;    /* read the running process; the result is marked as torn */
	bool standing;   /* the caller has stopped the target, and lets go of it: do neither */
	bool with_waits; /* what each one waits for, descriptors included */
	bool arguments;  /* keep what runtime_dump_goroutine() needs for the arguments of calls */
	uint64_t
		max_pause_ns; /* refuse (ERROR_LIMIT) to stop it for longer than that; 0: no limit */
};

/*
 * Every goroutine. The target is stopped while memory is copied and goes on while it is decoded.
 */
struct error *runtime_goroutines(struct runtime *runtime,
				 const struct runtime_goroutines_options *options,
				 struct goroutines **ret) must_use;
void runtime_goroutines_destroy(struct goroutines *goroutines);
/* Let go of the bytes that they were made from, which only runtime_dump_goroutine() still needs. */
void runtime_goroutines_settle(struct goroutines *goroutines);

static inline void runtime_cleanup(struct runtime **runtime)
{
	runtime_destroy(*runtime);
}

static inline void runtime_goroutines_cleanup(struct goroutines **goroutines)
{
	runtime_goroutines_destroy(*goroutines);
}

#endif
