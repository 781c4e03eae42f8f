/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_CONFINE_PROTOCOL_H
#define DOWSE_CONFINE_PROTOCOL_H

#include <limits.h>

#include "target/target.h"

/*
 * What the worker asks of the broker, over a socket that keeps messages apart. A request has one
 * size, whatever it asks, and may bring one descriptor (of the folder that a path starts from);
 * anything else ends the worker. For each request there is one reply, before which there is no
 * next request.
 */
enum request_kind {
	REQUEST_READY,      /* the worker is confined; numbers[0]: enum confined_part */
	REQUEST_HELPLESS,   /* it could not be: `path` says why */
	REQUEST_OPEN,       /* path, flags of open(); the reply brings a descriptor */
	REQUEST_STATUS,     /* path, flags AT_SYMLINK_NOFOLLOW; payload: struct stat */
	REQUEST_LINK,       /* path; payload: what it points to */
	REQUEST_LIST,       /* a folder's descriptor; payload: as getdents64() has it */
	REQUEST_STOP,       /* numbers[0] process, [1] register sets? */
	REQUEST_THREADS,    /* numbers[0] index from, [1] of the fork's? payload: thread records */
	REQUEST_RELEASE,    /* payload: struct target_pause */
	REQUEST_FORK,       /* numbers[0] process, then struct process_fork_options' */
	REQUEST_READ,       /* numbers[0] process, [1] count of pieces in the window */
	REQUEST_FORK_CHECK, /* is it still well? */
	REQUEST_FORK_END,
	REQUEST_CONNECT, /* numbers[0] endpoint; the reply brings a connected socket */
	REQUEST_KINDS,
};

struct request {
	uint32_t kind;
	uint32_t flags;
	uint64_t numbers[6];
	char path[PATH_MAX]; /* with its NUL */
};

#define PAYLOAD_MAX ((size_t)64 << 10)

/* The head of a reply; its payload follows in the same message. */
struct reply {
	int32_t os_error; /* of what an errno says; 0: done */
	uint32_t
		failed; /* an error whose code this is (plus 1), and whose message is the payload */
	uint32_t size;  /* of the payload */
	uint32_t unused;
	uint64_t numbers[4];
};

struct reply_message {
	struct reply head;
	uint8_t payload[PAYLOAD_MAX];
};

/* A thread in a REQUEST_THREADS reply; its register sets' bytes follow, general first. */
struct thread_record {
	struct target_thread thread; /* its pointers mean nothing */
	uint64_t size;               /* of this and what follows */
};

/*
 * Memory that both processes share: where in the target to read, and what was read, one piece
 * behind the other.
 */
#define WINDOW_PIECES ((size_t)1024)
#define WINDOW_BYTES  ((size_t)1 << 20)

struct window {
	struct window_piece {
		uint64_t address;
		uint64_t length;
	} pieces[WINDOW_PIECES];
	uint8_t bytes[WINDOW_BYTES];
};

/* Say in the reply what went wrong; takes the error over. */
void reply_error(struct reply_message *reply, struct error *error);

/*
 * Send a message, with a descriptor unless that is -1; 0 or an errno. It never waits: the other
 * side has room, for it waits for this.
 */
int message_send(int socket, const void *message, size_t size, int descriptor);

/*
 * Wait for a message of at most `size` bytes; how many came, 0 when the other side is gone, -1 when
 * what came is none (too long, several descriptors). *ret_descriptor is -1 when none came along.
 */
ssize_t message_receive(int socket, void *message, size_t size, int *ret_descriptor);

#endif
