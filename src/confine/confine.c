/* SPDX-License-Identifier: Apache-2.0 */
#include "confine/confine.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "confine/broker.h"
#include "confine/client.h"
#include "confine/connector.h"
#include "confine/filter.h"
#include "confine/restrict.h"
#include "confine/stub.h"
#include "confine/trap.h"

#define STATUS_MAX 4 /* what a worker ends with by itself: one of enum cli_status */

/*
 * Sanitizers open files, map memory and look at their own threads by ways that a filter cannot
 * tell from an attack: their worker is confined in nothing, but asks the broker all the same.
 */
#ifdef DOWSE_SANITIZED
#define RESTRICTED 0
#else
#define RESTRICTED 1
#endif

static int compare_numbers(const void *a, const void *b)
{
	int left = *(const int *)a, right = *(const int *)b;
	return (left > right) - (left < right);
}

static void keep_descriptors(const struct confine_work *work, int socket)
{
	int kept[1 + CONFINE_OUTPUTS_MAX] = { socket };
	size_t count = MIN(work->output_count, (size_t)CONFINE_OUTPUTS_MAX);
	if (count)
		memcpy(kept + 1, work->outputs, count * sizeof(*kept));
	qsort(kept, count + 1, sizeof(*kept), compare_numbers);
	restrict_descriptors(kept, count + 1, work->reads_input);
}

static struct error *confine_self(const struct confine_work *work, int socket)
{
	keep_descriptors(work, socket);
	client_init(socket);
	if (!RESTRICTED)
		return NULL;
	TRY(restrict_rights());
	restrict_files();
	TRY(trap_init());
	return confine_filter_install(socket);
}

static void tell_helpless(struct error *error)
{
	struct request *request = client_begin(REQUEST_HELPLESS);
	snprintf(request->path, sizeof(request->path), "%s", error->message);
	client_ask(-1, NULL);
	_exit(1);
}

static void worker_main(const struct confine_work *work, int socket, struct window *window,
			pid_t parent)
{
	/* Whoever ends dowse ends both. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	prctl(PR_SET_NAME, "dowse-worker");
	struct error *error = confine_self(work, socket);
	if (error)
		tell_helpless(error);
	stub_init(window);
	delegate_set(&stub_delegate);
	connector_init();
	client_begin(REQUEST_READY);
	client_ask(-1, NULL);
	client_done();
	exit(work->run(work->argument));
}

static const struct {
	int number;
	const char *name;
} faults[] = {
	{ SIGSEGV, "SIGSEGV" }, { SIGBUS, "SIGBUS" }, { SIGABRT, "SIGABRT" },
	{ SIGFPE, "SIGFPE" },   { SIGILL, "SIGILL" }, { SIGTRAP, "SIGTRAP" },
};

/* What to think of a signal that the worker died of. */
static struct error *died(int number)
{
	static const char end[] =
		"what it has printed is not whole, and what was looked at goes on";
	switch (number) {
	case SIGKILL:
		return error_new(ERROR_OTHER,
				 "the part of dowse that reads was killed (SIGKILL), most likely "
				 "because memory ran out; %s",
				 end);
	case SIGSYS:
		return error_new(ERROR_OTHER,
				 "the part of dowse that reads tried what it may not (SIGSYS): "
				 "something may have been made to attack it; %s",
				 end);
	default:
		break;
	}
	for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
		if (faults[i].number == number)
			return error_new(
				ERROR_OTHER,
				"the part of dowse that reads has crashed (%s): a fault in "
				"dowse that should be reported, with what it looked at; %s",
				faults[i].name, end);
	}
	return error_new(ERROR_OTHER, "the part of dowse that reads was ended by signal %d; %s",
			 number, end);
}

static struct error *outcome(enum broker_end end, int status, int *ret_status)
{
	if (end == BROKER_GARBAGE)
		return error_new(ERROR_OTHER,
				 "the part of dowse that reads broke the rules and was ended: "
				 "something may have been made to attack it");
	if (end == BROKER_LATE)
		return error_new(ERROR_OTHER,
				 "reading took too long while the process stood still: it was let "
				 "go of, and nothing was written");
	if (WIFSIGNALED(status))
		return died(WTERMSIG(status));
	*ret_status = WEXITSTATUS(status);
	if (*ret_status > STATUS_MAX && RESTRICTED)
		return error_new(ERROR_OTHER, "the part of dowse that reads ended with status %d",
				 *ret_status);
	return NULL;
}

static struct error *serve(const struct confine_work *work, int socket, struct window *window,
			   pid_t worker, int *ret_status)
{
	char why[512] = "";
	int status = 0;
	struct policy policy = {
		.files = work->files,
		.file_count = work->file_count,
		.spools = work->spools,
		.spool_count = work->spool_count,
		.endpoints = work->endpoints,
		.endpoint_count = work->endpoint_count,
		.sources = work->sources,
		.every_process = work->every_process,
		.process = work->process,
		.second = work->second,
		.broker = getpid(),
		.worker = worker,
	};
	enum broker_end end = broker_serve(socket, window, &policy, why, sizeof(why));
	if (end != BROKER_DONE)
		kill(worker, SIGKILL);
	while (waitpid(worker, &status, 0) < 0 && errno == EINTR) {
	}
	if (end == BROKER_HELPLESS)
		return error_new(ERROR_UNSUPPORTED, "%s", why);
	return outcome(end, status, ret_status);
}

/* ERROR_UNSUPPORTED: no worker can be had here. */
static struct error *run_confined(const struct confine_work *work, int *ret_status)
{
	int sockets[2];
	pid_t parent = getpid();
	struct window *window = mmap(NULL, sizeof(*window), PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (window == MAP_FAILED)
		return error_new(ERROR_UNSUPPORTED, "no memory to share: %s", strerror(errno));
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
		return error_new(ERROR_UNSUPPORTED, "no sockets: %s", strerror(errno));
	pid_t worker = fork();
	if (worker == 0)
		worker_main(work, sockets[1], window, parent);
	close(sockets[1]);
	_cleanup_(close_descriptor) int socket = sockets[0];
	struct error *error = worker < 0 ? error_new(ERROR_UNSUPPORTED, "no process: %s",
						     strerror(errno))
					 : serve(work, socket, window, worker, ret_status);
	munmap(window, sizeof(*window));
	return error;
}

struct error *confine_run(const struct confine_work *work, int *ret_status)
{
	struct error *error = run_confined(work, ret_status);
	if (!error || error->code != ERROR_UNSUPPORTED)
		return error;
	if (work->required)
		return error_wrap(error, "dowse cannot be confined here (--require-sandbox)");
	work->warn(error->message);
	error_destroy(error);
	*ret_status = work->run(work->argument);
	return NULL;
}
