/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "target/delegate.h"
#include "target/fork_cost.h"
#include "target/headroom.h"
#include "target/inject.h"
#include "target/killer.h"
#include "target/process_private.h"
#include "target/procfs.h"
#include "target/reap.h"
#include "target/traced.h"

/*
 * The life of a fork: all threads of the process are stopped, one of them is made to clone the
 * process, the others go on at once and that one as soon as it is back; the fork is let run until
 * it has dropped its descriptors and stands before its exit_group. There it stays while it is
 * read. Destroying it kills it, and has the process wait for it.
 *
 * What is left if dowse is killed: before the clone nothing; after it a fork that runs into its
 * exit_group, or is killed by the kernel once PTRACE_O_EXITKILL is set on it. (The process itself
 * never has that option.) Either way a zombie remains, which the next dowse has reaped.
 */
#define TRIES           3
#define PATIENCE_NS     2000000000u
#define WARM_UP_NS      1000000000u /* for the fork to come to its end */
#define LATE_ROUNDS     20
#define LATE_NS         10000000u
#define FORK_STOPS_MAX  32
#define WRITE_SAMPLE_NS 30000000u

struct fork {
	struct process process; /* must be first: the fork itself */
	struct tracer *tracer;
	struct stop stop; /* of the process, at the fork's birth: its threads, the moment */
	struct headroom *headroom;
	uint64_t reserve; /* bytes that must stay free while the fork lives */

	/* The process, independent of the target that the fork was made of. */
	pid_t origin;
	int origin_directory;
	struct memory origin_memory;
	struct maps origin_maps;
	char *origin_name;
	struct injection injection;
	pid_t thread; /* that made the fork */
	pid_t inner;  /* the fork's id in the process's own PID namespace */
	bool reaped;
	bool delegated; /* made by the delegate, who keeps what only serves to end it */
};

static struct fork *fork_of(struct target *target)
{
	return (struct fork *)target;
}

/* Fitness first, then the order of birth. */
static pid_t next_candidate(const struct stop *stop, enum machine_fitness wanted, size_t *position)
{
	while (*position < stop->threads.count) {
		const struct stop_thread *thread = &stop->threads.items[(*position)++];
		if (thread->state == STOP_STOPPED && !thread->signal &&
		    machine_thread_fitness(thread->id) == wanted)
			return thread->id;
	}
	return 0;
}

static struct error *inject_somewhere(struct fork *fork)
{
	const char *reason = "none of its threads is where it can be borrowed";

	for (enum machine_fitness wanted = MACHINE_FIT_IN_CALL; wanted > MACHINE_UNFIT; wanted--) {
		size_t position = 0;
		for (pid_t thread; (thread = next_candidate(&fork->stop, wanted, &position));) {
			fork->thread = thread;
			struct error *error = injection_run(&fork->injection, thread);
			if (!error || !fork->injection.reason)
				return error;
			error_destroy(error);
			reason = fork->injection.reason;
		}
	}
	return error_new(ERROR_UNSUPPORTED, "%s cannot be forked: %s", fork->origin_name, reason);
}

/* The fork is born: whoever is not needed to come home goes on. */
static void release_others(void *argument)
{
	struct fork *fork = argument;
	stop_end(&fork->stop, fork->thread);
}

static struct error *try_fork(struct fork *fork)
{
	TRY(stop_begin(&fork->stop));
	struct error *error;
	if (fork->stop.group_stopped)
		error = error_new(ERROR_UNSUPPORTED,
				  "%s is stopped by a signal (SIGSTOP): it can "
				  "be read as it stands",
				  fork->origin_name);
	else
		error = inject_somewhere(fork);
	stop_end(&fork->stop, 0);
	if (!error && fork->injection.result < 0)
		error = error_os((int)-fork->injection.result, "%s cannot be forked",
				 fork->origin_name);
	if (!error && !fork->injection.fork)
		error = error_new(ERROR_OTHER, "%s was forked, but the fork is lost",
				  fork->origin_name);
	return error;
}

static struct error *fork_report(struct fork *fork, int *ret_signal, int *ret_event)
{
	switch (traced_await(fork->injection.fork, traced_now_ns() + WARM_UP_NS, ret_signal,
			     ret_event)) {
	case TRACED_STOPPED:
		return NULL;
	case TRACED_GONE:
		return error_new(ERROR_GONE, "the fork of %s has ended too early",
				 fork->origin_name);
	default:
		return error_new(ERROR_OTHER, "the fork of %s does not answer", fork->origin_name);
	}
}

/* Let the fork run up to its last system call. */
static struct error *fork_settle(struct fork *fork)
{
	pid_t id = fork->injection.fork;
	int signal, event;
	uintptr_t options = PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD;
	if (fork->injection.suspend_filter)
		options |= PTRACE_O_SUSPEND_SECCOMP;

	TRY(fork_report(fork, &signal, &event)); /* that it was born */
	if (ptrace(PTRACE_SETOPTIONS, id, NULL, (void *)options) < 0)
		return error_os(errno, "cannot hold the fork of %s", fork->origin_name);
	for (unsigned i = 0; i < FORK_STOPS_MAX; i++) {
		if (ptrace(PTRACE_SYSCALL, id, NULL, NULL) < 0)
			return error_os(errno, "cannot hold the fork of %s", fork->origin_name);
		TRY(fork_report(fork, &signal, &event));
		if (!event && signal == (SIGTRAP | 0x80) && machine_fork_is_at_exit(id))
			return NULL;
	}
	return error_new(ERROR_OTHER, "the fork of %s went astray", fork->origin_name);
}

/* The last belt: if the kernel must kill after all, it is to be the fork, and soon. */
static void fork_offer(pid_t id)
{
	killer_offer(id);
	/* Its end is not to wait for others to run. It may be refused. */
	setpriority(PRIO_PROCESS, (id_t)id, -20);
}

static void fork_end(struct fork *fork);
static struct error *read_origin_maps(struct fork *fork);

static struct error *fork_job(void *argument)
{
	struct fork *fork = argument;
	for (unsigned attempt = 1;; attempt++) {
		struct error *error = try_fork(fork);
		if (!error)
			break;
		if (error->code != ERROR_UNSUPPORTED || attempt == TRIES ||
		    fork->stop.group_stopped) {
			/* It may have been born all the same: an exec ends whoever made it. */
			reap_kill_unknown(fork->origin_directory);
			return error;
		}
		error_destroy(error);
		stop_rest(&fork->stop, attempt * 3000000);
	}
	fork->inner = (pid_t)fork->injection.result;
	fork_offer(fork->injection.fork);
	struct error *error = fork_settle(fork);
	if (error)
		fork_end(fork);
	return error;
}

/* The process has started another program, which is the parent of the zombie now. */
static struct error *look_again(struct fork *fork)
{
	memory_deinit(&fork->origin_memory);
	fork->origin_memory = (struct memory){
		.id = fork->origin,
		.descriptor = procfs_open_at_thread(fork->origin_directory, fork->origin, "mem",
						    O_RDONLY),
	};
	if (fork->origin_memory.descriptor < 0)
		return error_os(errno, "cannot look into %s again", fork->origin_name);
	maps_deinit(&fork->origin_maps);
	TRY(read_origin_maps(fork));
	fork->injection.gadgets = (struct machine_gadgets){ 0 };
	return injection_find_gadgets(&fork->injection);
}

/* Kill and reap, in the tracer's thread. */
static void fork_end(struct fork *fork)
{
	if (!fork->injection.fork || fork->reaped)
		return;
	fork->reaped = true;
	reap_kill(fork->injection.fork);
	/* What cannot be reaped now stays a zombie, which the next fork sees, as this one does. */
	if (memory_is_gone(&fork->origin_memory) && !error_ignore(look_again(fork)))
		return;
	reap_zombie(&fork->injection, fork->inner, fork->thread);
	if (!fork->injection.lost && reap_is_needed(fork->origin_directory))
		reap_leftovers(&fork->injection);
}

/*
 * Whoever made the fork may have ended: the process has started another program, which needs a
 * moment until one of its threads can be borrowed.
 */
static void reap_late(struct fork *fork)
{
	for (unsigned i = 0; i < LATE_ROUNDS && reap_is_needed(fork->origin_directory); i++) {
		if (i)
			traced_sleep_ns(LATE_NS);
		if (!memory_is_gone(&fork->origin_memory) || error_ignore(look_again(fork)))
			reap_apart(&fork->injection);
	}
}

static struct error *end_job(void *argument)
{
	fork_end(argument);
	return NULL;
}

static bool linger(void *argument)
{
	struct fork *fork = argument;
	return stop_linger(&fork->stop);
}

static void fork_free(struct fork *fork)
{
	tracer_destroy(fork->tracer);
	headroom_destroy(fork->headroom);
	stop_deinit(&fork->stop);
	maps_deinit(&fork->origin_maps);
	memory_deinit(&fork->origin_memory);
	close_descriptor(&fork->origin_directory);
	free(fork->origin_name);
	process_deinit(&fork->process);
	free(fork);
}

static void fork_destroy(struct target *target)
{
	struct fork *fork = fork_of(target);
	if (fork->delegated)
		delegate_get()->fork_end();
	if (fork->tracer) {
		error_destroy(tracer_run(fork->tracer, end_job, fork));
		tracer_destroy(TAKE_PTR(fork->tracer));
		reap_late(fork);
	}
	fork_free(fork);
}

static void fork_cleanup(struct fork **fork)
{
	if (*fork)
		fork_destroy(&(*fork)->process.target);
}

static const struct target_thread *fork_threads(const struct target *target, size_t *ret_count)
{
	const struct fork *fork = (const struct fork *)target;
	*ret_count = fork->stop.reported.count;
	return fork->stop.reported.items;
}

static pid_t fork_pid(const struct target *target)
{
	return ((const struct fork *)target)->origin;
}

static uint64_t fork_now(const struct target *target)
{
	const struct fork *fork = (const struct fork *)target;
	return fork->stop.began_ns + (uint64_t)fork->process.clock_offset;
}

static const struct target_operations fork_operations = {
	.read_ranges = process_read_ranges,
	.mappings = process_mappings,
	.present = process_present,
	.open_file = process_open_file,
	.threads = fork_threads,
	.pid = fork_pid,
	.now = fork_now,
	.destroy = fork_destroy,
};

static struct error *check_headroom(struct fork *fork, const struct process_facts *facts,
				    const struct process_fork_options *options)
{
	TRY(headroom_open(fork->origin, &fork->headroom));
	uint64_t rate = headroom_write_rate(fork->origin, WRITE_SAMPLE_NS);
	struct fork_cost cost = fork_cost_of(facts, rate, options->reading_ns);
	fork->reserve = cost.reserve;
	return error_wrap(headroom_check(fork->headroom, cost.needed + cost.reserve,
					 options->own_memory, "that"),
			  "a fork of %s is not safe", fork->origin_name);
}

static struct error *check_pause(const struct fork *fork, const struct process_facts *facts,
				 const struct process_fork_options *options)
{
	uint64_t estimate = process_fork_estimate(facts->resident_anonymous, facts->threads);
	if (!options->max_pause_ns || estimate <= options->max_pause_ns)
		return NULL;
	return error_new(
		ERROR_LIMIT, "a fork of %s would stop it for about %.0f ms, and %.0f are allowed",
		fork->origin_name, (double)estimate / 1e6, (double)options->max_pause_ns / 1e6);
}

/* Descriptors of the fork's own: the process's target may be destroyed before the fork is. */
static struct error *adopt_origin(struct fork *fork, const struct process *process)
{
	fork->origin = process->pid;
	fork->origin_memory = process->memory;
	fork->origin_memory.descriptor = fcntl(process->memory.descriptor, F_DUPFD_CLOEXEC, 0);
	fork->origin_directory = fcntl(process->directory, F_DUPFD_CLOEXEC, 0);
	fork->origin_name = strdup(process->target.name);
	if (fork->origin_memory.descriptor < 0 || fork->origin_directory < 0)
		return error_os(errno, "cannot hold %s", process->target.name);
	if (!fork->origin_name)
		return error_no_memory();
	return NULL;
}

static struct error *read_origin_maps(struct fork *fork)
{
	_cleanup_(close_descriptor) int file = procfs_open_at_thread(
		fork->origin_directory, fork->origin_memory.id, "maps", O_RDONLY);
	if (file < 0)
		return error_os(errno, "cannot read the mappings of %s", fork->origin_name);
	return maps_read(file, &fork->origin_maps);
}

/* Everything that can be known and refused before anything is stopped. */
static struct error *prepare(struct fork *fork, const struct process_fork_options *options)
{
	struct process_facts facts;

	TRY(process_facts_read_at(fork->origin_directory, fork->origin, &facts));
	if (facts.shadow_stack)
		return error_new(ERROR_UNSUPPORTED, "%s has a shadow stack: it cannot be forked",
				 fork->origin_name);
	TRY(check_pause(fork, &facts, options));
	TRY(check_headroom(fork, &facts, options));
	TRY(read_origin_maps(fork));
	fork->injection = (struct injection){
		.pid = fork->origin,
		.directory = fork->origin_directory,
		.name = fork->origin_name,
		.memory = &fork->origin_memory,
		.maps = &fork->origin_maps,
		.call = { .kind = MACHINE_CALL_FORK },
		.patience_ns = PATIENCE_NS +
			       4 * process_fork_estimate(facts.resident_anonymous, facts.threads),
		.argument = fork,
	};
	TRY(injection_find_gadgets(&fork->injection));
	fork->stop = (struct stop){
		.pid = fork->origin,
		.directory = fork->origin_directory,
		.memory = fork->origin_memory.descriptor,
		.name = fork->origin_name,
		.namespaced = facts.inner_pid != fork->origin,
		.with_sets = options->register_sets,
	};
	return tracer_create(&fork->tracer);
}

static struct error *make_here(struct fork *fork, const struct process_fork_options *options,
			       struct target_pause *ret_pause)
{
	TRY(prepare(fork, options));
	reap_apart(&fork->injection);
	fork->injection.call = (struct machine_call){ .kind = MACHINE_CALL_FORK };
	fork->injection.forked = release_others;

	struct error *error = tracer_run(fork->tracer, fork_job, fork);
	if (error) {
		/* A thread that is lost on its way gets home once nobody traces it. */
		tracer_destroy(TAKE_PTR(fork->tracer));
		reap_late(fork);
		return error;
	}
	tracer_idle(fork->tracer, linger, fork);
	stop_pause(&fork->stop, ret_pause);
	return NULL;
}

static struct error *make_by_delegate(struct fork *fork, const struct delegate *delegate,
				      const struct process_fork_options *options,
				      struct target_pause *ret_pause)
{
	fork->stop = (struct stop){
		.pid = fork->origin,
		.name = fork->origin_name,
		.with_sets = options->register_sets,
	};
	TRY(delegate->fork(&fork->stop, options, &fork->injection.fork, ret_pause));
	fork->delegated = true;
	return NULL;
}

struct error *process_fork(struct target *target, const struct process_fork_options *options,
			   struct target **ret, struct target_pause *ret_pause)
{
	const struct process *process = process_of_const(target);
	const struct delegate *delegate = delegate_get();
	struct target_pause pause;
	_cleanup_(fork_cleanup) struct fork *fork = calloc(1, sizeof(*fork));
	if (!fork)
		return error_no_memory();
	fork->process.target.operations = &fork_operations;
	fork->process.directory = -1;
	fork->process.memory.descriptor = -1;
	fork->process.pagemap = -1;
	fork->origin_directory = -1;
	fork->origin_memory.descriptor = -1;

	if (process_is_stopped(process))
		return error_new(ERROR_USAGE, "%s is stopped: it cannot be forked as well",
				 target->name);
	TRY(adopt_origin(fork, process));
	TRY(delegate ? make_by_delegate(fork, delegate, options, &pause)
		     : make_here(fork, options, &pause));
	TRY(process_init(&fork->process, fork->injection.fork));
	fork->process.memory.one_by_one = true;
	free(fork->process.target.name);
	fork->process.target.name = strdup(fork->origin_name);
	if (!fork->process.target.name)
		return error_no_memory();
	fork->process.clock_offset = process->clock_offset;
	if (ret_pause)
		*ret_pause = pause;
	*ret = &TAKE_PTR(fork)->process.target;
	return NULL;
}

struct error *process_fork_check(struct target *target)
{
	struct fork *fork = fork_of(target);
	if (fork->delegated)
		return delegate_get()->fork_check();
	if (memory_is_gone(&fork->origin_memory))
		return error_new(ERROR_GONE, "%s has ended", fork->origin_name);
	return error_wrap(headroom_check(fork->headroom, fork->reserve, 0, "what it writes"),
			  "the fork of %s must end", fork->origin_name);
}
