/* SPDX-License-Identifier: Apache-2.0 */
#include "http/refusal.h"

#include <string.h>

#define WORDS_MAX 160

/* The first line, if it is one for people: "" when it is not. */
static void first_line(const uint8_t *told, size_t size, char ret[static WORDS_MAX])
{
	size_t length = 0;
	ret[0] = '\0';
	if (!size || *told == '<' || *told == '{')
		return;
	while (length < size && length + 1 < WORDS_MAX && told[length] >= ' ' &&
	       told[length] < 0x7f) {
		ret[length] = (char)told[length];
		length++;
	}
	ret[length] = '\0';
}

static const char *advice(unsigned status)
{
	switch (status) {
	case 401:
		return "it wants a login: give --token-file FILE, --header 'Name: value', or "
		       "USER:PASSWORD@ in front of the host";
	case 403:
		return "it does not let you in: is the token or the login the right one?";
	case 404:
		return "it is not there: either net/http/pprof is not imported here, or it is "
		       "served on another port or under another path";
	case 405:
		return "it does not answer GET: is that net/http/pprof?";
	case 429:
	case 503:
		return "it is too busy: try again";
	case 502:
	case 504:
		return "what stands in front of the program cannot reach it, or not for so long";
	default:
		return NULL;
	}
}

static bool speaks_https(const struct http_url *url, const uint8_t *told, size_t size)
{
	static const char words[] = "HTTP request to an HTTPS server";
	return !url->secure && size && memmem(told, size, words, sizeof(words) - 1);
}

struct error *http_refusal(const struct http_url *url, const struct http_head *head,
			   const uint8_t *told, size_t size)
{
	char words[WORDS_MAX];
	const char *known = advice(head->status);
	if (speaks_https(url, told, size))
		return error_new(ERROR_UNSUPPORTED, "%s: it speaks https there: write https://",
				 url->shown);
	first_line(told, size, words);
	if (known)
		return error_new(ERROR_NOT_FOUND, "%s: status %u: %s", url->shown, head->status,
				 known);
	return error_new(ERROR_OTHER, "%s: status %u%s%s%s%s", url->shown, head->status,
			 *head->reason ? " " : "", head->reason, *words ? ": " : "", words);
}

struct error *http_refusal_page(const struct http_url *url)
{
	return error_new(ERROR_UNSUPPORTED,
			 "%s: that is a page for people, no profile: give the program's "
			 "/debug/pprof/heap, say, or its host and port alone",
			 url->shown);
}
