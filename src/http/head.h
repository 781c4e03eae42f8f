/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_HTTP_HEAD_H
#define DOWSE_HTTP_HEAD_H

#include "base/error.h"

#define HTTP_HEAD_MAX     ((size_t)64 << 10)
#define HTTP_REASON_MAX   64
#define HTTP_LOCATION_MAX 2048

/* What stands in front of an answer's content, as far as it is of use. */
struct http_head {
	unsigned status;
	char reason[HTTP_REASON_MAX]; /* plain letters; may be cut */
	bool chunked;
	bool has_length;
	uint64_t length;
	bool gzip; /* the content is packed for the way */
	bool html;
	bool wants_login;
	char location[HTTP_LOCATION_MAX]; /* "": none */
};

/* The head is whole: how many bytes of it there are, 0 when it is not, or not yet. */
size_t http_head_end(const uint8_t *bytes, size_t size);

/* `bytes` are what http_head_end() says. The messages stand behind "URL: ". */
struct error *http_head_parse(const uint8_t *bytes, size_t size, struct http_head *ret) must_use;

#endif
