/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_HTTP_BODY_H
#define DOWSE_HTTP_BODY_H

#include "http/head.h"

/* An answer's content, taken out of what is sent: so many bytes, chunks, or all up to the end. */
struct http_body {
	enum http_body_state {
		HTTP_BODY_TO_END, /* of the connection */
		HTTP_BODY_BYTES,  /* `left` of them */
		HTTP_CHUNK_SIZE,
		HTTP_CHUNK_EXTENSION, /* to the end of its line */
		HTTP_CHUNK_BYTES,     /* `left` of them */
		HTTP_CHUNK_END,       /* the line's end behind them */
		HTTP_TRAILER,         /* lines up to an empty one */
		HTTP_BODY_WHOLE,
	} state;
	uint64_t left;
	unsigned digits;     /* of the chunk's size that were read */
	size_t line;         /* bytes of the line so far, but for a CR */
	size_t overhead;     /* bytes since the last content */
	const char *problem; /* static text; NULL while all is well */
};

void http_body_init(struct http_body *body, const struct http_head *head);

/*
 * Take some of `size` bytes, at least one unless the body is whole or has a problem: how many. The
 * content among them is *ret_content, *ret_size bytes; it may be none.
 */
size_t http_body_take(struct http_body *body, const uint8_t *bytes, size_t size,
		      const uint8_t **ret_content, size_t *ret_size);

/* The connection has ended: is that all? */
bool http_body_ends(const struct http_body *body);

#endif
