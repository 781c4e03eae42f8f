/* SPDX-License-Identifier: Apache-2.0 */
#include "target/stop.h"

#include <errno.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

#include "base/file.h"
#include "target/machine.h"
#include "target/permission.h"
#include "target/procfs.h"
#include "target/traced.h"

/*
 * PTRACE_SEIZE attaches without a stop, PTRACE_INTERRUPT stops without a signal: what the thread
 * does in the kernel is restarted as if nothing had been. A thread that is born meanwhile shows up
 * in /proc/PID/task before its creator reports its stop, so the list is read again until it holds
 * nobody new.
 *
 * A thread that sleeps uninterruptibly (vfork's parent, a slow disk) does not report. It needs
 * not: the stop is pending and the kernel looks at it before the thread returns to user code.
 */
#define BUDGET_NS        20000000u
#define THREAD_NS        25000u /* a thousand must each be woken up to stop */
#define TRIES            5
#define VFORK_AFTER_NS   1000000u /* look at the state of who has not reported for so long */
#define ASLEEP_AFTER_NS  5000000u /* a sleeper's registers are worth so much waiting */
#define SPIN_NS          200000u  /* how long to wait without giving the processor up */
#define FLAG_IO_WORKER   0x00000010u
#define FLAG_USER_WORKER 0x00004000u
#define FLAG_KERNEL      0x00200000u

/* A thread that refuses to be traced because it is none of the program's, or has ended. */
static bool thread_is_nobody(const struct stop *stop, pid_t id)
{
	char state;
	uint64_t flags;
	if (!procfs_thread_state(stop->directory, id, &state, &flags))
		return true;
	return state == 'Z' || state == 'X' ||
	       (flags & (FLAG_IO_WORKER | FLAG_USER_WORKER | FLAG_KERNEL));
}

/* The kernel lists threads in the order of their birth: the next one is where the last one was + 1. */
static bool stop_knows(const struct stop *stop, size_t *hint, pid_t id)
{
	for (size_t n = 0; n < stop->threads.count; n++) {
		size_t i = (*hint + n) % stop->threads.count;
		if (stop->threads.items[i].id == id) {
			*hint = i + 1;
			return true;
		}
	}
	return false;
}

/* Attach to whoever is new. *ret_from is the index of the first of them. */
static struct error *seize_new(struct stop *stop, size_t *ret_from)
{
	_cleanup_(free_pointer) pid_t *ids = NULL;
	size_t count = 0, hint = 0;

	*ret_from = stop->threads.count;
	TRY(procfs_gone(procfs_list_at(stop->directory, "task", &ids, &count), stop->name));
	for (size_t i = 0; i < count; i++) {
		if (stop_knows(stop, &hint, ids[i]))
			continue;
		struct stop_thread thread = { .id = ids[i], .state = STOP_SEIZED };
		TRY(stop_thread_vector_reserve(&stop->threads, stop->threads.count + 1));
		int why = traced_seize(ids[i]);
		if (why) {
			if (why != ESRCH && !thread_is_nobody(stop, ids[i]))
				return permission_error(stop->pid, stop->name, why);
			continue;
		}
		TRY(stop_thread_vector_append(&stop->threads, &thread));
	}
	return NULL;
}

/* Take the report of a thread, if there is one. */
static void thread_poll(struct stop *stop, struct stop_thread *thread)
{
	int signal, event;
	enum traced_report report = traced_poll(thread->id, &signal, &event);
	if (report == TRACED_NOTHING)
		return;
	if (report == TRACED_GONE) {
		thread->state = STOP_GONE;
		return;
	}
	thread->state = STOP_STOPPED;
	if (event == PTRACE_EVENT_STOP)
		stop->group_stopped |= signal != SIGTRAP;
	else if (event == 0)
		thread->signal = signal;
}

enum sleep_kind {
	SLEEP_NONE,     /* it runs, or makes another thread, which would be born running */
	SLEEP_SHORT,    /* for a lock or a page of the kernel's: most likely over soon */
	SLEEP_IN_VFORK, /* until its child is done, which may be never */
};

static enum sleep_kind thread_sleep(const struct stop *stop, pid_t id)
{
	_cleanup_(file_bytes_deinit) struct file_bytes file = { 0 };
	char path[64], state;
	uint64_t flags;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/syscall", stop->pid, id);
	if (!procfs_thread_state(stop->directory, id, &state, &flags) || state != 'D')
		return SLEEP_NONE;
	if (!error_ignore(file_read(path, 4096, &file)))
		return SLEEP_SHORT;
	char *end;
	long number = strtol((const char *)file.bytes, &end, 10);
	flags = strtoull(end, NULL, 16);
	if (number == SYS_clone3 &&
	    pread(stop->memory, &flags, sizeof(flags), (off_t)flags) != sizeof(flags))
		return SLEEP_NONE;
	if (number == SYS_clone || number == SYS_clone3)
		return flags & CLONE_VFORK ? SLEEP_IN_VFORK : SLEEP_NONE;
	return number == SYS_vfork ? SLEEP_IN_VFORK : SLEEP_SHORT;
}

/* Does a thread that has not reported for so long count as asleep? */
static bool thread_is_asleep(const struct stop *stop, pid_t id, uint64_t waited_ns)
{
	if (waited_ns < VFORK_AFTER_NS)
		return false;
	enum sleep_kind sleep = thread_sleep(stop, id);
	return sleep == SLEEP_IN_VFORK || (sleep == SLEEP_SHORT && waited_ns >= ASLEEP_AFTER_NS);
}

/* Wait for the reports of the threads from an index on; false when the time is over. */
static bool await_reports(struct stop *stop, size_t from)
{
	uint64_t since = traced_now_ns(),
		 deadline = stop->began_ns + BUDGET_NS + stop->threads.count * THREAD_NS;

	for (;;) {
		size_t pending = 0;
		uint64_t now = traced_now_ns();
		for (size_t i = from; i < stop->threads.count; i++) {
			struct stop_thread *thread = &stop->threads.items[i];
			if (thread->state != STOP_SEIZED)
				continue;
			thread_poll(stop, thread);
			if (thread->state == STOP_SEIZED &&
			    thread_is_asleep(stop, thread->id, now - since))
				thread->state = STOP_ASLEEP;
			pending += thread->state == STOP_SEIZED;
		}
		if (!pending)
			return true;
		if (now > deadline)
			return false;
		if (now - since < SPIN_NS)
			sched_yield();
		else
			traced_sleep_ns(20000);
	}
}

/* One try. On failure what was stopped is still stopped. */
static struct error *try_once(struct stop *stop, bool *ret_all)
{
	bool first = true; /* with those whom an earlier try has left attached */
	*ret_all = false;
	for (;; first = false) {
		size_t from;
		struct error *error = seize_new(stop, &from);
		if (error)
			return error;
		if (first) {
			from = 0;
			stop->began_ns = traced_now_ns();
		}
		if (from == stop->threads.count)
			break;
		for (size_t i = from; i < stop->threads.count; i++)
			ptrace(PTRACE_INTERRUPT, stop->threads.items[i].id, NULL, NULL);
		if (!await_reports(stop, from))
			return NULL;
	}
	*ret_all = true;
	return NULL;
}

static void thread_let_go(struct stop_thread *thread)
{
	if (ptrace(PTRACE_DETACH, thread->id, NULL, (void *)(intptr_t)thread->signal) == 0)
		thread->state = STOP_GONE;
	else
		thread->state = STOP_SEIZED; /* killed meanwhile: its end is still to be taken */
}

bool stop_end(struct stop *stop, pid_t except)
{
	bool all = true;
	for (size_t i = 0; i < stop->threads.count; i++) {
		struct stop_thread *thread = &stop->threads.items[i];
		if (thread->state == STOP_STOPPED && thread->id != except)
			thread_let_go(thread);
		all &= thread->state == STOP_GONE || thread->id == except;
	}
	stop->ended_ns = traced_now_ns();
	return all;
}

bool stop_linger(struct stop *stop)
{
	bool left = false;
	for (size_t i = 0; i < stop->threads.count; i++) {
		struct stop_thread *thread = &stop->threads.items[i];
		if (thread->state != STOP_ASLEEP && thread->state != STOP_SEIZED)
			continue;
		thread_poll(stop, thread);
		if (thread->state == STOP_STOPPED)
			thread_let_go(thread);
		left |= thread->state != STOP_GONE;
	}
	return left;
}

void stop_rest(struct stop *stop, uint64_t ns)
{
	uint64_t until = traced_now_ns() + ns;
	size_t kept = 0;

	stop_end(stop, 0);
	do {
		stop_linger(stop);
		traced_sleep_ns(100000);
	} while (traced_now_ns() < until);
	for (size_t i = 0; i < stop->threads.count; i++) {
		if (stop->threads.items[i].state == STOP_GONE)
			continue;
		stop->threads.items[kept] = stop->threads.items[i];
		stop->threads.items[kept++].state = STOP_SEIZED;
	}
	stop->threads.count = kept;
	stop->reported.count = 0;
}

static struct error *report(struct stop *stop)
{
	size_t running = 0;
	TRY(target_thread_vector_reserve(&stop->reported, stop->threads.count));
	for (size_t i = 0; i < stop->threads.count; i++) {
		struct stop_thread *thread = &stop->threads.items[i];
		struct target_thread reported = { .id = thread->id };
		reported.stopped =
			thread->state == STOP_STOPPED &&
			error_ignore(machine_registers_read(thread->id, &reported.registers));
		if (thread->state == STOP_GONE ||
		    (thread->state == STOP_STOPPED && !reported.stopped))
			continue;
		if (reported.stopped && stop->with_sets)
			TRY(machine_register_sets_read(thread->id, &stop->sets, &reported.sets));
		reported.namespace_id =
			stop->namespaced ? procfs_thread_namespace_id(stop->directory, thread->id)
					 : thread->id;
		running++;
		TRY(target_thread_vector_append(&stop->reported, &reported));
	}
	return running ? NULL : error_new(ERROR_GONE, "%s has ended", stop->name);
}

struct error *stop_begin(struct stop *stop)
{
	for (stop->tries = 1;; stop->tries++) {
		bool all;
		struct error *error = try_once(stop, &all);
		if (!error && all)
			error = report(stop);
		if (error) {
			stop_end(stop, 0);
			return error;
		}
		if (all)
			return NULL;
		if (stop->tries == TRIES)
			break;
		/* Odd times, so as not to fall into step with a scheduler's bandwidth period. */
		stop_rest(stop, (7 + 13 * (uint64_t)stop->tries) * 1000000u);
	}
	stop_end(stop, 0);
	return error_new(
		ERROR_OTHER,
		"%s: its threads did not stop within 20 ms, %d times; is the machine overloaded?",
		stop->name, TRIES);
}

void stop_pause(const struct stop *stop, struct target_pause *ret)
{
	size_t unstopped = 0;
	for (size_t i = 0; i < stop->reported.count; i++)
		unstopped += !stop->reported.items[i].stopped;
	*ret = (struct target_pause){
		.nanoseconds = stop->ended_ns - stop->began_ns,
		.threads = stop->reported.count,
		.unstopped = unstopped,
		.tries = stop->tries,
	};
}

void stop_deinit(struct stop *stop)
{
	stop_thread_vector_deinit(&stop->threads);
	target_thread_vector_deinit(&stop->reported);
	arena_deinit(&stop->sets);
}
