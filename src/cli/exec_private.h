/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_CLI_EXEC_PRIVATE_H
#define DOWSE_CLI_EXEC_PRIVATE_H

#include <signal.h>

#include "base/file.h"
#include "cli/cli.h"
#include "runtime/watch.h"
#include "target/spawn.h"

/* What the workers of `dowse exec` tell it, in memory that all of them share. */
struct exec_told {
	struct watch_plan plan;
	char program[512];   /* the package that is tested; "" unknown */
	char problem[512];   /* "" none */
	uint64_t goroutines; /* that are not the runtime's own, nor the one that ends the program */
	uint64_t restless;   /* of those: that run, or could */
	bool one_processor;  /* of GOMAXPROCS: who is left cannot be told from who had no chance */
	bool goes_on;        /* where a round of tests began, since it was asked to wait there */
	bool fails;          /* some findings are at or above --fail-on */
};

/* One `dowse exec`: a program, and what is shared with it. */
struct exec {
	struct invocation *invocation;
	char *const *arguments; /* of the program, NULL-terminated */
	struct spawned spawned;
	int area_file;    /* the memory that is shared with the program */
	uint8_t *area;    /* the same, here */
	uint64_t address; /* and there */
	struct watch_header *header;
	struct exec_told *told;
	bool shares_told; /* with the workers; else nothing is ever told there */
	bool watched;     /* its end is going to be told */
	bool marked;      /* its output is for test2json, which takes it apart by test */
	bool looked;      /* at its end, or right before it was told to end */
	int status;       /* of the program, as wait() has it */
	bool ended;
	/* What was held at the beginning of the rounds of tests that are `header->stops`. */
	struct file_bytes rounds[WATCH_STOPS];
	sigset_t signals_before;          /* that were blocked when dowse began */
	struct sigaction children_before; /* what SIGCHLD was to do */
};

/*
 * Before there is a program: signals that are to be passed on wait until exec_wait(), so that none
 * finds dowse unprepared. In the new process exec_signals_restore() undoes it.
 */
void exec_signals_hold(struct exec *exec);
void exec_signals_restore(const struct exec *exec);

/* A line on standard error. */
void exec_warn(const char *what, const char *why);

/* Let the worker find out what to change in the program, and change it. */
struct error *exec_watch(struct exec *exec) must_use;

/* The code in the area is made: from now on it can be read here, and not be written. */
struct error *exec_area_settle(struct exec *exec) must_use;

enum exec_moment {
	EXEC_AT_EXIT,
	EXEC_BEFORE_SIGNAL, /* that will end it */
	EXEC_MEANWHILE,
};

/*
 * Look at the program. What there is to say is written into memory files: `ret_text` for the eye, and
 * `ret_json` when --out asks for it; -1 when there is nothing.
 */
struct exec_look {
	int text;
	int json;
};

#define EXEC_LOOK_NONE ((struct exec_look){ .text = -1, .json = -1 })

struct error *exec_look(struct exec *exec, enum exec_moment moment, struct exec_look *ret) must_use;
void exec_look_deinit(struct exec_look *look);

/* Print it, and put the JSON where it belongs. */
struct error *exec_tell(struct exec *exec, const struct exec_look *look) must_use;

/* Until the program has ended: what is to be done at its end, and meanwhile. */
struct error *exec_wait(struct exec *exec) must_use;

/*
 * Of tests that are run three times or more: before which rounds the program is to wait, by its
 * arguments; and, when it does, keep what is held, and let it go on.
 */
void exec_rounds_plan(struct exec *exec);
void exec_rounds_keep(struct exec *exec);
bool exec_rounds_wait(const struct exec *exec);
void exec_rounds_deinit(struct exec *exec);

/* Memory for what a worker writes. */
struct error *exec_memory_open(int *ret) must_use;

/* What a worker ends with: the error goes to who waits for it. */
int exec_work_status(struct exec *exec, struct error *error);

/* Have a worker do something with the program. */
struct error *exec_work(struct exec *exec, int (*run)(void *argument), void *argument,
			const int *outputs, size_t output_count) must_use;

#endif
