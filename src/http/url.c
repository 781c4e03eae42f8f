/* SPDX-License-Identifier: Apache-2.0 */
#include "http/url.h"

#include <string.h>
#include <strings.h>

#include "base/writer.h"

#define URL_MAX     ((size_t)8192)
#define SECONDS_MAX 86400u

static const struct scheme {
	const char *prefix, *port;
	bool secure, is_socket;
} schemes[] = {
	{ "http://", "80", false, false },
	{ "https://", "443", true, false },
	{ "http+unix://", NULL, false, true },
};

/* The values of these are no secrets; of others nobody knows. */
static const char *const told_keys[] = { "debug", "seconds", "gc", "rate" };

bool http_url_is(const char *text)
{
	const char *end = strstr(text, "://");
	if (!end || end == text)
		return false;
	for (const char *at = text; at < end; at++) {
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.",
			    *at))
			return false;
	}
	return true;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* NULL in *ret when a percent sign stands alone, or for NUL. */
static struct error *decode(const char *text, size_t length, char **ret)
{
	char *decoded = malloc(length + 1);
	size_t size = 0;
	if (!decoded)
		return error_no_memory();
	*ret = NULL;
	for (size_t i = 0; i < length; i++) {
		char c = text[i];
		if (c == '%') {
			int first = length - i > 2 ? hex_digit(text[i + 1]) : -1;
			int second = length - i > 2 ? hex_digit(text[i + 2]) : -1;
			if (first < 0 || second < 0 || !(first | second)) {
				free(decoded);
				return NULL;
			}
			c = (char)(first << 4 | second);
			i += 2;
		}
		decoded[size++] = c;
	}
	decoded[size] = '\0';
	*ret = decoded;
	return NULL;
}

/* Takes what was written over, and makes it the caller's; NULL: memory is out. */
static char *take_text(struct writer *writer)
{
	const char *text = writer_text(writer);
	char *copy = text ? strdup(text) : NULL;
	writer_deinit(writer);
	return copy;
}

static bool is_told(const char *parameter, size_t length)
{
	for (size_t i = 0; i < ARRAY_SIZE(told_keys); i++) {
		size_t size = strlen(told_keys[i]);
		if (length > size && parameter[size] == '=' &&
		    !strncmp(parameter, told_keys[i], size))
			return true;
	}
	return false;
}

/* What is behind the question mark may have keys and tokens in it. */
static void show_query(const char *query, struct writer *writer)
{
	while (*query) {
		size_t length = strcspn(query, "&"), name = strcspn(query, "&=");
		bool told = is_told(query, length) || name == length;
		writer_bytes(writer, query, told ? length : name);
		if (!told)
			writer_string(writer, "=...");
		query += length;
		if (*query)
			writer_char(writer, *query++);
	}
}

static struct error *show(struct http_url *url)
{
	struct writer writer = WRITER_TO_MEMORY;
	size_t path = http_url_path_length(url);
	if (url->socket)
		writer_printf(&writer, "http+unix:%s:", url->socket);
	else
		writer_printf(&writer, "http%s://%s", url->secure ? "s" : "", url->origin);
	writer_bytes(&writer, url->target, path);
	if (url->target[path]) {
		writer_char(&writer, '?');
		show_query(url->target + path + 1, &writer);
	}
	url->shown = take_text(&writer);
	return url->shown ? NULL : error_no_memory();
}

/* The part in front of the path, for messages: without the login. */
static struct error *wrong(const char *text, const char *why)
{
	const char *begin = strstr(text, "://") + 3;
	size_t length = strcspn(begin, "/?#");
	const char *at = memrchr(begin, '@', length);
	size_t skipped = at ? (size_t)(at + 1 - begin) : 0;
	return error_new(ERROR_USAGE, "%.*s%.*s is no URL that dowse can fetch: %s",
			 (int)(begin - text), text, (int)MIN(length - skipped, (size_t)200),
			 begin + skipped, why);
}

static bool is_port(const char *text, size_t length)
{
	uint32_t number = 0;
	for (size_t i = 0; i < length; i++) {
		if (text[i] < '0' || text[i] > '9' || i == 5)
			return false;
		number = number * 10 + (uint32_t)(text[i] - '0');
	}
	return number && number < 65536;
}

/* "host", "host:port", "[::1]:port" */
static struct error *take_host(const char *text, const char *begin, size_t length,
			       const struct scheme *scheme, struct http_url *url)
{
	const char *host = begin, *port;
	size_t host_length;
	if (length && *begin == '[') {
		const char *end = memchr(begin, ']', length);
		if (!end)
			return wrong(text, "a bracket is not closed");
		host = begin + 1;
		host_length = (size_t)(end - host);
		port = end + 1;
	} else {
		const char *colon = memchr(begin, ':', length);
		host_length = colon ? (size_t)(colon - begin) : length;
		port = begin + host_length;
		if (colon && memchr(colon + 1, ':', length - host_length - 1))
			return wrong(text, "an IPv6 address stands in brackets, http://[::1]:6060");
	}
	size_t port_length = (size_t)(begin + length - port);
	if (!host_length || host_length > 255)
		return wrong(text, "it has no host");
	if (port_length > 1 && *port == ':' && is_port(port + 1, port_length - 1))
		url->port = strndup(port + 1, port_length - 1);
	else if (!port_length || (port_length == 1 && *port == ':'))
		url->port = strdup(scheme->port);
	else
		return wrong(text, "a port is a number from 1 to 65535");
	url->host = strndup(host, host_length);
	url->origin = strndup(begin, length);
	return url->host && url->port && url->origin ? NULL : error_no_memory();
}

static struct error *take_place(const char *text, const char *begin, size_t length,
				const struct scheme *scheme, struct http_url *url)
{
	const char *at = memrchr(begin, '@', length);
	if (at) {
		TRY(decode(begin, (size_t)(at - begin), &url->login));
		if (!url->login)
			return wrong(text, "its login has a percent sign that stands for nothing");
		length -= (size_t)(at + 1 - begin);
		begin = at + 1;
	}
	if (!scheme->is_socket)
		return take_host(text, begin, length, scheme, url);
	TRY(decode(begin, length, &url->socket));
	if (!url->socket || *url->socket != '/')
		return wrong(text, "write the socket's path with %2F for /: "
				   "http+unix://%2Frun%2Fshop.sock/debug/pprof/heap");
	url->origin = strdup("localhost");
	return url->origin ? NULL : error_no_memory();
}

static struct error *take_target(const char *text, size_t length, struct http_url *url)
{
	struct writer writer = WRITER_TO_MEMORY;
	if (!length || *text != '/')
		writer_char(&writer, '/');
	writer_bytes(&writer, text, length);
	url->target = take_text(&writer);
	return url->target ? show(url) : error_no_memory();
}

static struct error *parse(const char *text, struct http_url *url)
{
	const struct scheme *scheme = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(schemes); i++) {
		if (!strncasecmp(text, schemes[i].prefix, strlen(schemes[i].prefix)))
			scheme = &schemes[i];
	}
	if (!scheme)
		return wrong(text, "it is neither http:// nor https:// nor http+unix://");
	for (const char *at = text; *at; at++) {
		if (*at <= ' ' || *at >= 0x7f)
			return wrong(text, "it has a blank in it, or a letter that is to be "
					   "written as %XX");
	}
	if (strlen(text) > URL_MAX)
		return wrong(text, "it is too long");
	const char *begin = text + strlen(scheme->prefix);
	size_t length = strcspn(begin, "/?#");
	url->secure = scheme->secure;
	TRY(take_place(text, begin, length, scheme, url));
	return take_target(begin + length, strcspn(begin + length, "#"), url);
}

struct error *http_url_parse(const char *text, struct http_url *ret)
{
	struct http_url url = { 0 };
	struct error *error = parse(text, &url);
	if (error)
		http_url_deinit(&url);
	else
		*ret = url;
	return error;
}

static bool copy(const char *text, char **ret)
{
	*ret = text ? strdup(text) : NULL;
	return !text || *ret;
}

struct error *http_url_with(const struct http_url *url, const char *target, struct http_url *ret)
{
	struct http_url other = { .secure = url->secure };
	bool good = copy(url->socket, &other.socket) && copy(url->host, &other.host) &&
		    copy(url->port, &other.port) && copy(url->origin, &other.origin) &&
		    copy(url->login, &other.login);
	struct error *error = good ? take_target(target, strcspn(target, "#"), &other)
				   : error_no_memory();
	if (error)
		http_url_deinit(&other);
	else
		*ret = other;
	return error;
}

static bool is_same_place(const struct http_url *left, const struct http_url *right)
{
	return left->secure == right->secure && left->host && right->host &&
	       !strcasecmp(left->host, right->host) && !strcmp(left->port, right->port);
}

static struct error *leads_away(const struct http_url *url, const char *shown)
{
	return error_new(ERROR_OTHER,
			 "%s: it is redirected to %s, another place, which dowse does not follow "
			 "by itself: give that URL if it is the right one",
			 url->shown, shown);
}

/* A path from here, "//host/path", or a whole URL. */
struct error *http_url_follow(const struct http_url *url, const char *location,
			      struct http_url *ret)
{
	_cleanup_(http_url_deinit) struct http_url other = { 0 };
	for (const char *at = location; *at; at++) {
		if (*at <= ' ' || *at >= 0x7f)
			return error_new(ERROR_CORRUPT, "%s: it is redirected to what is no URL",
					 url->shown);
	}
	if (location[0] == '/' && location[1] != '/')
		return http_url_with(url, location, ret);
	if (!http_url_is(location) && location[0] != '/') {
		/* Beside the last path. */
		struct writer writer = WRITER_TO_MEMORY;
		size_t path = http_url_path_length(url);
		const char *slash = memrchr(url->target, '/', path);
		size_t kept = slash ? (size_t)(slash + 1 - url->target) : 0;
		writer_bytes(&writer, url->target, *location == '?' ? path : kept);
		writer_string(&writer, location);
		_cleanup_(free_pointer) char *target = take_text(&writer);
		return target ? http_url_with(url, target, ret) : error_no_memory();
	}
	struct writer writer = WRITER_TO_MEMORY;
	writer_printf(&writer, "%s%s",
		      location[0] != '/' ? ""
		      : url->secure      ? "https:"
					 : "http:",
		      location);
	_cleanup_(free_pointer) char *whole = take_text(&writer);
	if (!whole)
		return error_no_memory();
	if (!error_ignore(http_url_parse(whole, &other)))
		return leads_away(url, "what dowse cannot fetch");
	return is_same_place(url, &other) ? http_url_with(url, other.target, ret)
					  : leads_away(url, other.shown);
}

size_t http_url_path_length(const struct http_url *url)
{
	return strcspn(url->target, "?");
}

uint32_t http_url_seconds(const struct http_url *url)
{
	const char *query = url->target + http_url_path_length(url);
	uint32_t seconds = 0;
	while (*query) {
		query++;
		if (!strncmp(query, "seconds=", 8)) {
			for (query += 8; *query >= '0' && *query <= '9'; query++)
				seconds = MIN(seconds * 10 + (uint32_t)(*query - '0'), SECONDS_MAX);
		}
		query += strcspn(query, "&");
	}
	return seconds;
}

void http_url_deinit(struct http_url *url)
{
	free(url->socket);
	free(url->host);
	free(url->port);
	free(url->origin);
	free(url->target);
	if (url->login)
		explicit_bzero(url->login, strlen(url->login));
	free(url->login);
	free(url->shown);
	*url = (struct http_url){ 0 };
}
