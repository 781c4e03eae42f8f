/* SPDX-License-Identifier: Apache-2.0 */
#include "target/tracer.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>

#include "target/traced.h"

#define IDLE_NS    500000
#define GONE_POLLS 10000 /* a second */
#define STACK_SIZE ((size_t)1 << 20)

struct tracer {
	pthread_t thread;
	pid_t id; /* of the thread; set by itself before its first job */
	pthread_mutex_t mutex;
	pthread_cond_t changed;

	/* Guarded by mutex. */
	struct error *(*job)(void *argument); /* NULL: nothing to do, or done */
	void *job_argument;
	struct error *result;
	bool (*idle)(void *argument);
	void *idle_argument;
	bool ending;
};

/* Wait for something to do; with an idle function, no longer than its interval. */
static void tracer_wait(struct tracer *tracer)
{
	if (!tracer->idle) {
		pthread_cond_wait(&tracer->changed, &tracer->mutex);
		return;
	}
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += IDLE_NS;
	if (until.tv_nsec >= 1000000000) {
		until.tv_nsec -= 1000000000;
		until.tv_sec++;
	}
	pthread_cond_timedwait(&tracer->changed, &tracer->mutex, &until);
	if (!tracer->job && !tracer->ending && !tracer->idle(tracer->idle_argument))
		tracer->idle = NULL;
}

static void *tracer_main(void *argument)
{
	struct tracer *tracer = argument;

	/* Naps of 20 µs are to be that: the kernel adds 50 to them by default. */
	prctl(PR_SET_TIMERSLACK, 1000);
	tracer->id = (pid_t)syscall(SYS_gettid);
	traced_begin();
	pthread_mutex_lock(&tracer->mutex);
	for (;;) {
		while (!tracer->job && !tracer->ending)
			tracer_wait(tracer);
		if (!tracer->job)
			break;
		/* The caller waits for the end of the job: nobody else touches anything. */
		tracer->result = tracer->job(tracer->job_argument);
		tracer->job = NULL;
		pthread_cond_broadcast(&tracer->changed);
	}
	pthread_mutex_unlock(&tracer->mutex);
	traced_end();
	return NULL;
}

static int thread_start(struct tracer *tracer)
{
	/* Signals to dowse are for its main thread; a tracer in mid-stop is not to run handlers. */
	sigset_t all, before;
	pthread_attr_t attributes;
	sigfillset(&all);
	pthread_attr_init(&attributes);
	/* Where memory is limited (killer_avoid) even what is never touched of it counts. */
	pthread_attr_setstacksize(&attributes, STACK_SIZE);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int failure = pthread_create(&tracer->thread, &attributes, tracer_main, tracer);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	return failure;
}

struct error *tracer_create(struct tracer **ret)
{
	struct tracer *tracer = calloc(1, sizeof(*tracer));
	if (!tracer)
		return error_no_memory();

	pthread_condattr_t attributes;
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&tracer->changed, &attributes);
	pthread_condattr_destroy(&attributes);
	pthread_mutex_init(&tracer->mutex, NULL);

	int failure = thread_start(tracer);
	if (failure) {
		pthread_mutex_destroy(&tracer->mutex);
		pthread_cond_destroy(&tracer->changed);
		free(tracer);
		/* pthread_create has one answer to both. */
		if (failure == EAGAIN)
			return error_new(ERROR_OS,
					 "cannot start a thread to trace with: there is no memory "
					 "left for it, or there are too many processes");
		return error_os(failure, "cannot start a thread to trace with");
	}
	*ret = tracer;
	return NULL;
}

struct error *tracer_run(struct tracer *tracer, struct error *(*job)(void *argument),
			 void *argument)
{
	pthread_mutex_lock(&tracer->mutex);
	tracer->job = job;
	tracer->job_argument = argument;
	pthread_cond_broadcast(&tracer->changed);
	while (tracer->job)
		pthread_cond_wait(&tracer->changed, &tracer->mutex);
	struct error *result = tracer->result;
	tracer->result = NULL;
	pthread_mutex_unlock(&tracer->mutex);
	return result;
}

void tracer_idle(struct tracer *tracer, bool (*idle)(void *argument), void *argument)
{
	pthread_mutex_lock(&tracer->mutex);
	tracer->idle = idle;
	tracer->idle_argument = argument;
	pthread_cond_broadcast(&tracer->changed);
	pthread_mutex_unlock(&tracer->mutex);
}

void tracer_destroy(struct tracer *tracer)
{
	if (!tracer)
		return;
	pthread_mutex_lock(&tracer->mutex);
	tracer->ending = true;
	pthread_cond_broadcast(&tracer->changed);
	pthread_mutex_unlock(&tracer->mutex);
	pthread_join(tracer->thread, NULL);
	/* The kernel says so before it has let go of the traced: wait until the thread is no more. */
	for (unsigned i = 0; i < GONE_POLLS && syscall(SYS_tgkill, getpid(), tracer->id, 0) == 0;
	     i++)
		traced_sleep_ns(i < 100 ? 1000 : 100000);

	pthread_mutex_destroy(&tracer->mutex);
	pthread_cond_destroy(&tracer->changed);
	free(tracer);
}
