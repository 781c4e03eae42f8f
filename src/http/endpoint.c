/* SPDX-License-Identifier: Apache-2.0 */
#include "http/endpoint.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <string.h>
#include <sys/un.h>
#include <time.h>
#ifdef DOWSE_STATIC
#include <nss.h>
#endif

#define CONNECT_MS 5000

static struct error *take_socket(const struct http_url *url, struct http_endpoint *ret)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	if (strlen(url->socket) >= sizeof(address.sun_path))
		return error_new(ERROR_USAGE, "%s: no socket has so long a path", url->shown);
	memcpy(address.sun_path, url->socket, strlen(url->socket) + 1);
	memcpy(&ret->addresses[0], &address, sizeof(address));
	ret->sizes[0] = sizeof(address);
	ret->count = 1;
	return NULL;
}

static struct error *not_found(const struct http_url *url, int problem)
{
	if (problem == EAI_MEMORY)
		return error_no_memory();
	return error_new(ERROR_NOT_FOUND, "%s: no address is known for %s (%s)", url->shown,
			 url->host,
			 problem == EAI_SYSTEM ? strerror(errno) : gai_strerror(problem));
}

struct error *http_endpoint_find(const struct http_url *url, struct http_endpoint *ret)
{
	const struct addrinfo wanted = {
		.ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICSERV,
	};
	struct addrinfo *found = NULL;
	*ret = (struct http_endpoint){ .shown = url->shown };
	if (url->socket)
		return take_socket(url, ret);
#ifdef DOWSE_STATIC
	/* Others would be loaded from shared objects, of another C library. */
	__nss_configure_lookup("hosts", "files dns");
#endif
	int problem = getaddrinfo(url->host, url->port, &wanted, &found);
	if (problem)
		return not_found(url, problem);
	for (const struct addrinfo *item = found; item && ret->count < HTTP_ADDRESSES_MAX;
	     item = item->ai_next) {
		if (item->ai_addrlen > sizeof(*ret->addresses))
			continue;
		memcpy(&ret->addresses[ret->count], item->ai_addr, item->ai_addrlen);
		ret->sizes[ret->count++] = item->ai_addrlen;
	}
	freeaddrinfo(found);
	return ret->count ? NULL : not_found(url, EAI_NONAME);
}

static int64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * (int64_t)1000 + now.tv_nsec / 1000000;
}

/* 0 or an errno. */
static int await(int file, int64_t until)
{
	struct pollfd item = { .fd = file, .events = POLLOUT };
	int problem = 0;
	socklen_t size = sizeof(problem);
	int n;
	do {
		int64_t left = until - now_ms();
		if (left <= 0)
			return ETIMEDOUT;
		n = poll(&item, 1, (int)left);
	} while (n == 0 || (n < 0 && errno == EINTR));
	if (n < 0 || getsockopt(file, SOL_SOCKET, SO_ERROR, &problem, &size) < 0)
		return errno;
	return problem;
}

/* A descriptor, or an errno made negative. */
static int connect_to(const struct sockaddr_storage *address, socklen_t size, int64_t until)
{
	_cleanup_(close_descriptor) int file =
		socket(address->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (file < 0)
		return -errno;
	if (connect(file, (const struct sockaddr *)address, size) == 0)
		return TAKE_FD(file);
	if (errno != EINPROGRESS && errno != EINTR)
		return -errno;
	int problem = await(file, until);
	return problem ? -problem : TAKE_FD(file);
}

static struct error *refused(const struct http_endpoint *endpoint, int problem)
{
	switch (problem) {
	case ECONNREFUSED:
		return error_new(ERROR_NOT_FOUND,
				 "%s: nobody listens there: is that the port that the program "
				 "serves net/http/pprof on?",
				 endpoint->shown);
	case ETIMEDOUT:
		return error_new(ERROR_NOT_FOUND,
				 "%s: nobody has answered within %d s: is the way there open?",
				 endpoint->shown, CONNECT_MS / 1000);
	default:
		return error_os(problem, "%s: no connection", endpoint->shown);
	}
}

struct error *http_endpoint_connect(const struct http_endpoint *endpoint, int *ret)
{
	int64_t until = now_ms() + CONNECT_MS;
	int first = 0;
	for (size_t i = 0; i < endpoint->count; i++) {
		/* One that never answers leaves time for the others. */
		int64_t left = until - now_ms();
		int64_t share = left / (int64_t)(endpoint->count - i);
		int file = connect_to(&endpoint->addresses[i], endpoint->sizes[i],
				      now_ms() + MAX(share, 1));
		if (file >= 0) {
			*ret = file;
			return NULL;
		}
		if (!first || first == ENETUNREACH || first == EADDRNOTAVAIL)
			first = -file;
	}
	return refused(endpoint, first);
}
