/* SPDX-License-Identifier: Apache-2.0 */
#include "http/head.h"

#include <string.h>
#include <strings.h>

struct line {
	const char *begin, *end; /* without what ends it */
};

size_t http_head_end(const uint8_t *bytes, size_t size)
{
	const uint8_t *end = bytes + size;
	for (const uint8_t *at = bytes; (at = memchr(at, '\n', (size_t)(end - at)));) {
		at++;
		if (at < end && *at == '\n')
			return (size_t)(at + 1 - bytes);
		if (end - at >= 2 && at[0] == '\r' && at[1] == '\n')
			return (size_t)(at + 2 - bytes);
	}
	return 0;
}

static bool next_line(const char **at, const char *end, struct line *ret)
{
	const char *newline = *at < end ? memchr(*at, '\n', (size_t)(end - *at)) : NULL;
	if (!newline)
		return false;
	*ret = (struct line){ *at, newline };
	if (ret->end > ret->begin && ret->end[-1] == '\r')
		ret->end--;
	*at = newline + 1;
	return true;
}

static void trim(struct line *line)
{
	while (line->begin < line->end && (*line->begin == ' ' || *line->begin == '\t'))
		line->begin++;
	while (line->begin < line->end && (line->end[-1] == ' ' || line->end[-1] == '\t'))
		line->end--;
}

static bool line_is(const struct line *line, const char *word)
{
	size_t length = (size_t)(line->end - line->begin);
	return length == strlen(word) && !strncasecmp(line->begin, word, length);
}

/* What follows is not shown as it is, but it may end in a message. */
static void copy_plain(const struct line *line, char *ret, size_t room)
{
	size_t size = 0;
	for (const char *at = line->begin; at < line->end && size + 1 < room; at++)
		ret[size++] = *at >= ' ' && *at < 0x7f ? *at : '?';
	ret[size] = '\0';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "HTTP/1.1 200 OK" */
static struct error *parse_status(const struct line *line, struct http_head *head)
{
	const char *at = line->begin;
	size_t length = (size_t)(line->end - at);
	if (length < 12 || memcmp(at, "HTTP/1.", 7) || !is_digit(at[7]) || at[8] != ' ' ||
	    !is_digit(at[9]) || !is_digit(at[10]) || !is_digit(at[11]) ||
	    (length > 12 && at[12] != ' '))
		return error_new(ERROR_CORRUPT,
				 "what answers there does not speak HTTP/1: is it the right port?");
	head->status = (unsigned)((at[9] - '0') * 100 + (at[10] - '0') * 10 + (at[11] - '0'));
	struct line reason = { at + MIN(length, (size_t)13), line->end };
	copy_plain(&reason, head->reason, sizeof(head->reason));
	return head->status >= 100 ? NULL
				   : error_new(ERROR_CORRUPT,
					       "it answers with status %u, "
					       "which means nothing",
					       head->status);
}

static struct error *parse_length(const struct line *value, struct http_head *head)
{
	uint64_t length = 0;
	bool good = value->begin < value->end;
	for (const char *at = value->begin; at < value->end && good; at++)
		good = is_digit(*at) && !__builtin_mul_overflow(length, 10, &length) &&
		       !__builtin_add_overflow(length, (uint64_t)(*at - '0'), &length);
	if (!good || length > INT64_MAX)
		return error_new(ERROR_CORRUPT, "its Content-Length is no number of bytes");
	if (head->has_length && head->length != length)
		return error_new(ERROR_CORRUPT, "it gives two lengths, %llu and %llu",
				 (unsigned long long)head->length, (unsigned long long)length);
	head->has_length = true;
	head->length = length;
	return NULL;
}

static struct error *parse_field(const struct line *name, const struct line *value,
				 struct http_head *head)
{
	char word[64];
	copy_plain(value, word, sizeof(word));
	if (line_is(name, "content-length"))
		return parse_length(value, head);
	if (line_is(name, "transfer-encoding")) {
		if (!line_is(value, "chunked") || head->chunked)
			return error_new(ERROR_UNSUPPORTED,
					 "it sends by the encoding '%s', "
					 "which dowse does not know",
					 word);
		head->chunked = true;
	} else if (line_is(name, "content-encoding") && !line_is(value, "identity")) {
		if ((!line_is(value, "gzip") && !line_is(value, "x-gzip")) || head->gzip)
			return error_new(ERROR_UNSUPPORTED,
					 "it is packed by '%s', which was not "
					 "asked for",
					 word);
		head->gzip = true;
	} else if (line_is(name, "content-type")) {
		head->html = !strncasecmp(word, "text/html", 9);
	} else if (line_is(name, "www-authenticate")) {
		head->wants_login = true;
	} else if (line_is(name, "location")) {
		/* One that is cut would lead elsewhere. */
		if ((size_t)(value->end - value->begin) >= sizeof(head->location))
			return error_new(ERROR_CORRUPT, "it is redirected to what is too long");
		copy_plain(value, head->location, sizeof(head->location));
	}
	return NULL;
}

struct error *http_head_parse(const uint8_t *bytes, size_t size, struct http_head *ret)
{
	struct http_head head = { 0 };
	const char *at = (const char *)bytes, *end = at + size;
	struct line line;
	if (!next_line(&at, end, &line))
		return error_new(ERROR_CORRUPT, "it answers with nothing");
	TRY(parse_status(&line, &head));
	if (memchr(bytes, '\0', size))
		return error_new(ERROR_CORRUPT, "there is a NUL byte in the head of its answer");
	while (next_line(&at, end, &line) && line.begin < line.end) {
		const char *colon = memchr(line.begin, ':', (size_t)(line.end - line.begin));
		/* Lines that go on with another one are long gone from the standard. */
		if (!colon || colon == line.begin || *line.begin == ' ' || *line.begin == '\t' ||
		    colon[-1] == ' ' || colon[-1] == '\t')
			return error_new(ERROR_CORRUPT,
					 "a line in the head of its answer is no field");
		struct line name = { line.begin, colon }, value = { colon + 1, line.end };
		trim(&value);
		TRY(parse_field(&name, &value, &head));
	}
	/* Who sends both means chunks; who lies about it is found out there. */
	if (head.chunked)
		head.has_length = false;
	*ret = head;
	return NULL;
}
