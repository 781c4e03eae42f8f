/* SPDX-License-Identifier: Apache-2.0 */
#include "target/reap.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/file.h"
#include "base/vector.h"
#include "target/procfs.h"
#include "target/traced.h"
#include "target/tracer.h"

#define STOP_NS     200000000u /* nobody waits meanwhile: the thread runs until it stops */
#define ROUNDS      4
#define TRACERS     3
#define THREADS_MAX 64 /* tried in a round */

enum borrowed { BORROWED, UNFIT, LOST };

/* Stop one thread alone. LOST: it has not stopped, and only the tracer's end lets go of it. */
static enum borrowed borrow(pid_t thread)
{
	if (traced_seize(thread))
		return UNFIT;
	ptrace(PTRACE_INTERRUPT, thread, NULL, NULL);
	int signal, event;
	switch (traced_await(thread, traced_now_ns() + STOP_NS, &signal, &event)) {
	case TRACED_NOTHING:
		return LOST;
	case TRACED_GONE:
		return UNFIT;
	case TRACED_STOPPED:
		break;
	}
	if (event == PTRACE_EVENT_STOP && signal == SIGTRAP &&
	    machine_thread_fitness(thread) != MACHINE_UNFIT)
		return BORROWED;
	ptrace(PTRACE_DETACH, thread, NULL, (void *)(intptr_t)(event ? 0 : signal));
	return UNFIT;
}

/* Have one thread wait for the zombie. *ret_over: the tracer must end before anything else. */
static bool reap_with(struct injection *injection, pid_t thread, bool *ret_over)
{
	enum borrowed borrowed = borrow(thread);
	*ret_over = false;
	if (borrowed != BORROWED)
		return false;
	struct error *error = injection_run(injection, thread);
	*ret_over = injection->lost;
	if (!injection->lost)
		ptrace(PTRACE_DETACH, thread, NULL, NULL);
	/* A child that is not there is as good as one that was reaped. */
	return error_ignore(error) &&
	       (injection->result == injection->call.child || injection->result == -ECHILD);
}

bool reap_zombie(struct injection *injection, pid_t inner, pid_t preferred)
{
	bool over = false;

	injection->call = (struct machine_call){ .kind = MACHINE_CALL_REAP, .child = inner };
	injection->forked = NULL;
	if (preferred && reap_with(injection, preferred, &over))
		return true;
	for (unsigned round = 0; round < ROUNDS && !over; round++) {
		_cleanup_(free_pointer) pid_t *ids = NULL;
		size_t count;
		if (round)
			traced_sleep_ns(5000000u * round);
		if (!error_ignore(procfs_list_at(injection->directory, "task", &ids, &count)))
			return true; /* it has ended, and init reaps */
		for (size_t i = 0; i < MIN(count, (size_t)THREADS_MAX) && !over; i++) {
			if (reap_with(injection, ids[i], &over))
				return true;
		}
	}
	return false;
}

/* A zombie without an exit signal, that was killed or has our status: a fork of ours. */
static bool is_leftover(pid_t child)
{
	struct process_facts facts;
	return error_ignore(process_facts_read(child, &facts)) && facts.zombie &&
	       facts.exit_signal == 0 &&
	       (facts.exit_code == SIGKILL || facts.exit_code == MACHINE_FORK_STATUS << 8);
}

/* A fork that was born to the thread that asks, as it traces the one that made it. */
static bool is_traced_by_us(pid_t child)
{
	struct process_facts facts;
	return error_ignore(process_facts_read(child, &facts)) && !facts.zombie &&
	       facts.exit_signal == 0 && facts.tracer == (pid_t)syscall(SYS_gettid);
}

static struct error *find_children(int directory, bool (*is_wanted)(pid_t child),
				   struct u64_vector *ret)
{
	_cleanup_(free_pointer) pid_t *ids = NULL;
	size_t count;

	TRY(procfs_list_at(directory, "task", &ids, &count));
	for (size_t i = 0; i < count; i++) {
		_cleanup_(file_bytes_deinit) struct file_bytes file = { 0 };
		_cleanup_(close_descriptor) int children =
			procfs_open_at_thread(directory, ids[i], "children", O_RDONLY);
		if (children < 0 || !error_ignore(file_read_descriptor(children, "children",
								       (size_t)1 << 24, &file)))
			continue;
		char *position = (char *)file.bytes;
		for (;;) {
			char *end;
			uint64_t child = strtoull(position, &end, 10);
			if (end == position)
				break;
			position = end;
			if (is_wanted((pid_t)child))
				TRY(u64_vector_append(ret, &child));
		}
	}
	return NULL;
}

/*
 * Free what a killed process holds at once and by ourselves, instead of when it is its turn to run:
 * the control group may be about to overflow.
 */
static void release_memory(pid_t id)
{
	_cleanup_(close_descriptor) int handle = (int)syscall(SYS_pidfd_open, id, 0);
	if (handle >= 0)
		syscall(SYS_process_mrelease, handle, 0);
}

void reap_kill(pid_t fork)
{
	int status;
	kill(fork, SIGKILL);
	release_memory(fork);
	while (waitpid(fork, &status, __WALL) == fork && !WIFSIGNALED(status) &&
	       !WIFEXITED(status)) {
	}
}

void reap_kill_unknown(int directory)
{
	_cleanup_(u64_vector_deinit) struct u64_vector children = { 0 };
	if (!error_ignore(find_children(directory, is_traced_by_us, &children)))
		return;
	for (size_t i = 0; i < children.count; i++)
		reap_kill((pid_t)children.items[i]);
}

bool reap_is_needed(int directory)
{
	_cleanup_(u64_vector_deinit) struct u64_vector children = { 0 };
	return error_ignore(find_children(directory, is_leftover, &children)) && children.count;
}

unsigned reap_leftovers(struct injection *injection)
{
	_cleanup_(u64_vector_deinit) struct u64_vector children = { 0 };
	unsigned reaped = 0;

	if (!error_ignore(find_children(injection->directory, is_leftover, &children)))
		return 0;
	for (size_t i = 0; i < children.count; i++) {
		struct process_facts facts;
		if (!error_ignore(process_facts_read((pid_t)children.items[i], &facts)))
			continue;
		/* Its innermost id is the one that its parent knows, as both live in there. */
		reaped += reap_zombie(injection, facts.inner_pid, 0);
		if (injection->lost)
			break;
	}
	return reaped;
}

static struct error *leftovers_job(void *argument)
{
	reap_leftovers(argument);
	return NULL;
}

void reap_apart(struct injection *injection)
{
	/* A thread that did not stop in time is free to be asked again once its tracer has ended. */
	for (unsigned i = 0; i < TRACERS && reap_is_needed(injection->directory); i++) {
		struct tracer *tracer;
		if (!error_ignore(tracer_create(&tracer)))
			return;
		error_destroy(tracer_run(tracer, leftovers_job, injection));
		tracer_destroy(tracer);
	}
}
