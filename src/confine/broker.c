/* SPDX-License-Identifier: Apache-2.0 */
#include "confine/broker.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "confine/connector.h"
#include "confine/holder.h"
#include "confine/opener.h"

struct broker {
	int socket;
	struct policy *policy;
	struct holder holder;
	bool ready;
	struct request request;
	struct reply_message reply;
};

/* Static: it lives as long as the program, and a limit on memory is not to meet it half-way. */
static struct broker broker;

enum received {
	RECEIVED_REQUEST,
	RECEIVED_END,
	RECEIVED_GARBAGE,
};

static enum received receive(int *ret_directory)
{
	ssize_t n = message_receive(broker.socket, &broker.request, sizeof(broker.request),
				    ret_directory);
	if (n == 0)
		return RECEIVED_END;
	if (n != sizeof(broker.request) || broker.request.kind >= REQUEST_KINDS ||
	    !memchr(broker.request.path, '\0', sizeof(broker.request.path)))
		return RECEIVED_GARBAGE;
	return RECEIVED_REQUEST;
}

/* False when the reply cannot be sent: who does not wait for it does not follow the rules. */
static bool answer(int directory)
{
	_cleanup_(close_descriptor) int descriptor = -1;
	struct reply_message *reply = &broker.reply;
	reply->head = (struct reply){ 0 };
	switch (broker.request.kind) {
	case REQUEST_READY:
		broker.ready = true;
		break;
	case REQUEST_OPEN:
	case REQUEST_STATUS:
	case REQUEST_LINK:
	case REQUEST_LIST:
		opener_answer(broker.policy, &broker.request, directory, reply, &descriptor);
		break;
	case REQUEST_CONNECT:
		connector_answer(broker.policy, &broker.request, reply, &descriptor);
		break;
	default:
		holder_answer(&broker.holder, broker.policy, &broker.request, reply);
	}
	int problem = message_send(broker.socket, reply, sizeof(reply->head) + reply->head.size,
				   descriptor);
	return !problem || problem == EPIPE || problem == ECONNRESET;
}

/* Wait for a request, and look after what is held meanwhile. */
static bool await(bool *ret_late)
{
	for (;;) {
		struct pollfd item = { .fd = broker.socket, .events = POLLIN };
		int wait_ms;
		*ret_late = !holder_watch(&broker.holder, broker.policy, &wait_ms);
		if (*ret_late)
			return false;
		int n = poll(&item, 1, wait_ms);
		if (n > 0)
			return true;
		if (n < 0 && errno != EINTR)
			return false;
	}
}

static enum broker_end serve(char *why, size_t size)
{
	for (bool late; await(&late);) {
		_cleanup_(close_descriptor) int directory = -1;
		switch (receive(&directory)) {
		case RECEIVED_END:
			return BROKER_DONE;
		case RECEIVED_GARBAGE:
			return BROKER_GARBAGE;
		case RECEIVED_REQUEST:
			break;
		}
		if (broker.request.kind == REQUEST_HELPLESS && !broker.ready) {
			snprintf(why, size, "%s", broker.request.path);
			return BROKER_HELPLESS;
		}
		/* It says that it is confined first, and once. */
		if (broker.ready == (broker.request.kind == REQUEST_READY) || !answer(directory))
			return BROKER_GARBAGE;
	}
	return BROKER_LATE;
}

enum broker_end broker_serve(int socket, struct window *window, struct policy *policy, char *why,
			     size_t size)
{
	broker.socket = socket;
	broker.policy = policy;
	broker.ready = false;
	broker.holder.window = window;
	enum broker_end end = serve(why, size);
	holder_deinit(&broker.holder);
	return end;
}
