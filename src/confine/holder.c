/* SPDX-License-Identifier: Apache-2.0 */
#include "confine/holder.h"

#include <errno.h>
#include <string.h>
#include <sys/uio.h>

#include "target/delegate.h"
#include "target/traced.h"

/* Copying a million goroutines takes two seconds; who takes half a minute has lost its way. */
#define STOPPED_MAX_NS (30 * (uint64_t)1000000000)
#define FORK_CHECK_MS  5

static struct error *not_allowed(void)
{
	return error_new(ERROR_PERMISSION, "that was not asked for: it is refused");
}

static struct error *open_process(struct holder *holder, struct policy *policy, uint64_t number)
{
	pid_t pid = number <= INT32_MAX ? (pid_t)number : 0;
	if (!policy_owns(policy, pid))
		return not_allowed();
	if (holder->process && target_pid(holder->process) == pid)
		return NULL;
	if (holder->process && (holder->stopped || holder->fork))
		return not_allowed();
	target_destroy(TAKE_PTR(holder->process));
	return process_open(pid, &holder->process);
}

/* Whom, how many threads, since when. */
static pid_t describe(const struct target *target, struct reply_message *reply)
{
	pid_t id;
	int64_t clock_offset;
	size_t count;
	delegate_identify(target, &id, &clock_offset);
	target_threads(target, &count);
	reply->head.numbers[0] = count;
	reply->head.numbers[1] = target_now(target) - (uint64_t)clock_offset;
	reply->head.numbers[2] = (uint64_t)id;
	return id;
}

static struct error *stop(struct holder *holder, struct policy *policy,
			  const struct request *request, struct reply_message *reply)
{
	TRY(open_process(holder, policy, request->numbers[0]));
	if (holder->stopped)
		return not_allowed();
	if (request->numbers[1])
		process_want_register_sets(holder->process);
	TRY(target_stop(holder->process));
	holder->stopped = true;
	holder->stopped_ns = traced_now_ns();
	describe(holder->process, reply);
	return NULL;
}

static void release(struct holder *holder, struct target_pause *ret)
{
	*ret = (struct target_pause){ 0 };
	if (holder->stopped)
		target_release(holder->process, ret);
	holder->stopped = false;
}

static void answer_pause(struct reply_message *reply, const struct target_pause *pause)
{
	memcpy(reply->payload, pause, sizeof(*pause));
	reply->head.size = sizeof(*pause);
}

static void fork_end(struct holder *holder, struct policy *policy)
{
	target_destroy(TAKE_PTR(holder->fork));
	policy->fork = 0;
}

static struct error *make_fork(struct holder *holder, struct policy *policy,
			       const struct request *request, struct reply_message *reply)
{
	const struct process_fork_options options = {
		.max_pause_ns = request->numbers[1],
		.own_memory = request->numbers[2],
		.reading_ns = request->numbers[3],
		.register_sets = request->numbers[4],
	};
	struct target_pause pause;
	TRY(open_process(holder, policy, request->numbers[0]));
	if (holder->fork)
		return not_allowed();
	TRY(process_fork(holder->process, &options, &holder->fork, &pause));
	error_destroy(TAKE_PTR(holder->fork_problem));
	policy->fork = describe(holder->fork, reply);
	answer_pause(reply, &pause);
	return NULL;
}

/* As many as one message takes. */
static void answer_threads(const struct holder *holder, const struct request *request,
			   struct reply_message *reply)
{
	const struct target *target = request->numbers[1] ? holder->fork : holder->process;
	size_t count = 0, used = 0;
	const struct target_thread *threads = target ? target_threads(target, &count) : NULL;
	for (uint64_t i = request->numbers[0]; i < count; i++) {
		const struct target_register_sets *sets = &threads[i].sets;
		struct thread_record record = {
			.thread = threads[i],
			.size = sizeof(record) + sets->general_size + sets->extended_size,
		};
		record.thread.sets.general = record.thread.sets.extended = NULL;
		if (record.size > PAYLOAD_MAX - used)
			break;
		memcpy(reply->payload + used, &record, sizeof(record));
		used += sizeof(record);
		if (sets->general_size)
			memcpy(reply->payload + used, sets->general, sets->general_size);
		used += sets->general_size;
		if (sets->extended_size)
			memcpy(reply->payload + used, sets->extended, sets->extended_size);
		used += sets->extended_size;
	}
	reply->head.size = (uint32_t)used;
}

/* The pieces may change while they are looked at: what is checked is a copy. */
static void answer_read(const struct holder *holder, struct policy *policy,
			const struct request *request, struct reply_message *reply)
{
	static struct window_piece pieces[WINDOW_PIECES];
	static struct iovec remote[WINDOW_PIECES];
	size_t count = (size_t)MIN(request->numbers[1], WINDOW_PIECES), total = 0;
	memcpy(pieces, holder->window->pieces, count * sizeof(*pieces));
	for (size_t i = 0; i < count; i++) {
		if (pieces[i].length > WINDOW_BYTES - total) {
			reply->head.os_error = EINVAL;
			return;
		}
		total += (size_t)pieces[i].length;
		remote[i] = (struct iovec){ (void *)(uintptr_t)pieces[i].address,
					    (size_t)pieces[i].length };
	}
	struct iovec local = { holder->window->bytes, total };
	uint64_t number = request->numbers[0];
	if (number > INT32_MAX || !policy_owns(policy, (pid_t)number)) {
		reply->head.os_error = EPERM;
		return;
	}
	ssize_t n = process_vm_readv((pid_t)number, &local, 1, remote, count, 0);
	reply->head.os_error = n < 0 ? errno : 0;
	reply->head.numbers[0] = n < 0 ? 0 : (uint64_t)n;
}

static struct error *check_fork(const struct holder *holder)
{
	const struct error *problem = holder->fork_problem;
	if (problem)
		return error_new(problem->code, "%s", problem->message);
	return holder->fork ? process_fork_check(holder->fork) : not_allowed();
}

void holder_answer(struct holder *holder, struct policy *policy, const struct request *request,
		   struct reply_message *reply)
{
	struct error *error = NULL;
	struct target_pause pause;
	switch (request->kind) {
	case REQUEST_STOP:
		error = stop(holder, policy, request, reply);
		break;
	case REQUEST_RELEASE:
		release(holder, &pause);
		answer_pause(reply, &pause);
		break;
	case REQUEST_FORK:
		error = make_fork(holder, policy, request, reply);
		break;
	case REQUEST_THREADS:
		answer_threads(holder, request, reply);
		break;
	case REQUEST_READ:
		answer_read(holder, policy, request, reply);
		break;
	case REQUEST_FORK_CHECK:
		error = check_fork(holder);
		break;
	case REQUEST_FORK_END:
		fork_end(holder, policy);
		break;
	default:
		error = not_allowed();
	}
	if (error)
		reply_error(reply, error);
}

bool holder_watch(struct holder *holder, struct policy *policy, int *ret_wait_ms)
{
	uint64_t left = STOPPED_MAX_NS;
	*ret_wait_ms = -1;
	if (holder->stopped) {
		uint64_t stood = traced_now_ns() - holder->stopped_ns;
		if (stood >= STOPPED_MAX_NS)
			return false;
		left -= stood;
		*ret_wait_ms = (int)(left / 1000000) + 1;
	}
	if (holder->fork) {
		struct error *problem = process_fork_check(holder->fork);
		*ret_wait_ms = FORK_CHECK_MS;
		if (problem) {
			fork_end(holder, policy);
			error_destroy(holder->fork_problem);
			holder->fork_problem = problem;
		}
	}
	return true;
}

void holder_deinit(struct holder *holder)
{
	target_destroy(TAKE_PTR(holder->fork));
	target_destroy(TAKE_PTR(holder->process));
	error_destroy(TAKE_PTR(holder->fork_problem));
}
