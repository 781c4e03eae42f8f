/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <string.h>

#include "http/tls.h"

struct http_tls {
	SSL_CTX *context;
	bool unverified;
};

struct http_tls_session {
	SSL *ssl;
	int os_error; /* of the call that failed last */
	char problem[256];
};

/* Where systems keep whom they trust, in one file: a folder would be read too late. */
static const char *const bundles[] = {
	"/etc/ssl/certs/ca-certificates.crt",
	"/etc/pki/tls/certs/ca-bundle.crt",
	"/etc/ssl/ca-bundle.pem",
	"/etc/ssl/cert.pem",
};

/* The first reason that OpenSSL has noted, and no other one after that. */
static const char *take_reason(const char *otherwise)
{
	unsigned long code = ERR_get_error();
	const char *reason = code ? ERR_reason_error_string(code) : NULL;
	ERR_clear_error();
	return reason ? reason : otherwise;
}

static struct error *trust(SSL_CTX *context, const struct http_tls_options *options)
{
	if (options->unverified)
		return NULL;
	if (options->authorities) {
		if (SSL_CTX_load_verify_file(context, options->authorities) == 1)
			return NULL;
		return error_new(ERROR_OTHER,
				 "--cacert %s: it has no certificate that can be "
				 "read (%s)",
				 options->authorities, take_reason("not PEM"));
	}
	const char *named = getenv("SSL_CERT_FILE");
	if (named && *named && SSL_CTX_load_verify_file(context, named) == 1)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(bundles); i++) {
		if (SSL_CTX_load_verify_file(context, bundles[i]) == 1)
			return NULL;
	}
	ERR_clear_error();
	return error_new(ERROR_NOT_FOUND,
			 "https:// needs certificates to trust, and none are found here: install "
			 "ca-certificates, or name a file of them by --cacert FILE");
}

struct error *http_tls_create(const struct http_tls_options *options, struct http_tls **ret)
{
	struct http_tls *tls = calloc(1, sizeof(*tls));
	if (!tls)
		return error_no_memory();
	tls->unverified = options->unverified;
	tls->context = SSL_CTX_new(TLS_client_method());
	struct error *error = tls->context ? trust(tls->context, options)
					   : error_new(ERROR_OTHER, "TLS cannot be set up: %s",
						       take_reason("no reason given"));
	if (error) {
		http_tls_destroy(tls);
		return error;
	}
	SSL_CTX_set_min_proto_version(tls->context, TLS1_2_VERSION);
	SSL_CTX_set_verify(tls->context, options->unverified ? SSL_VERIFY_NONE : SSL_VERIFY_PEER,
			   NULL);
	*ret = tls;
	return NULL;
}

void http_tls_destroy(struct http_tls *tls)
{
	if (tls)
		SSL_CTX_free(tls->context);
	free(tls);
}

/* What the certificate must say. */
static bool expect(SSL *ssl, const char *host)
{
	unsigned char address[sizeof(struct in6_addr)];
	X509_VERIFY_PARAM *wanted = SSL_get0_param(ssl);
	if (inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1)
		return X509_VERIFY_PARAM_set1_ip_asc(wanted, host) == 1;
	X509_VERIFY_PARAM_set_hostflags(wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return X509_VERIFY_PARAM_set1_host(wanted, host, 0) == 1 &&
	       SSL_set_tlsext_host_name(ssl, host) == 1;
}

struct error *http_tls_open(struct http_tls *tls, const char *host, int socket,
			    struct http_tls_session **ret)
{
	struct http_tls_session *session = calloc(1, sizeof(*session));
	if (!session)
		return error_no_memory();
	session->ssl = SSL_new(tls->context);
	if (!session->ssl || SSL_set_fd(session->ssl, socket) != 1 || !expect(session->ssl, host)) {
		http_tls_close(session);
		return error_new(ERROR_OTHER, "TLS cannot be set up: %s",
				 take_reason("no reason given"));
	}
	SSL_set_connect_state(session->ssl);
	*ret = session;
	return NULL;
}

void http_tls_close(struct http_tls_session *session)
{
	if (session)
		SSL_free(session->ssl);
	free(session);
}

static ssize_t failed(struct http_tls_session *session, int result, short *ret_events)
{
	int problem = SSL_get_error(session->ssl, result);
	int os_error = errno;
	long verified = SSL_get_verify_result(session->ssl);
	if (problem == SSL_ERROR_ZERO_RETURN)
		return 0;
	if (problem == SSL_ERROR_WANT_READ || problem == SSL_ERROR_WANT_WRITE) {
		*ret_events = problem == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT;
		errno = EAGAIN;
		return -1;
	}
	if (verified != X509_V_OK && SSL_get_verify_mode(session->ssl) != SSL_VERIFY_NONE) {
		const char *words = X509_verify_cert_error_string(verified);
		strncpy(session->problem, words, sizeof(session->problem) - 1);
		ERR_clear_error();
	} else if (problem == SSL_ERROR_SYSCALL) {
		strncpy(session->problem,
			os_error ? strerror(os_error) : "the connection ended in the midst of it",
			sizeof(session->problem) - 1);
	} else {
		strncpy(session->problem, take_reason("no reason given"),
			sizeof(session->problem) - 1);
	}
	errno = EPROTO;
	return -1;
}

ssize_t http_tls_read(struct http_tls_session *session, void *into, size_t size, short *ret_events)
{
	ERR_clear_error();
	errno = 0;
	int n = SSL_read(session->ssl, into, (int)MIN(size, (size_t)INT_MAX));
	return n > 0 ? n : failed(session, n, ret_events);
}

ssize_t http_tls_write(struct http_tls_session *session, const void *bytes, size_t size,
		       short *ret_events)
{
	ERR_clear_error();
	errno = 0;
	int n = SSL_write(session->ssl, bytes, (int)MIN(size, (size_t)INT_MAX));
	return n > 0 ? n : failed(session, n, ret_events);
}

const char *http_tls_problem(struct http_tls_session *session)
{
	return session->problem;
}
