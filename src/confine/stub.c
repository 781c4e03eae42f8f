/* SPDX-License-Identifier: Apache-2.0 */
#include "confine/stub.h"

#include <errno.h>
#include <string.h>

#include "confine/client.h"

/* The bytes of register sets, which `bytes` goes on with behind the thread's record. */
static struct error *take_sets(struct stop *stop, const uint8_t *bytes,
			       struct target_register_sets *sets)
{
	size_t size = sets->general_size + sets->extended_size;
	if (!size)
		return NULL;
	uint8_t *copy = arena_allocate_raw(&stop->sets, size);
	if (!copy)
		return error_no_memory();
	memcpy(copy, bytes, size);
	sets->general = sets->general_size ? copy : NULL;
	sets->extended = sets->extended_size ? copy + sets->general_size : NULL;
	return NULL;
}

static struct error *take_threads(struct stop *stop, const struct reply_message *reply)
{
	for (size_t at = 0; at < reply->head.size;) {
		struct thread_record record;
		memcpy(&record, reply->payload + at, sizeof(record));
		TRY(take_sets(stop, reply->payload + at + sizeof(record), &record.thread.sets));
		TRY(target_thread_vector_append(&stop->reported, &record.thread));
		at += record.size;
	}
	return NULL;
}

static struct error *fetch_threads(struct stop *stop, size_t count, bool of_fork)
{
	struct error *error = NULL;
	while (!error && stop->reported.count < count) {
		struct request *request = client_begin(REQUEST_THREADS);
		size_t before = stop->reported.count;
		request->numbers[0] = before;
		request->numbers[1] = of_fork;
		error = take_threads(stop, client_ask(-1, NULL));
		client_done();
		if (!error && stop->reported.count == before)
			return error_new(ERROR_OTHER, "a thread's registers are too large");
	}
	return error;
}

static void stub_release(struct target_pause *ret)
{
	client_begin(REQUEST_RELEASE);
	const struct reply_message *reply = client_ask(-1, NULL);
	*ret = (struct target_pause){ 0 };
	if (reply->head.size == sizeof(*ret))
		memcpy(ret, reply->payload, sizeof(*ret));
	client_done();
}

static struct error *stub_stop(struct stop *stop)
{
	struct request *request = client_begin(REQUEST_STOP);
	request->numbers[0] = (uint64_t)stop->pid;
	request->numbers[1] = stop->with_sets;
	const struct reply_message *reply = client_ask(-1, NULL);
	struct error *error = client_error(reply);
	size_t count = (size_t)reply->head.numbers[0];
	stop->began_ns = reply->head.numbers[1];
	client_done();
	if (error)
		return error;
	error = fetch_threads(stop, count, false);
	if (error) {
		struct target_pause unused;
		stub_release(&unused);
	}
	return error;
}

static void stub_fork_end(void)
{
	client_begin(REQUEST_FORK_END);
	client_ask(-1, NULL);
	client_done();
}

static struct error *stub_fork(struct stop *stop, const struct process_fork_options *options,
			       pid_t *ret_fork, struct target_pause *ret_pause)
{
	struct request *request = client_begin(REQUEST_FORK);
	request->numbers[0] = (uint64_t)stop->pid;
	request->numbers[1] = options->max_pause_ns;
	request->numbers[2] = options->own_memory;
	request->numbers[3] = options->reading_ns;
	request->numbers[4] = options->register_sets;
	const struct reply_message *reply = client_ask(-1, NULL);
	struct error *error = client_error(reply);
	size_t count = (size_t)reply->head.numbers[0];
	pid_t fork = (pid_t)reply->head.numbers[2];
	stop->began_ns = reply->head.numbers[1];
	if (!error && reply->head.size == sizeof(*ret_pause))
		memcpy(ret_pause, reply->payload, sizeof(*ret_pause));
	client_done();
	if (error)
		return error;
	error = fetch_threads(stop, count, true);
	if (error)
		stub_fork_end();
	else
		*ret_fork = fork;
	return error;
}

static struct window *window; /* guarded by client_begin() and client_done() */

void stub_init(struct window *shared)
{
	window = shared;
}

static void scatter(const struct iovec *local, size_t count, size_t size)
{
	const uint8_t *from = window->bytes;
	for (size_t i = 0; i < count && size; i++) {
		size_t some = MIN(local[i].iov_len, size);
		memcpy(local[i].iov_base, from, some);
		from += some;
		size -= some;
	}
}

static ssize_t stub_read(pid_t process, const struct iovec *local, size_t local_count,
			 const struct iovec *remote, size_t remote_count)
{
	if (remote_count > WINDOW_PIECES) {
		errno = EPERM; /* to be read in another way */
		return -1;
	}
	struct request *request = client_begin(REQUEST_READ);
	request->numbers[0] = (uint64_t)process;
	request->numbers[1] = remote_count;
	for (size_t i = 0; i < remote_count; i++)
		window->pieces[i] = (struct window_piece){
			.address = (uint64_t)(uintptr_t)remote[i].iov_base,
			.length = remote[i].iov_len,
		};
	const struct reply_message *reply = client_ask(-1, NULL);
	int problem = reply->head.os_error;
	size_t size = (size_t)reply->head.numbers[0];
	if (!problem)
		scatter(local, local_count, size);
	client_done();
	errno = problem;
	return problem ? -1 : (ssize_t)size;
}

static struct error *stub_fork_check(void)
{
	client_begin(REQUEST_FORK_CHECK);
	struct error *error = client_error(client_ask(-1, NULL));
	client_done();
	return error;
}

const struct delegate stub_delegate = {
	.stop = stub_stop,
	.release = stub_release,
	.fork = stub_fork,
	.read = stub_read,
	.read_max = WINDOW_BYTES,
	.fork_check = stub_fork_check,
	.fork_end = stub_fork_end,
};
