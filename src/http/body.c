/* SPDX-License-Identifier: Apache-2.0 */
#include "http/body.h"

#include <string.h>

#define OVERHEAD_MAX ((size_t)64 << 10)
#define DIGITS_MAX   15u /* hexadecimal: no overflow */

void http_body_init(struct http_body *body, const struct http_head *head)
{
	*body = (struct http_body){ .left = head->length };
	if (head->status == 204 || head->status == 304)
		body->state = HTTP_BODY_WHOLE;
	else if (head->chunked)
		body->state = HTTP_CHUNK_SIZE;
	else if (head->has_length)
		body->state = head->length ? HTTP_BODY_BYTES : HTTP_BODY_WHOLE;
	else
		body->state = HTTP_BODY_TO_END;
}

static int hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void size_is_known(struct http_body *body)
{
	body->state = body->left ? HTTP_CHUNK_BYTES : HTTP_TRAILER;
	body->line = 0;
}

static void take_size(struct http_body *body, uint8_t c)
{
	int digit = hex_digit(c);
	if (digit >= 0 && body->digits < DIGITS_MAX) {
		body->left = body->digits++ ? body->left << 4 | (unsigned)digit : (unsigned)digit;
	} else if (!body->digits || digit >= 0) {
		body->problem = "a chunk's size is no number";
	} else if (c == '\n') {
		size_is_known(body);
	} else if (c == ';' || c == ' ' || c == '\t' || c == '\r') {
		body->state = HTTP_CHUNK_EXTENSION;
	} else {
		body->problem = "a chunk's size is no number";
	}
}

/* A byte of what is around the content. */
static void take_byte(struct http_body *body, uint8_t c)
{
	if (++body->overhead > OVERHEAD_MAX) {
		body->problem = "there is no end to what is around its chunks";
		return;
	}
	switch (body->state) {
	case HTTP_CHUNK_SIZE:
		take_size(body, c);
		break;
	case HTTP_CHUNK_EXTENSION:
		if (c == '\n')
			size_is_known(body);
		break;
	case HTTP_CHUNK_END:
		if (c == '\n') {
			body->state = HTTP_CHUNK_SIZE;
			body->digits = 0;
			body->line = 0;
		} else if (c != '\r' || body->line++) {
			body->problem = "a chunk is longer than its size says";
		}
		break;
	case HTTP_TRAILER:
		if (c == '\n' && !body->line)
			body->state = HTTP_BODY_WHOLE;
		else if (c == '\n')
			body->line = 0;
		else if (c != '\r')
			body->line++;
		break;
	default:
		break;
	}
}

static size_t take_content(struct http_body *body, const uint8_t *bytes, size_t size,
			   const uint8_t **ret_content, size_t *ret_size)
{
	size_t some = body->state == HTTP_BODY_TO_END ? size : (size_t)MIN(body->left, size);
	*ret_content = bytes;
	*ret_size = some;
	body->overhead = 0;
	if (body->state == HTTP_BODY_TO_END)
		return some;
	body->left -= some;
	if (!body->left) {
		body->state = body->state == HTTP_BODY_BYTES ? HTTP_BODY_WHOLE : HTTP_CHUNK_END;
		body->line = 0;
	}
	return some;
}

size_t http_body_take(struct http_body *body, const uint8_t *bytes, size_t size,
		      const uint8_t **ret_content, size_t *ret_size)
{
	size_t at = 0;
	*ret_content = bytes;
	*ret_size = 0;
	while (at < size && !body->problem && body->state != HTTP_BODY_WHOLE) {
		if (body->state == HTTP_BODY_TO_END || body->state == HTTP_BODY_BYTES ||
		    body->state == HTTP_CHUNK_BYTES)
			return at +
			       take_content(body, bytes + at, size - at, ret_content, ret_size);
		take_byte(body, bytes[at++]);
	}
	return at;
}

bool http_body_ends(const struct http_body *body)
{
	return !body->problem &&
	       (body->state == HTTP_BODY_WHOLE || body->state == HTTP_BODY_TO_END);
}
