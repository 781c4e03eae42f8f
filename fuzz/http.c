/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Any bytes as what a server answers: the first says into pieces of which size the others are cut. The
 * content is the same however they come, and never more than what came. What is no answer may be a URL.
 */
#include <assert.h>
#include <string.h>

#include "http/body.h"
#include "http/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct content {
	uint8_t *bytes;
	size_t size;
	bool whole;
	const char *problem;
};

static struct content take_all(const struct http_head *head, const uint8_t *bytes, size_t size,
			       size_t piece)
{
	struct content content = { .bytes = malloc(size + 1) };
	struct http_body body;
	if (!content.bytes)
		abort();
	http_body_init(&body, head);
	for (size_t at = 0; at < size && body.state != HTTP_BODY_WHOLE && !body.problem;) {
		const uint8_t *run;
		size_t length, some = MIN(piece, size - at);
		size_t taken = http_body_take(&body, bytes + at, some, &run, &length);
		assert(taken <= some && length <= taken);
		assert(taken || body.problem);
		assert(!length || (run >= bytes + at && run + length <= bytes + at + some));
		if (length)
			memcpy(content.bytes + content.size, run, length);
		content.size += length;
		at += taken;
	}
	content.whole = http_body_ends(&body);
	content.problem = body.problem;
	assert(content.size <= size);
	assert(!content.whole || !content.problem);
	assert(!content.whole || !head->has_length || content.size == head->length);
	return content;
}

static void check_answer(const uint8_t *bytes, size_t size, size_t piece)
{
	struct http_head head;
	size_t end = http_head_end(bytes, size);
	assert(end <= size);
	/* A head that is whole ends at the same place whatever follows. */
	assert(!end || http_head_end(bytes, end) == end);
	if (!end || !error_ignore(http_head_parse(bytes, end, &head)))
		return;
	assert(head.status >= 100 && head.status <= 999);
	assert(memchr(head.location, '\0', sizeof(head.location)));
	assert(memchr(head.reason, '\0', sizeof(head.reason)));
	struct content once = take_all(&head, bytes + end, size - end, size + 1);
	struct content pieces = take_all(&head, bytes + end, size - end, piece);
	assert(once.size == pieces.size && once.whole == pieces.whole &&
	       once.problem == pieces.problem);
	assert(!once.size || !memcmp(once.bytes, pieces.bytes, once.size));
	free(once.bytes);
	free(pieces.bytes);
}

static void check_same(const char *left, const char *right)
{
	assert(left == right || (left && right && !strcmp(left, right)));
}

/* And what it is shown as has nothing of the login in it. */
static void check_url(const uint8_t *bytes, size_t size)
{
	_cleanup_(free_pointer) char *text = malloc(size + 1);
	struct http_url url, again, other;
	if (!text)
		abort();
	memcpy(text, bytes, size);
	text[size] = '\0';
	if (!http_url_is(text) || !error_ignore(http_url_parse(text, &url)))
		return;
	assert(url.target[0] == '/' && url.shown[0] && url.origin[0]);
	assert((url.socket && !url.host) || (url.host[0] && url.port[0]));
	assert(!strpbrk(url.target, " \r\n#") && !strpbrk(url.origin, " \r\n@"));
	assert(url.socket || !memchr(url.shown, '@', strcspn(url.shown + 8, "/") + 8));
	http_url_seconds(&url);
	if (!error_ignore(http_url_with(&url, url.target, &again)))
		abort();
	check_same(url.shown, again.shown);
	check_same(url.target, again.target);
	/* It leads nowhere else, whatever is said. */
	if (error_ignore(http_url_follow(&url, text, &other))) {
		check_same(url.host, other.host);
		check_same(url.port, other.port);
		assert(url.secure == other.secure);
		http_url_deinit(&other);
	}
	http_url_deinit(&again);
	http_url_deinit(&url);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size) {
		check_answer(data + 1, size - 1, (size_t)data[0] % 17 + 1);
		check_url(data + 1, size - 1);
	}
	return 0;
}
