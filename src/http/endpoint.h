/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_HTTP_ENDPOINT_H
#define DOWSE_HTTP_ENDPOINT_H

#include <sys/socket.h>

#include "http/url.h"

#define HTTP_ADDRESSES_MAX 8

/* Whom a URL names, as addresses: what a connection can be made to without looking anything up. */
struct http_endpoint {
	const char *shown; /* borrowed from the URL */
	struct sockaddr_storage addresses[HTTP_ADDRESSES_MAX];
	socklen_t sizes[HTTP_ADDRESSES_MAX];
	size_t count;
};

/* Ask for its addresses. `url` must outlive it. */
struct error *http_endpoint_find(const struct http_url *url, struct http_endpoint *ret) must_use;

/* A connected socket, from which nothing is waited for: the first address that answers, in 5 s. */
struct error *http_endpoint_connect(const struct http_endpoint *endpoint, int *ret) must_use;

#endif
