/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_TEST_TARGET_VICTIM_H
#define DOWSE_TEST_TARGET_VICTIM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Programs that know what was done to them: children of the test that count their own progress
 * and everything that went wrong, in memory that they share with the test.
 */
struct victim_report {
	_Atomic uint64_t progress; /* rises as long as it runs */
	_Atomic uint64_t faults;   /* registers changed, calls disturbed, ... */
	_Atomic uint64_t threads;  /* that it has at least, once it is ready */
	_Atomic uint64_t births;   /* threads or children made */
	_Atomic int64_t fault_detail;
	_Atomic uint64_t value; /* what a body wants to tell besides */
	_Atomic bool ready;
	_Atomic bool stop;
};

struct victim {
	pid_t pid;
	struct victim_report *report;
};

/* Run `body` in a child that is killed with victim_end(). Waits until it is ready. */
struct victim victim_start(void (*body)(struct victim_report *report, long argument),
			   long argument);
/* In a control group from its first page on. */
struct group;
struct victim victim_start_in(const struct group *group,
			      void (*body)(struct victim_report *report, long argument),
			      long argument);
void victim_end(struct victim *victim);
void victim_sleep_ms(long ms);

/* Bodies. */
void victim_idle(struct victim_report *report, long threads);      /* asleep on a futex each */
void victim_births(struct victim_report *report, long unused);     /* threads come and go */
void victim_registers(struct victim_report *report, long unused);  /* one thread, no system call */
void victim_calls(struct victim_report *report, long unused);      /* asleep in many calls */
void victim_vfork(struct victim_report *report, long posix_spawn); /* mostly inside vfork */
void victim_exec(struct victim_report *report, long us); /* starts itself anew after so long */
void victim_writer(struct victim_report *report, long mebibytes); /* writes to all of it */
/* Filters that refuse new processes; the argument is the seccomp action. Has futex sleepers. */
void victim_filtered(struct victim_report *report, long action);
void victim_no_leader(struct victim_report *report, long unused); /* its main thread has ended */

/* For victim_exec(): to be called first in main(). */
void victim_main(int argc, char **argv);

/* Does it make progress? Patiently: the machine may have other work. */
bool victim_advances(const struct victim *victim);

/* What /proc says: no thread stopped, nobody tracing. A line for the reader if not. */
const char *victim_trouble(const struct victim *victim);

/* The test fails unless all is well with it, and unless it has no children. */
void victim_check(const struct victim *victim);
void victim_check_childless(const struct victim *victim);

/* Where victim_writer() writes. */
struct target;
uint64_t victim_written_region(struct target *target, size_t size);

/*
 * One moment of a program that never stands still: victim_writer() writes the number of its round
 * to each page in turn, so at any moment a first part has it and the rest has the one before.
 * The round; the test fails if it was no such moment.
 */
uint64_t victim_moment(const uint64_t *words, size_t size);

/* Children of the process by state: zombies, and anything else. */
unsigned victim_children(pid_t pid, unsigned *ret_zombies);

unsigned descriptors_open(void);

#endif
