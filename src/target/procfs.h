/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_TARGET_PROCFS_H
#define DOWSE_TARGET_PROCFS_H

#include <sys/types.h>

#include "base/error.h"

/*
 * What the kernel says of a process in /proc, without touching it. Paths are relative to an open
 * /proc/PID, so that a process id that is used again is never taken for the old process.
 */
struct process_facts {
	pid_t pid;
	pid_t thread_group; /* differs from pid when that is a mere thread's id */
	pid_t parent;
	pid_t inner_pid; /* what it is called in its own PID namespace; pid itself if the same */
	pid_t tracer;    /* 0: nobody */
	uid_t uid;       /* effective */
	uid_t real_uid;
	char name[64]; /* of the main thread, at most 15 bytes by the kernel; printable */
	char state;    /* R S D T t Z X I, of the main thread */
	bool kernel_thread;
	bool zombie;            /* ended, waiting for its parent to take notice */
	bool main_thread_ended; /* the others go on: its memory is found through them */
	bool stopped;           /* by a signal, as SIGSTOP does */
	unsigned threads;
	uint64_t age_ns;      /* since it started */
	uint64_t start_ticks; /* as in /proc/PID/stat: with pid it names a process for ever */
	uint64_t resident;    /* bytes */
	uint64_t resident_anonymous;
	uint64_t swapped;
	uint64_t resident_peak;
	uint64_t page_tables;  /* bytes; charged once more by a fork */
	int seccomp;           /* 0 none, 1 strict, 2 filter; -1 unknown */
	int no_new_privs;      /* -1 unknown */
	uint64_t capabilities; /* effective */
	uint64_t capabilities_permitted;
	int exit_signal;   /* what its parent gets when it ends */
	int exit_code;     /* of a zombie, as wait() has it; 0 unless dowse may look into it */
	bool shadow_stack; /* the processor checks return addresses */
};

struct error *process_facts_read(pid_t pid, struct process_facts *ret) must_use;

/* The same from an open /proc/PID. */
struct error *process_facts_read_at(int directory, pid_t pid, struct process_facts *ret) must_use;

/*
 * The command line with spaces between the words, control characters replaced, at most `limit`
 * bytes; "" for a kernel thread or where it cannot be read. To be freed.
 */
struct error *process_command_line(pid_t pid, size_t limit, char **ret) must_use;

struct process_executable {
	char *path; /* where it was when it was started, without " (deleted)"; owned; NULL unknown */
	bool deleted;  /* that file is gone ... */
	bool replaced; /* ... or, another one has taken its place, as a deployment does */
};

struct error *process_executable_read(pid_t pid, struct process_executable *ret) must_use;
void process_executable_deinit(struct process_executable *executable);

/* Does the process live in another namespace ("pid", "mnt", "user", "time", "cgroup") than dowse? */
bool process_in_other_namespace(pid_t pid, const char *kind);

/* Open /proc/PID for paths below it. ERROR_NOT_FOUND when there is no such process. */
struct error *procfs_open(pid_t pid, int *ret) must_use;

/*
 * Why something in /proc/PID could not be read, if it could not: the process has ended, unless it
 * was memory of our own that was short. Takes error over; NULL stays NULL.
 */
struct error *procfs_gone(struct error *error, const char *name) must_use;

/* Open a file of a thread, "task/ID/`what`" of an open /proc/PID: -1 and errno when refused. */
int procfs_open_at_thread(int directory, pid_t thread, const char *what, int flags);

/* One thread's state letter and flags; false when it is gone. */
bool procfs_thread_state(int directory, pid_t thread, char *ret_state, uint64_t *ret_flags);

/* A thread's id in its own PID namespace; 0 when it is gone. */
pid_t procfs_thread_namespace_id(int directory, pid_t thread);

/* Every process id in /proc, in rising order; to be freed. */
struct error *procfs_list(pid_t **ret, size_t *ret_count) must_use;

/* The ids below an open directory ("task" of an open /proc/PID), in its order; to be freed. */
struct error *procfs_list_at(int directory, const char *path, pid_t **ret, size_t *ret_count)
	must_use;

/* The difference between the process's CLOCK_MONOTONIC and ours (time namespaces), nanoseconds. */
int64_t procfs_clock_offset(int directory);

#endif
