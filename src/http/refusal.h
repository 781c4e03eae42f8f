/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_HTTP_REFUSAL_H
#define DOWSE_HTTP_REFUSAL_H

#include "http/head.h"
#include "http/url.h"

/* What an answer comes to that is not 200: the words of the server, if they are plain, and what to do. */
struct error *http_refusal(const struct http_url *url, const struct http_head *head,
			   const uint8_t *told, size_t size) must_use;

/* A page for people where a profile was asked for. */
struct error *http_refusal_page(const struct http_url *url) must_use;

#endif
