/* SPDX-License-Identifier: Apache-2.0 */
#include "http/stream.h"

#include <errno.h>
#include <poll.h>
#include <time.h>

#define SECOND_NS     ((int64_t)1000000000)
#define KIB_NS        SECOND_NS
#define RECEIVED_MOST ((uint64_t)1 << 40)

static int64_t now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * SECOND_NS + now.tv_nsec;
}

struct error *http_stream_open(struct http_stream *stream, int socket, const struct http_url *url,
			       struct http_tls *tls, int64_t idle_ns)
{
	*stream = (struct http_stream){
		.socket = socket,
		.shown = url->shown,
		.idle_ns = idle_ns + http_url_seconds(url) * SECOND_NS,
		.began_ns = now_ns(),
	};
	return url->secure ? error_wrap(http_tls_open(tls, url->host, socket, &stream->session),
					"%s", url->shown)
			   : NULL;
}

void http_stream_close(struct http_stream *stream)
{
	http_tls_close(stream->session);
	close_descriptor(&stream->socket);
	*stream = HTTP_STREAM_NONE;
}

static struct error *too_slow(const struct http_stream *stream, bool drips)
{
	return error_new(
		ERROR_LIMIT,
		drips ? "%s: it sends too slowly, %llu bytes in %lld s: given up"
		      : "%s: nothing was heard of it, after %llu bytes, for %lld s: given "
			"up (--timeout TIME waits for longer)",
		stream->shown, (unsigned long long)stream->received,
		(long long)((drips ? now_ns() - stream->began_ns : stream->idle_ns) / SECOND_NS));
}

static struct error *await(const struct http_stream *stream, short events)
{
	struct pollfd item = { .fd = stream->socket, .events = events };
	int64_t now = now_ns();
	int64_t until = now + stream->idle_ns;
	int64_t at_most = stream->began_ns + stream->idle_ns +
			  (int64_t)(MIN(stream->received, RECEIVED_MOST) >> 10) * KIB_NS;
	bool drips = at_most < until && stream->received;
	until = MIN(until, at_most);
	for (; now < until; now = now_ns()) {
		int n = poll(&item, 1, (int)MIN((until - now) / 1000000 + 1, (int64_t)60000));
		if (n > 0)
			return NULL;
		if (n < 0 && errno != EINTR)
			return error_os(errno, "%s: cannot wait for it", stream->shown);
	}
	return too_slow(stream, drips);
}

static struct error *failed(struct http_stream *stream)
{
	if (stream->session)
		return error_new(ERROR_OTHER, "%s: TLS fails: %s", stream->shown,
				 http_tls_problem(stream->session));
	return error_os(errno, "%s: the connection broke after %llu bytes%s", stream->shown,
			(unsigned long long)stream->received,
			stream->received ? "" : " (does it speak https there?)");
}

struct error *http_stream_write(struct http_stream *stream, const void *bytes, size_t size)
{
	const uint8_t *at = bytes;
	while (size) {
		short events = POLLOUT;
		ssize_t n = stream->session ? http_tls_write(stream->session, at, size, &events)
					    : write(stream->socket, at, size);
		if (n > 0) {
			at += n;
			size -= (size_t)n;
		} else if (n == 0 || errno == EAGAIN) {
			TRY(await(stream, events));
		} else if (errno != EINTR) {
			return failed(stream);
		}
	}
	return NULL;
}

struct error *http_stream_read(struct http_stream *stream, void *into, size_t size, size_t *ret)
{
	for (;;) {
		short events = POLLIN;
		ssize_t n = stream->session ? http_tls_read(stream->session, into, size, &events)
					    : read(stream->socket, into, size);
		if (n >= 0) {
			stream->received += (uint64_t)n;
			*ret = (size_t)n;
			return NULL;
		}
		if (errno == EAGAIN)
			TRY(await(stream, events));
		else if (errno != EINTR)
			return failed(stream);
	}
}
