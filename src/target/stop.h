/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_TARGET_STOP_H
#define DOWSE_TARGET_STOP_H

#include "base/arena.h"
#include "base/vector.h"
#include "target/target.h"

/*
 * Every thread of a process, stopped through ptrace. All of this runs in a tracer's thread (see
 * tracer.h); whatever it leaves attached is let go when that thread ends.
 */
enum stop_state {
	STOP_SEIZED, /* told to stop, has not reported yet */
	STOP_STOPPED,
	STOP_ASLEEP, /* deep in the kernel: it stops before it runs user code again */
	STOP_GONE,
};

struct stop_thread {
	pid_t id;
	enum stop_state state;
	int signal; /* that it was about to take: delivered when it is let go */
};

DEFINE_VECTOR(stop_thread_vector, struct stop_thread);
DEFINE_VECTOR(target_thread_vector, struct target_thread);

struct stop {
	pid_t pid;
	int directory;    /* an open /proc/PID; borrowed */
	int memory;       /* an open /proc/PID/mem; borrowed */
	const char *name; /* for messages; borrowed */

	bool namespaced; /* the process lives in a PID namespace below ours */
	bool with_sets;  /* report all registers of each thread */

	struct stop_thread_vector threads;    /* in the order in which they were found */
	struct target_thread_vector reported; /* the same for those above, without the gone */
	struct arena sets;                    /* the registers of those, if they are wanted */
	bool group_stopped;                   /* by a signal like SIGSTOP, before us */
	unsigned tries;
	uint64_t began_ns; /* CLOCK_MONOTONIC, when the first thread was told to stop */
	uint64_t ended_ns;
};

/*
 * Stop them all, in five tries of 20 ms each, between which the process runs. On failure nothing
 * is stopped.
 */
struct error *stop_begin(struct stop *stop) must_use;

/*
 * Let all go that can be; false when threads asleep in the kernel are left, which stop_linger()
 * or the end of the tracer's thread lets go. `except` stays stopped (0: none).
 */
bool stop_end(struct stop *stop, pid_t except);

/* Let go whoever woke up since; true while some are left. To be called often. */
bool stop_linger(struct stop *stop);

/*
 * Let the process run for a while before it is stopped again. Who has not stopped yet stays
 * attached and is let go as soon as it stops; who is still attached then is known to the next
 * stop_begin().
 */
void stop_rest(struct stop *stop, uint64_t ns);

void stop_pause(const struct stop *stop, struct target_pause *ret);
void stop_deinit(struct stop *stop);

#endif
