/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_HTTP_STREAM_H
#define DOWSE_HTTP_STREAM_H

#include "http/tls.h"
#include "http/url.h"

/*
 * A connection, with or without TLS, and how long it may take: `idle_ns` without a byte, and beyond
 * that in all a second for each KiB that came, so that nobody holds dowse by a drip.
 */
struct http_stream {
	int socket; /* owned; -1: none */
	struct http_tls_session *session;
	const char *shown; /* borrowed */
	int64_t idle_ns;
	int64_t began_ns;
	uint64_t received;
};

#define HTTP_STREAM_NONE ((struct http_stream){ .socket = -1 })

/* Takes the socket over, also on failure. */
struct error *http_stream_open(struct http_stream *stream, int socket, const struct http_url *url,
			       struct http_tls *tls, int64_t idle_ns) must_use;
void http_stream_close(struct http_stream *stream);

struct error *http_stream_write(struct http_stream *stream, const void *bytes, size_t size)
	must_use;

/* At least a byte, or 0 at the end. */
struct error *http_stream_read(struct http_stream *stream, void *into, size_t size, size_t *ret)
	must_use;

#endif
