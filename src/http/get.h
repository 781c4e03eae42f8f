/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_HTTP_GET_H
#define DOWSE_HTTP_GET_H

#include "http/tls.h"
#include "http/url.h"

/*
 * Fetch what a URL names. Whoever answers is a stranger: how much and how long it may send is
 * limited, and it may send elsewhere only within the same host and port.
 */
struct http_request {
	const struct http_url *url;
	const char *const *fields; /* "Name: value", sent as they are; borrowed */
	size_t field_count;
	int64_t idle_ns;   /* nothing may be heard for so long, and for what ?seconds= asks */
	uint64_t size_max; /* bytes of content */
	struct http_tls *tls;

	/* A new connection to the URL's place. */
	struct error *(*connect)(void *argument, int *ret)must_use;
	void *argument;
};

struct http_answer {
	uint64_t size; /* of the content */
	bool gzip;     /* it was packed for the way, and still is */
};

/*
 * The content goes into the file `into` from its beginning on. All that is no content of status 200 is
 * an error, in words for whoever must act on it.
 */
struct error *http_get(const struct http_request *request, int into, struct http_answer *ret)
	must_use;

#endif
