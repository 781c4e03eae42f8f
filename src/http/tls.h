/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_HTTP_TLS_H
#define DOWSE_HTTP_TLS_H

#include <sys/types.h>

#include "base/error.h"

/*
 * TLS over a socket from which nothing is waited for. Whom to trust is read beforehand, while files
 * may still be opened; connections may be made in a process that opens none. There are two of this:
 * tls_openssl.c, and tls_none.c for a build without it, where http_tls_create() says so.
 */
struct http_tls;
struct http_tls_session;

struct http_tls_options {
	const char *authorities; /* a file of certificates; NULL: those of the system */
	bool unverified;         /* whoever it is */
};

struct error *http_tls_create(const struct http_tls_options *options, struct http_tls **ret)
	must_use;
void http_tls_destroy(struct http_tls *tls);

/* `host` is whose name, or address, the certificate must have. The socket stays the caller's. */
struct error *http_tls_open(struct http_tls *tls, const char *host, int socket,
			    struct http_tls_session **ret) must_use;
void http_tls_close(struct http_tls_session *session);

/*
 * As read() and write(); 0 from a read is an orderly end. -1 with errno EAGAIN: *ret_events is what to
 * poll() for; else the reason is what http_tls_problem() says.
 */
ssize_t http_tls_read(struct http_tls_session *session, void *into, size_t size, short *ret_events);
ssize_t http_tls_write(struct http_tls_session *session, const void *bytes, size_t size,
		       short *ret_events);

/* Words, valid until the next call. */
const char *http_tls_problem(struct http_tls_session *session);

#endif
