/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "target/process.h"

/*
 * pauses [GIB]: how long a process stands still.
 *
 * A stop with 10, 100 and 1,000 threads; then a fork of a process with so many GiB of memory (8),
 * beside what its own fork() takes, in turn and in the same run, and what a thread of it writes a
 * second before, under and after the fork. All of it told by the process that it is done to, too:
 * a thread of it looks at the clock all the time, and remembers the longest gap.
 */
#define RUNS 7

struct shared {
	_Atomic uint64_t longest_gap;
	_Atomic uint64_t own_fork;
	_Atomic uint64_t written; /* pages */
	_Atomic bool ready;
	_Atomic bool fork_now;
	_Atomic bool write_now;
};

static uint64_t now_ns(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void sleep_ms(long ms)
{
	nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL);
}

static void fail(struct error *error)
{
	fprintf(stderr, "pauses: %s\n", error->message);
	exit(1);
}

static void *idle(void *argument)
{
	for (;;)
		pause();
	return argument;
}

static void *watch_clock(void *argument)
{
	struct shared *shared = argument;
	for (uint64_t before = now_ns();;) {
		uint64_t now = now_ns();
		if (now - before > atomic_load(&shared->longest_gap))
			atomic_store(&shared->longest_gap, now - before);
		before = now;
	}
	return NULL;
}

static void own_fork(struct shared *shared)
{
	uint64_t began = now_ns();
	pid_t child = fork();
	if (child == 0)
		_exit(0);
	atomic_store(&shared->own_fork, now_ns() - began);
	waitpid(child, NULL, 0);
	atomic_store(&shared->fork_now, false);
}

static void body(struct shared *shared, size_t size, unsigned threads)
{
	pthread_attr_t attributes;
	pthread_t thread;
	volatile char *memory = NULL;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, 64 << 10);
	for (unsigned i = 0; i + 2 < threads; i++)
		pthread_create(&thread, &attributes, idle, NULL);
	pthread_create(&thread, &attributes, watch_clock, shared);
	if (size) {
		memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			      0);
		for (size_t i = 0; i < size; i += 4096)
			memory[i] = 1;
	}
	atomic_store(&shared->ready, true);
	for (size_t at = 0;;) {
		if (atomic_load(&shared->fork_now))
			own_fork(shared);
		if (atomic_load(&shared->write_now) && size) {
			memory[at] = 2;
			at = (at + 4096) % size;
			atomic_fetch_add(&shared->written, 1);
		} else {
			usleep(200);
		}
	}
}

static pid_t start(struct shared *shared, size_t size, unsigned threads)
{
	memset(shared, 0, sizeof(*shared));
	pid_t child = fork();
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		body(shared, size, threads);
	}
	while (!atomic_load(&shared->ready))
		sleep_ms(1);
	sleep_ms(50);
	return child;
}

static int compare(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;
	return (left > right) - (left < right);
}

static void print_line(const char *what, double *ms, size_t count)
{
	qsort(ms, count, sizeof(*ms), compare);
	printf("%-44s median %8.2f ms, %8.2f to %8.2f\n", what, ms[count / 2], ms[0],
	       ms[count - 1]);
}

static void bench_stops(struct shared *shared, unsigned threads)
{
	enum { STOPS = 101 };
	double pauses[STOPS], gaps[STOPS];
	struct target *target;
	char text[64];
	pid_t pid = start(shared, 0, threads);

	struct error *error = process_open(pid, &target);
	if (error)
		fail(error);
	for (unsigned i = 0; i < STOPS; i++) {
		struct target_pause pause;
		atomic_store(&shared->longest_gap, 0);
		error = target_stop(target);
		if (error)
			fail(error);
		target_release(target, &pause);
		sleep_ms(2);
		pauses[i] = (double)pause.nanoseconds / 1e6;
		gaps[i] = (double)atomic_load(&shared->longest_gap) / 1e6;
	}
	snprintf(text, sizeof(text), "stop, %u threads", threads);
	print_line(text, pauses, STOPS);
	print_line("  longest gap that it saw", gaps, STOPS);
	target_destroy(target);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static double written_in(struct shared *shared, long ms)
{
	uint64_t before = atomic_load(&shared->written), began = now_ns();
	sleep_ms(ms);
	uint64_t pages = atomic_load(&shared->written) - before;
	return (double)pages * 4096 / ((double)(now_ns() - began) / 1e9) / 1e6;
}

static void bench_forks(struct shared *shared, size_t size, unsigned threads)
{
	double own[RUNS], ours[RUNS], gaps[RUNS];
	struct process_fork_options options = { .reading_ns = 100000000 };
	struct target *target, *fork;
	pid_t pid = start(shared, size, threads);

	struct error *error = process_open(pid, &target);
	if (error)
		fail(error);
	for (unsigned i = 0; i < RUNS; i++) {
		struct target_pause pause;
		atomic_store(&shared->fork_now, true);
		while (atomic_load(&shared->fork_now))
			sleep_ms(1);
		own[i] = (double)atomic_load(&shared->own_fork) / 1e6;
		atomic_store(&shared->longest_gap, 0);
		error = process_fork(target, &options, &fork, &pause);
		if (error)
			fail(error);
		gaps[i] = (double)atomic_load(&shared->longest_gap) / 1e6;
		ours[i] = (double)pause.nanoseconds / 1e6;
		target_destroy(fork);
	}
	printf("%zu GiB, %u threads\n", size >> 30, threads);
	print_line("  its own fork()", own, RUNS);
	print_line("  forked by dowse", ours, RUNS);
	print_line("  longest gap that it saw", gaps, RUNS);
	double limit = own[RUNS / 2] * 1.3 + 2 + 0.025 * threads;
	printf("  limit (1.3 x + 2 ms + 25 us a thread)        %8.2f ms: %s\n", limit,
	       ours[RUNS / 2] <= limit ? "kept" : "EXCEEDED");

	atomic_store(&shared->write_now, true);
	sleep_ms(200);
	double before = written_in(shared, 300);
	error = process_fork(target, &options, &fork, NULL);
	if (error)
		fail(error);
	double under = written_in(shared, 300);
	target_destroy(fork);
	double after = written_in(shared, 300);
	printf("  pages that a thread writes to: %.0f MB/s before, %.0f under a fork, %.0f after\n",
	       before, under, after);
	target_destroy(target);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

int main(int argc, char **argv)
{
	size_t gib = argc > 1 ? strtoul(argv[1], NULL, 10) : 8;
	struct shared *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return 1;
	bench_stops(shared, 10);
	bench_stops(shared, 100);
	bench_stops(shared, 1000);
	bench_forks(shared, gib << 30, 10);
	bench_forks(shared, gib << 30, 1000);
	return 0;
}
