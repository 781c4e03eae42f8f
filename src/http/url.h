/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_HTTP_URL_H
#define DOWSE_HTTP_URL_H

#include "base/error.h"

/*
 * Where something is to be fetched from: http://, https://, and http+unix://%2Frun%2Fshop.sock/PATH for
 * a socket of this machine. All strings are owned.
 */
struct http_url {
	bool secure;
	char *socket; /* the path of a socket of this machine; NULL: there is a host */
	char *host;   /* without the brackets of an IPv6 address */
	char *port;
	char *origin; /* what is sent as Host */
	char *target; /* path and query, as they are sent */
	char *login;  /* "user:password", decoded; NULL: none */
	char *shown;  /* for people: nothing secret in it */
};

/* Is that meant for a URL, of whatever kind? */
bool http_url_is(const char *text);

/* No message has anything of the login in it. */
struct error *http_url_parse(const char *text, struct http_url *ret) must_use;

/* The same place with another path and query; `target` begins with a slash. */
struct error *http_url_with(const struct http_url *url, const char *target, struct http_url *ret)
	must_use;

/* Where a redirect leads, if that is the same place; else an error that names the other one. */
struct error *http_url_follow(const struct http_url *url, const char *location,
			      struct http_url *ret) must_use;

/* How much of `target` is its path. */
size_t http_url_path_length(const struct http_url *url);

/* What `?seconds=` asks for; 0 when it does not. */
uint32_t http_url_seconds(const struct http_url *url);

void http_url_deinit(struct http_url *url);

#endif
