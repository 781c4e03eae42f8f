/* SPDX-License-Identifier: Apache-2.0 */
#include "confine/client.h"

#include <pthread.h>
#include <string.h>

#define STATUS_LOST 1 /* nobody waits for it any more */

static struct {
	int socket;
	pthread_mutex_t mutex;

	/* Guarded by mutex. */
	struct request request;
	struct reply_message reply;
} client = { .socket = -1, .mutex = PTHREAD_MUTEX_INITIALIZER };

void client_init(int socket)
{
	client.socket = socket;
}

struct request *client_begin(enum request_kind kind)
{
	pthread_mutex_lock(&client.mutex);
	client.request.kind = kind;
	client.request.flags = 0;
	memset(client.request.numbers, 0, sizeof(client.request.numbers));
	client.request.path[0] = '\0';
	return &client.request;
}

const struct reply_message *client_ask(int directory, int *ret_descriptor)
{
	int descriptor = -1;
	if (message_send(client.socket, &client.request, sizeof(client.request), directory))
		_exit(STATUS_LOST);
	ssize_t n = message_receive(client.socket, &client.reply, sizeof(client.reply),
				    &descriptor);
	if (n < (ssize_t)sizeof(client.reply.head))
		_exit(STATUS_LOST);
	if (ret_descriptor)
		*ret_descriptor = descriptor;
	else
		close_descriptor(&descriptor);
	return &client.reply;
}

void client_done(void)
{
	pthread_mutex_unlock(&client.mutex);
}

struct error *client_error(const struct reply_message *reply)
{
	if (!reply->head.failed)
		return NULL;
	struct error *error = error_new((enum error_code)(reply->head.failed - 1), "%.*s",
					(int)reply->head.size, (const char *)reply->payload);
	if (error != error_no_memory())
		error->os_error = reply->head.os_error;
	return error;
}
