/* SPDX-License-Identifier: Apache-2.0 */
#include "target/traced.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "target/procfs.h"

#define SPIN_NS 100000u /* how long to wait without giving the processor up */
#define NAP_NS  20000u
/*
 * What takes long is the kernel copying the process, perhaps on this very processor: waking up
 * every 20 µs has made that take twice as long.
 */
#define NAP_SHARE 64

uint64_t traced_now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void traced_sleep_ns(uint64_t ns)
{
	struct timespec time = { .tv_sec = (time_t)(ns / 1000000000u),
				 .tv_nsec = (long)(ns % 1000000000u) };
	clock_nanosleep(CLOCK_MONOTONIC, 0, &time, NULL);
}

/*
 * Take the end of a thread from the kernel: one that nobody takes keeps its process from starting
 * another program. The end of a process whose parent is dowse is not ours to take here: whoever
 * started the program waits for it.
 */
static void take_end(pid_t thread)
{
	struct process_facts facts;
	if (error_ignore(process_facts_read(thread, &facts)) && facts.thread_group == thread &&
	    facts.parent == getpid())
		return;
	waitpid(thread, NULL, __WALL | WNOHANG);
}

#define WAKE_SIGNAL (SIGRTMAX - 2)
#define WAKE_NS     3000000

/* Guarded by being the thread's own. */
static _Thread_local timer_t wake_timer;
static _Thread_local bool wake_timer_made;

/*
 * Runs in the midst of PTRACE_SEIZE alone, where the signal is not blocked; the kernel begins that
 * call anew behind it. Whatever this takes is found to be gone by the next who asks for it.
 */
static void take_all_ends(int signal)
{
	siginfo_t info = { 0 };
	int before = errno;
	pid_t last = 0;

	(void)signal;
	while (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT | __WALL | __WNOTHREAD) == 0 &&
	       info.si_pid && info.si_pid != last) {
		last = info.si_pid;
		take_end(last);
		info.si_pid = 0;
	}
	errno = before;
}

void traced_begin(void)
{
	struct sigaction action = { .sa_handler = take_all_ends };
	struct sigevent event = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = WAKE_SIGNAL };

	event._sigev_un._tid = (pid_t)syscall(SYS_gettid);
	wake_timer_made = sigaction(WAKE_SIGNAL, &action, NULL) == 0 &&
			  timer_create(CLOCK_MONOTONIC, &event, &wake_timer) == 0;
}

void traced_end(void)
{
	if (wake_timer_made)
		timer_delete(wake_timer);
	wake_timer_made = false;
}

static void wake_every(long ns)
{
	struct itimerspec interval = { .it_interval.tv_nsec = ns, .it_value.tv_nsec = ns };
	if (wake_timer_made)
		timer_settime(wake_timer, 0, &interval, NULL);
}

int traced_seize(pid_t thread)
{
	sigset_t wake;
	sigemptyset(&wake);
	sigaddset(&wake, WAKE_SIGNAL);

	wake_every(WAKE_NS);
	pthread_sigmask(SIG_UNBLOCK, &wake, NULL);
	int failure = ptrace(PTRACE_SEIZE, thread, NULL, NULL) < 0 ? errno : 0;
	pthread_sigmask(SIG_BLOCK, &wake, NULL);
	wake_every(0);
	return failure;
}

enum traced_report traced_poll(pid_t thread, int *ret_signal, int *ret_event)
{
	siginfo_t info = { 0 };
	if (waitid(P_PID, (id_t)thread, &info, WSTOPPED | WEXITED | __WALL | WNOHANG | WNOWAIT) < 0)
		return errno == EINTR ? TRACED_NOTHING : TRACED_GONE;
	if (!info.si_pid)
		return TRACED_NOTHING;
	if (info.si_code != CLD_TRAPPED && info.si_code != CLD_STOPPED) {
		take_end(thread);
		return TRACED_GONE;
	}
	*ret_signal = info.si_status & 0xff;
	*ret_event = info.si_status >> 8;
	/* Only now is the report taken: a stop that is seen again would be mistaken for the next. */
	waitid(P_PID, (id_t)thread, &info, WSTOPPED | __WALL | WNOHANG);
	return TRACED_STOPPED;
}

enum traced_report traced_await(pid_t thread, uint64_t deadline, int *ret_signal, int *ret_event)
{
	uint64_t began = traced_now_ns();
	for (;;) {
		enum traced_report report = traced_poll(thread, ret_signal, ret_event);
		if (report != TRACED_NOTHING)
			return report;
		uint64_t now = traced_now_ns();
		if (now > deadline)
			return TRACED_NOTHING;
		if (now - began < SPIN_NS)
			sched_yield();
		else
			traced_sleep_ns(MAX(NAP_NS, (now - began) / NAP_SHARE));
	}
}
