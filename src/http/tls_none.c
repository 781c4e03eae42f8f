/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "http/tls.h"

struct error *http_tls_create(const struct http_tls_options *options, struct http_tls **ret)
{
	(void)options;
	(void)ret;
	return error_new(ERROR_UNSUPPORTED,
			 "https:// needs TLS, which this dowse was built without: take a build "
			 "that has it, or fetch the profile with curl and give the file");
}

void http_tls_destroy(struct http_tls *tls)
{
	(void)tls;
}

/* None of these is called without one of the above. */
struct error *http_tls_open(struct http_tls *tls, const char *host, int socket,
			    struct http_tls_session **ret)
{
	(void)tls;
	(void)host;
	(void)socket;
	(void)ret;
	return http_tls_create(NULL, NULL);
}

void http_tls_close(struct http_tls_session *session)
{
	(void)session;
}

ssize_t http_tls_read(struct http_tls_session *session, void *into, size_t size, short *ret_events)
{
	(void)session;
	(void)into;
	(void)size;
	(void)ret_events;
	errno = ENOSYS;
	return -1;
}

ssize_t http_tls_write(struct http_tls_session *session, const void *bytes, size_t size,
		       short *ret_events)
{
	(void)bytes;
	return http_tls_read(session, NULL, size, ret_events);
}

const char *http_tls_problem(struct http_tls_session *session)
{
	(void)session;
	return "there is no TLS";
}
