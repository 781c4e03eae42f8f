/* SPDX-License-Identifier: Apache-2.0 */
#include "target/traced.h"

#include <errno.h>
#include <sched.h>
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
