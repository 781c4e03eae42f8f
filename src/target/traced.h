/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_TARGET_TRACED_H
#define DOWSE_TARGET_TRACED_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* What a traced thread has to say; never waits. For the tracer's thread alone. */
enum traced_report {
	TRACED_NOTHING, /* it runs */
	TRACED_STOPPED,
	TRACED_GONE,
};

/*
 * *ret_signal and *ret_event (PTRACE_EVENT_...; 0 for a plain signal) are set when it stopped.
 * That a process has ended is left for its parent to learn, even if that parent is ourselves.
 */
enum traced_report traced_poll(pid_t thread, int *ret_signal, int *ret_event);

/* The same, waiting until then (CLOCK_MONOTONIC). TRACED_NOTHING: it has not reported in time. */
enum traced_report traced_await(pid_t thread, uint64_t deadline, int *ret_signal, int *ret_event);

uint64_t traced_now_ns(void);
void traced_sleep_ns(uint64_t ns);

/*
 * PTRACE_SEIZE; 0 or the error's number. A process in the midst of an execve holds the lock that
 * this takes, and waits for its other threads to be taken by their tracer, which may be the one
 * that waits for the lock: so whoever waits here is woken up to take the ends of its threads.
 */
int traced_seize(pid_t thread);

/* Around the life of a thread that calls traced_seize(). */
void traced_begin(void);
void traced_end(void);

#endif
