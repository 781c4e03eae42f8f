/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "confine/client.h"
#include "confine/takeover.h"

int takeover_socket(void)
{
	struct stat status;
	for (int descriptor = 3; descriptor < 64; descriptor++) {
		if (fstat(descriptor, &status) == 0 && S_ISSOCK(status.st_mode))
			return descriptor;
	}
	return STDOUT_FILENO;
}

void *takeover_address(void)
{
	static int anything;
	return &anything;
}

static uint64_t draw(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return *seed >> 24;
}

static void send_bytes(const void *bytes, size_t size)
{
	if (message_send(takeover_socket(), bytes, size, -1))
		return; /* the broker has had enough, or has no room: that is its answer */
}

/* Wait to be ended, which is what all of these deserve. */
static struct error *await_end(void)
{
	char byte[8];
	for (unsigned i = 0; i < 1000000; i++) {
		int descriptor;
		if (message_receive(takeover_socket(), byte, sizeof(byte), &descriptor) == 0)
			break;
	}
	return error_new(ERROR_OTHER, "the broker has gone, and its worker is left");
}

static struct error *send_short(struct writer *writer)
{
	(void)writer;
	send_bytes("hello", 5);
	return await_end();
}

static struct error *send_long(struct writer *writer)
{
	static char bytes[sizeof(struct request) + 1];
	(void)writer;
	send_bytes(bytes, sizeof(bytes));
	return await_end();
}

static struct error *send_unknown(struct writer *writer)
{
	static struct request request = { .kind = REQUEST_KINDS };
	(void)writer;
	send_bytes(&request, sizeof(request));
	return await_end();
}

static struct error *send_endless_path(struct writer *writer)
{
	static struct request request = { .kind = REQUEST_OPEN };
	(void)writer;
	memset(request.path, 'a', sizeof(request.path));
	send_bytes(&request, sizeof(request));
	return await_end();
}

static struct error *send_ready_again(struct writer *writer)
{
	static struct request request = { .kind = REQUEST_READY };
	(void)writer;
	send_bytes(&request, sizeof(request));
	return await_end();
}

static struct error *send_descriptors(struct writer *writer)
{
	static struct request request = { .kind = REQUEST_LIST };
	const int descriptors[2] = { 0, 1 };
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(descriptors))];
	} control = { .bytes = { 0 } };
	struct iovec piece = { &request, sizeof(request) };
	struct msghdr message = {
		.msg_iov = &piece,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	(void)writer;
	struct cmsghdr *item = CMSG_FIRSTHDR(&message);
	item->cmsg_level = SOL_SOCKET;
	item->cmsg_type = SCM_RIGHTS;
	item->cmsg_len = CMSG_LEN(sizeof(descriptors));
	memcpy(CMSG_DATA(item), descriptors, sizeof(descriptors));
	if (sendmsg(takeover_socket(), &message, 0) < 0)
		return error_os(errno, "it cannot even be sent");
	return await_end();
}

/* Requests without end, and nobody who reads the answers. */
static struct error *send_flood(struct writer *writer)
{
	static struct request request = { .kind = REQUEST_STATUS, .path = "/proc/self/status" };
	(void)writer;
	for (unsigned i = 0; i < 2000000; i++)
		send_bytes(&request, sizeof(request));
	return await_end();
}

/* Messages of the right size, of any content, with any descriptor; each answered or the end. */
static struct error *send_random(struct writer *writer)
{
	const char *text = getenv("TAKEOVER_SEED");
	uint64_t seed = text ? strtoull(text, NULL, 10) : 1;
	static struct request request;
	for (unsigned i = 0; i < 2000; i++) {
		uint8_t *bytes = (uint8_t *)&request;
		for (size_t at = 0; at < sizeof(request); at++)
			bytes[at] = (uint8_t)draw(&seed);
		request.kind = 1 + (uint32_t)draw(&seed) % (REQUEST_KINDS - 1);
		if (draw(&seed) % 2)
			memcpy(request.path, "/proc/self/status", 18);
		request.path[draw(&seed) % sizeof(request.path)] = '\0';
		/* Never the target itself, which is not to be hurt by chance. */
		request.numbers[0] |= (uint64_t)1 << 40;
		struct request *sent = client_begin((enum request_kind)request.kind);
		*sent = request;
		int descriptor = -1;
		client_ask(draw(&seed) % 2 ? 0 : -1, &descriptor);
		client_done();
		close_descriptor(&descriptor);
	}
	writer_string(writer, "answered\n");
	return NULL;
}

static struct error *ask_process(enum request_kind kind, struct writer *writer)
{
	const char *text = getenv("TAKEOVER_PID");
	struct request *request = client_begin(kind);
	request->numbers[0] = text ? strtoull(text, NULL, 10) : 0;
	struct error *error = client_error(client_ask(-1, NULL));
	client_done();
	if (!error)
		writer_string(writer, "done\n");
	return error;
}

static struct error *stop_other(struct writer *writer)
{
	return ask_process(REQUEST_STOP, writer);
}

static struct error *fork_other(struct writer *writer)
{
	return ask_process(REQUEST_FORK, writer);
}

struct error *takeover_attack(const char *name, struct writer *writer)
{
	static const struct {
		const char *name;
		struct error *(*attack)(struct writer *writer);
	} attacks[] = {
		{ "short", send_short },
		{ "long", send_long },
		{ "unknown", send_unknown },
		{ "endless-path", send_endless_path },
		{ "ready-again", send_ready_again },
		{ "descriptors", send_descriptors },
		{ "flood", send_flood },
		{ "random", send_random },
		{ "stop-other", stop_other },
		{ "fork-other", fork_other },
	};
	for (size_t i = 0; i < ARRAY_SIZE(attacks); i++) {
		if (strcmp(attacks[i].name, name) == 0)
			return attacks[i].attack(writer);
	}
	return error_new(ERROR_USAGE, "there is no attempt %s", name);
}
