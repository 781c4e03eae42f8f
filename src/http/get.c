/* SPDX-License-Identifier: Apache-2.0 */
#include "http/get.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "base/progress.h"
#include "base/writer.h"
#include "http/body.h"
#include "http/refusal.h"
#include "http/stream.h"

#define REDIRECTS_MAX 5
#define TOLD_MAX      ((size_t)2048) /* of what comes instead of content */
#define PIECE         ((size_t)64 << 10)
#define INTERIM_MAX   8 /* answers that announce another one */

/* One request, and what comes of it. */
struct exchange {
	const struct http_request *request;
	const struct http_url *url;
	struct http_stream stream;
	struct http_head head;
	struct http_body body;
	uint8_t bytes[HTTP_HEAD_MAX]; /* received and not yet understood */
	size_t size;
	uint8_t told[TOLD_MAX + 1];
	size_t told_size;
	int into;
	uint64_t written;
};

static void base64(const char *text, struct writer *writer)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	for (size_t i = 0, length = strlen(text); i < length; i += 3) {
		size_t some = MIN(length - i, (size_t)3);
		uint32_t bits = (uint32_t)(uint8_t)text[i] << 16;
		bits |= some > 1 ? (uint32_t)(uint8_t)text[i + 1] << 8 : 0;
		bits |= some > 2 ? (uint32_t)(uint8_t)text[i + 2] : 0;
		for (size_t k = 0; k < 4; k++)
			writer_char(writer, k > some ? '=' : digits[bits >> (18 - 6 * k) & 63]);
	}
}

static struct error *send_request(struct exchange *exchange)
{
	const struct http_url *url = exchange->url;
	struct writer writer = WRITER_TO_MEMORY;
	writer_printf(&writer,
		      "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: dowse/" DOWSE_VERSION
		      "\r\nAccept: */*\r\nAccept-Encoding: gzip\r\nConnection: close\r\n",
		      url->target, url->origin);
	if (url->login) {
		writer_string(&writer, "Authorization: Basic ");
		base64(url->login, &writer);
		writer_string(&writer, "\r\n");
	}
	for (size_t i = 0; i < exchange->request->field_count; i++)
		writer_printf(&writer, "%s\r\n", exchange->request->fields[i]);
	writer_string(&writer, "\r\n");
	const char *text = writer_text(&writer);
	struct error *error = text ? http_stream_write(&exchange->stream, text, writer.length)
				   : error_no_memory();
	if (text)
		explicit_bzero(writer.bytes, writer.length);
	writer_deinit(&writer);
	return error;
}

static struct error *bad_answer(const struct exchange *exchange, struct error *error)
{
	return error_wrap(error, "%s", exchange->url->shown);
}

static void drop(struct exchange *exchange, size_t size)
{
	memmove(exchange->bytes, exchange->bytes + size, exchange->size - size);
	exchange->size -= size;
}

static struct error *receive_head(struct exchange *exchange)
{
	for (unsigned interim = 0; interim <= INTERIM_MAX;) {
		size_t end = http_head_end(exchange->bytes, exchange->size);
		if (end) {
			TRY(bad_answer(exchange,
				       http_head_parse(exchange->bytes, end, &exchange->head)));
			drop(exchange, end);
			if (exchange->head.status >= 200)
				return NULL;
			interim++;
			continue;
		}
		/* What is no HTTP need not be waited for. */
		if (exchange->size >= 5 && memcmp(exchange->bytes, "HTTP/", 5))
			break;
		if (exchange->size == sizeof(exchange->bytes))
			return bad_answer(exchange, error_new(ERROR_LIMIT,
							      "the head of its answer has more "
							      "than %zu bytes",
							      sizeof(exchange->bytes)));
		size_t some = 0;
		TRY(http_stream_read(&exchange->stream, exchange->bytes + exchange->size,
				     sizeof(exchange->bytes) - exchange->size, &some));
		exchange->size += some;
		if (!some && !exchange->size)
			return bad_answer(exchange,
					  error_new(ERROR_CORRUPT,
						    "it ended the connection without an answer%s",
						    exchange->url->secure
							    ? ""
							    : ": does it speak https there?"));
		if (!some)
			break;
	}
	return bad_answer(exchange, error_new(ERROR_CORRUPT, "what answers there does not speak "
							     "HTTP/1: is it the right port?"));
}

static struct error *write_all(struct exchange *exchange, const uint8_t *bytes, size_t size)
{
	while (size) {
		ssize_t n = pwrite(exchange->into, bytes, size, (off_t)exchange->written);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_os(errno,
					"%s: what it sends finds no room: name another folder by "
					"TMPDIR or --spool DIR",
					exchange->url->shown);
		exchange->written += (uint64_t)n;
		bytes += n;
		size -= (size_t)n;
	}
	return NULL;
}

/* Of what is no answer to the question the beginning is kept, for it may tell why. */
static struct error *take(struct exchange *exchange, const uint8_t *bytes, size_t size)
{
	progress_add(size);
	if (exchange->head.status != 200) {
		size_t some = MIN(size, TOLD_MAX - exchange->told_size);
		memcpy(exchange->told + exchange->told_size, bytes, some);
		exchange->told_size += some;
		return NULL;
	}
	if (size > exchange->request->size_max - exchange->written)
		return bad_answer(exchange,
				  error_new(ERROR_LIMIT,
					    "it sends more than %llu MiB: no profile "
					    "and no dump has so much",
					    (unsigned long long)exchange->request->size_max >> 20));
	return write_all(exchange, bytes, size);
}

static struct error *take_received(struct exchange *exchange)
{
	size_t at = 0;
	while (at < exchange->size && exchange->body.state != HTTP_BODY_WHOLE) {
		const uint8_t *content;
		size_t size;
		at += http_body_take(&exchange->body, exchange->bytes + at, exchange->size - at,
				     &content, &size);
		if (exchange->body.problem)
			return bad_answer(exchange,
					  error_new(ERROR_CORRUPT, "its answer is damaged: %s",
						    exchange->body.problem));
		if (size)
			TRY(take(exchange, content, size));
	}
	exchange->size = 0;
	return NULL;
}

static struct error *receive_body(struct exchange *exchange)
{
	http_body_init(&exchange->body, &exchange->head);
	if (exchange->head.status == 200 && exchange->head.has_length &&
	    exchange->head.length > exchange->request->size_max)
		return bad_answer(exchange, error_new(ERROR_LIMIT,
						      "it wants to send %llu bytes: no profile and "
						      "no dump has so many",
						      (unsigned long long)exchange->head.length));
	TRY(take_received(exchange));
	while (exchange->body.state != HTTP_BODY_WHOLE && exchange->told_size < TOLD_MAX) {
		struct error *error = http_stream_read(&exchange->stream, exchange->bytes, PIECE,
						       &exchange->size);
		/* Why it refuses is known without the rest of its words. */
		if (error && exchange->head.status != 200) {
			error_destroy(error);
			return NULL;
		}
		TRY(error);
		if (!exchange->size)
			break;
		TRY(take_received(exchange));
	}
	if (exchange->head.status != 200 || http_body_ends(&exchange->body))
		return NULL;
	return bad_answer(exchange,
			  error_new(ERROR_CORRUPT,
				    "it ended the connection after %llu bytes, in the midst of its "
				    "answer",
				    (unsigned long long)exchange->written));
}

static struct error *run(struct exchange *exchange)
{
	const struct http_request *request = exchange->request;
	int file = -1;
	TRY(request->connect(request->argument, &file));
	TRY(http_stream_open(&exchange->stream, TAKE_FD(file), exchange->url, request->tls,
			     request->idle_ns));
	TRY(send_request(exchange));
	TRY(receive_head(exchange));
	return receive_body(exchange);
}

static bool is_redirect(unsigned status)
{
	return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

static void exchange_cleanup(struct exchange **exchange)
{
	free(*exchange);
}

/* One step; *ret_next is filled in, and freed by the caller, when it leads on. */
static struct error *ask(const struct http_request *request, const struct http_url *url, int into,
			 struct http_answer *ret, struct http_url *ret_next)
{
	_cleanup_(exchange_cleanup) struct exchange *exchange = calloc(1, sizeof(*exchange));
	if (!exchange)
		return error_no_memory();
	exchange->request = request;
	exchange->url = url;
	exchange->into = into;
	exchange->stream = HTTP_STREAM_NONE;
	struct error *error = run(exchange);
	http_stream_close(&exchange->stream);
	TRY(error);
	if (is_redirect(exchange->head.status) && exchange->head.location[0])
		return http_url_follow(url, exchange->head.location, ret_next);
	if (exchange->head.status != 200)
		return http_refusal(url, &exchange->head, exchange->told, exchange->told_size);
	if (exchange->head.html)
		return http_refusal_page(url);
	*ret = (struct http_answer){ exchange->written, exchange->head.gzip };
	return NULL;
}

static struct error *follow(const struct http_request *request, int into, struct http_answer *ret)
{
	_cleanup_(http_url_deinit) struct http_url url = { 0 };
	TRY(http_url_with(request->url, request->url->target, &url));
	for (unsigned i = 0; i <= REDIRECTS_MAX; i++) {
		struct http_url next = { 0 };
		TRY(ask(request, &url, into, ret, &next));
		if (!next.target)
			return NULL;
		http_url_deinit(&url);
		url = next;
	}
	return error_new(ERROR_CORRUPT, "%s: it is redirected more than %d times",
			 request->url->shown, REDIRECTS_MAX);
}

struct error *http_get(const struct http_request *request, int into, struct http_answer *ret)
{
	progress_begin(http_url_seconds(request->url) ? "waiting for what ?seconds= asks for"
						      : "fetching",
		       0);
	struct error *error = follow(request, into, ret);
	progress_end();
	return error;
}
