/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "confine/protocol.h"

union control {
	struct cmsghdr header; /* for its alignment */
	char bytes[CMSG_SPACE(sizeof(int))];
};

void reply_error(struct reply_message *reply, struct error *error)
{
	size_t length = MIN(strlen(error->message), PAYLOAD_MAX);
	reply->head.failed = (uint32_t)error->code + 1;
	reply->head.os_error = error->os_error;
	reply->head.size = (uint32_t)length;
	memcpy(reply->payload, error->message, length);
	error_destroy(error);
}

int message_send(int socket, const void *message, size_t size, int descriptor)
{
	union control control = { .bytes = { 0 } };
	struct iovec piece = { (void *)message, size };
	struct msghdr header = { .msg_iov = &piece, .msg_iovlen = 1 };

	if (descriptor >= 0) {
		header.msg_control = control.bytes;
		header.msg_controllen = sizeof(control.bytes);
		struct cmsghdr *item = CMSG_FIRSTHDR(&header);
		item->cmsg_level = SOL_SOCKET;
		item->cmsg_type = SCM_RIGHTS;
		item->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(item), &descriptor, sizeof(descriptor));
	}
	for (;;) {
		ssize_t n = sendmsg(socket, &header, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n >= 0)
			return (size_t)n == size ? 0 : EMSGSIZE;
		if (errno != EINTR)
			return errno;
	}
}

/*
 * The descriptor that came along. Two fit into what alignment adds to the room for one: then there
 * is none, and none is left open.
 */
static bool take_descriptor(struct msghdr *header, int *ret)
{
	int descriptors[2] = { -1, -1 };
	struct cmsghdr *item = CMSG_FIRSTHDR(header);
	if (item && item->cmsg_level == SOL_SOCKET && item->cmsg_type == SCM_RIGHTS &&
	    item->cmsg_len > CMSG_LEN(0))
		memcpy(descriptors, CMSG_DATA(item),
		       MIN(item->cmsg_len - CMSG_LEN(0), sizeof(descriptors)));
	if (descriptors[1] < 0 && !(header->msg_flags & (MSG_TRUNC | MSG_CTRUNC))) {
		*ret = descriptors[0];
		return true;
	}
	close_descriptor(&descriptors[0]);
	close_descriptor(&descriptors[1]);
	return false;
}

ssize_t message_receive(int socket, void *message, size_t size, int *ret_descriptor)
{
	union control control = { .bytes = { 0 } };
	struct iovec piece = { message, size };
	struct msghdr header = {
		.msg_iov = &piece,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	ssize_t n;

	do
		n = recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == ECONNRESET ? 0 : -1;
	return take_descriptor(&header, ret_descriptor) ? n : -1;
}
